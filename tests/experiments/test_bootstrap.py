"""Quantiles by bootstrap: their interval covers, the same seed says the same, too few values say nothing."""

import numpy as np
import pytest

from experiments.bootstrap import quantile_difference


def test_intervals_of_quantiles_cover_the_truth() -> None:
    rng = np.random.default_rng(12)
    worlds, truth = 600, np.exp(0.6745 * 1.2)
    covered = 0
    for world in range(worlds):
        one, other = np.exp(rng.normal(0.5, 1.2, 400)), np.exp(rng.normal(0.0, 1.2, 200))
        found = quantile_difference(one, other, quantile=0.75, seed=world, resamples=1_000)
        covered += bool(found.low[0] <= truth * (np.exp(0.5) - 1) <= found.high[0])
    assert covered / worlds == pytest.approx(0.95, abs=0.025)


def test_the_same_seed_says_the_same_and_missing_values_do_not_count() -> None:
    rng = np.random.default_rng(13)
    one, other = rng.normal(2, 1, 200), rng.normal(0, 1, 90)
    found = quantile_difference(one, other, quantile=0.5, seed=1)
    again = quantile_difference(np.r_[np.nan, one], other, quantile=0.5, seed=1)
    assert vars(found) == vars(again)
    assert found.p_value[0] < 0.01
    assert found.lift[0] == pytest.approx(np.median(one) - np.median(other))


def test_one_value_is_too_few() -> None:
    found = quantile_difference([1.0, np.nan], [1.0, 2.0, 3.0], quantile=0.5, seed=1)
    assert all(np.isnan(value).all() for value in vars(found).values())
