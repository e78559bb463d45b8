"""The made-up nights that arbitration is measured on, and the rivals it is measured against. About 5 s."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import rivals
from benchmarks.instances import hard_case, instance
from benchmarks.walk import Walk
from outreach.arbitrate.problem import WHOLE, Problem

SIZE = {"rows": 6, "strategies": 40, "hours": 30}


@pytest.fixture(scope="module")
def night() -> Problem:
    return instance(3_000, tightness=0.2, seed=4, **SIZE)


@pytest.fixture(scope="module")
def optimum(night: Problem) -> float:
    return rivals.highs(rivals.programme(night))


def test_minima_can_all_be_met(night: Problem, optimum: float) -> None:
    asked = night.limits.low > 0
    assert asked.sum() >= 5
    assert (night.limits.low <= night.limits.high).all()
    # With no minima there would be more to gain, so they cost something; and HiGHS met them.
    free = replace(night, limits=replace(night.limits, low=np.zeros_like(night.limits.low)))
    assert optimum < rivals.highs(rivals.programme(free))


def test_a_unit_has_the_same_rows_in_a_larger_night(night: Problem) -> None:
    larger = instance(5_000, tightness=0.2, seed=4, **SIZE)
    assert np.array_equal(larger.worth[: night.rows], night.worth)
    for one, other in zip(night.factors, larger.factors, strict=True):
        assert np.array_equal(other.codes[: night.rows], one.codes)


def test_seeds_draw_other_nights(night: Problem) -> None:
    assert not np.array_equal(instance(3_000, tightness=0.2, seed=5, **SIZE).worth, night.worth)


def test_good_customers_are_good_for_all(night: Problem) -> None:
    worth = np.log(np.maximum(night.worth, 0.01)).reshape(night.units, -1)
    assert np.corrcoef(worth[:, 0], worth[:, -1])[0, 1] > 0.25


def test_a_tenth_is_held_back() -> None:
    assert instance(3_000, held_back=0.1, **SIZE).treated.mean() == pytest.approx(0.9, abs=0.02)


def test_the_minimum_of_the_hard_case_takes_all_that_can_serve_it() -> None:
    night = hard_case(20_000, proposals=50, seed=1)
    (asked,) = np.flatnonzero(night.limits.low)
    serving = np.flatnonzero(night.factors[0].codes == 49) // 15
    assert 0 < night.limits.low[asked] <= WHOLE * len(np.unique(serving))
    walk = Walk(night)
    walk.take(np.flatnonzero(night.factors[0].codes == 49).astype(np.uint32))
    assert walk.used[asked] == night.limits.low[asked]


def test_a_walk_keeps_limits_and_takes_one_row_a_unit(night: Problem) -> None:
    walk = Walk(night)
    walk.take(np.argsort(-night.worth).astype(np.uint32))
    used = sum(factor.usage[factor.codes[walk.chosen]].sum(axis=0) for factor in night.factors)
    assert np.array_equal(used, walk.used)
    assert (used <= night.limits.high).all()
    assert np.bincount(np.flatnonzero(walk.chosen) // SIZE["rows"]).max() == 1


def test_no_rival_that_meets_the_minima_beats_the_optimum(night: Problem, optimum: float) -> None:
    first = rivals.greedy(night, minima_first=True)
    assert first.missed == 0
    assert 0.5 * optimum < first.value <= optimum
    chunks = rivals.chunks(night)
    assert chunks.missed == 0
    assert 0.3 * optimum < chunks.value <= optimum * (1 + 1e-6)


def test_greedy_without_a_look_at_minima_misses_some(night: Problem) -> None:
    assert rivals.greedy(night, minima_first=False).missed > 0


def test_pdlp_comes_near_the_optimum(night: Problem, optimum: float) -> None:
    assert rivals.pdlp_value(rivals.programme(night)) == pytest.approx(optimum, rel=1e-3)
