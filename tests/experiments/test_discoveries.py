"""False discoveries: known answers, silence about what is not told, and the promised rate."""

import numpy as np
import pytest
from scipy import special, stats

from experiments.discoveries import discovered_by_evidence, q_values


def test_q_values_are_benjamini_and_hochbergs() -> None:
    p = np.array([0.01, np.nan, 0.04, 0.03, 0.005, 0.9])
    wanted = stats.false_discovery_control(p[~np.isnan(p)])
    found = q_values(p)
    assert found[~np.isnan(p)] == pytest.approx(wanted)
    assert np.isnan(found[1])
    assert q_values([]).size == 0


def test_by_evidence_the_largest_are_found_as_long_as_they_are_enough() -> None:
    odds = np.log([100.0, 30.0, 1.0, 45.0])
    # Of four at 5 %: one needs 80, two 40 each, three 26.7 each.
    assert discovered_by_evidence(odds).tolist() == [True, True, False, True]
    assert discovered_by_evidence([np.nan, np.log(19.0)]).tolist() == [False, False]
    assert discovered_by_evidence([np.nan, np.log(21.0)]).tolist() == [False, True]
    assert discovered_by_evidence([]).size == 0


@pytest.mark.parametrize("real", [0.0, 0.1])
def test_both_keep_false_discoveries_at_five_percent(real: float) -> None:
    rng = np.random.default_rng(8)
    by_p, by_evidence = [], []
    for _ in range(200):
        truth = rng.random(1_000) < real
        z = rng.normal(np.where(truth, 3.5, 0.0))
        found = q_values(2 * special.ndtr(-np.abs(z))) <= 0.05
        by_p.append((found & ~truth).sum() / max(found.sum(), 1))
        told = discovered_by_evidence(3.0 * z - 4.5)  # the likelihood ratio of 3 against 0
        by_evidence.append((told & ~truth).sum() / max(told.sum(), 1))
    for shares in (by_p, by_evidence):
        assert np.mean(shares) <= 0.05 + 2 * np.std(shares) / np.sqrt(len(shares))
