"""Whether segments differ: uniform if they do not, small if they do, silent if there are too few."""

import numpy as np
import pytest
from numpy.typing import ArrayLike
from scipy import stats

from experiments.heterogeneity import heterogeneity_p
from experiments.moments import Moments
from experiments.statistics import Difference, difference
from experiments.strata import stratified

SEGMENTS = 8


def _segments(lifts: ArrayLike, *, experiments: int, seed: int) -> Difference:
    """(experiments, SEGMENTS) shares of 800 treated and 200 held out a segment; 5 % without an effect."""
    rng = np.random.default_rng(seed)
    shape = (experiments, SEGMENTS)
    hits = rng.binomial(800, np.broadcast_to(0.05 + np.asarray(lifts), shape)).astype(float)
    held = rng.binomial(200, 0.05, shape).astype(float)
    return difference(
        Moments(n=np.full(shape, 800.0), total=hits, squares=hits),
        Moments(n=np.full(shape, 200.0), total=held, squares=held),
        binary=True,
    )


def test_it_is_cochrans_q() -> None:
    lift, error = np.array([0.1, 0.3, -0.2]), np.array([0.1, 0.2, 0.15])
    weight = 1 / error**2
    q = (weight * (lift - np.average(lift, weights=weight)) ** 2).sum()
    assert heterogeneity_p(lift, error) == pytest.approx(stats.chi2.sf(q, 2))


def test_segments_alike_are_rarely_called_unlike_and_unlike_ones_are_found() -> None:
    alike = _segments(0.02, experiments=3_000, seed=9)
    assert np.mean(heterogeneity_p(alike.lift, alike.error) <= 0.05) <= 0.06
    unlike = _segments(np.linspace(-0.03, 0.09, SEGMENTS), experiments=300, seed=10)
    assert np.mean(heterogeneity_p(unlike.lift, unlike.error) <= 0.05) > 0.9


@pytest.mark.parametrize("held", [5, 15, 60])
def test_errors_guessed_from_few_customers_do_not_make_segments_unlike(held: int) -> None:
    rng = np.random.default_rng(17)
    shape = (1_000, 40)

    def arm(customers: int) -> Moments:
        values = rng.normal(3.0, 2.0, (*shape, customers))
        return Moments(
            n=np.full(shape, float(customers)), total=values.sum(axis=-1), squares=(values**2).sum(axis=-1)
        )

    found = difference(arm(4 * held), arm(held), binary=False)
    few = np.mean(heterogeneity_p(found.lift, found.error, held - 1) <= 0.05)
    assert few <= 0.06
    assert np.mean(heterogeneity_p(found.lift, found.error) <= 0.05) > few


def test_segments_that_tell_nothing_are_left_out() -> None:
    found = heterogeneity_p(
        [[0.1, 0.3, np.nan, 5.0], [0.1, np.nan, np.nan, np.nan]],
        [[0.1, 0.2, 0.1, 0.0], [0.1, 0.1, 0.1, 0.1]],
    )
    assert found[0] == pytest.approx(heterogeneity_p([0.1, 0.3], [0.1, 0.2]))
    assert np.isnan(found[1])


def test_stratified_lifts_cover_the_truth_where_poured_ones_are_biased() -> None:
    """Segments that convert and hold out unlike: poured together, nothing looks like an effect."""
    rng = np.random.default_rng(11)
    rates, held = np.linspace(0.01, 0.2, SEGMENTS), np.linspace(0.5, 0.1, SEGMENTS)
    n, m = np.round(1_000 * (1 - held)), np.round(1_000 * held)
    shape = (2_000, SEGMENTS)
    hits, control = (rng.binomial(each.astype(int), rates, shape).astype(float) for each in (n, m))
    arms = [
        Moments(n=np.broadcast_to(each, shape), total=total, squares=total)
        for each, total in ((n, hits), (m, control))
    ]
    each = stratified(difference(*arms, binary=True), n, n=n, control_n=m, scored=True)
    poured = difference(*(arm.sum(axis=-1) for arm in arms), binary=True)
    assert 0.93 <= np.mean((each.low <= 0) & (each.high >= 0)) <= 0.97
    assert np.mean((poured.low <= 0) & (poured.high >= 0)) < 0.5
    assert stats.kstest(each.p_value, "uniform").pvalue > 0.01
