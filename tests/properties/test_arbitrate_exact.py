"""Small nights against the exact integer optimum: below the bound, within the stated gap, always feasible."""

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from outreach.arbitrate.problem import NO_HIGH, WHOLE, Factor, Limits, Problem
from outreach.arbitrate.solve import solve

NIGHTS = 300


def night(seed: int) -> Problem:
    """2 to 12 units, up to four rows each, touches and places with quotas, minima and weighted budgets."""
    rng = np.random.default_rng(seed)
    units, touches, places = rng.integers(2, 13), rng.integers(1, 5), rng.integers(1, 4)
    sizes = rng.integers(0, 5, units)
    rows = int(sizes.sum())
    limits = int(touches + places + 1)
    touch_usage, place_usage = np.zeros((touches, limits)), np.zeros((places, limits))
    touch_usage[np.arange(touches), np.arange(touches)] = WHOLE
    place_usage[np.arange(places), touches + np.arange(places)] = WHOLE
    place_usage[:, -1] = rng.integers(100, 3_000, places)
    high = np.concatenate([rng.integers(0, 5, touches) * WHOLE, rng.integers(0, 6, places) * WHOLE, [0]])
    high[-1] = rng.choice([NO_HIGH, int(rng.integers(0, 12_000))])
    low = np.zeros(limits, dtype=np.int64)
    if rng.random() < 0.6:
        low[: touches + places] = rng.integers(0, 3, touches + places) * WHOLE
        low = np.minimum(low, high)
    worth = np.round(rng.choice([rng.normal(3, 6, rows), np.full(rows, 5.0)]), 2)
    return Problem(
        starts=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        unit_luck=rng.integers(0, 2**62, units).astype(np.uint64),
        worth=worth,
        luck=rng.integers(0, 2**62, rows).astype(np.uint64),
        treated=np.ones(rows, dtype=np.bool_),
        factors=(
            Factor(
                name="touch",
                codes=rng.integers(0, touches, rows).astype(np.int32),
                usage=sparse.csr_array(touch_usage.astype(np.int64)),
            ),
            Factor(
                name="place",
                codes=rng.integers(0, places, rows).astype(np.int32),
                usage=sparse.csr_array(place_usage.astype(np.int64)),
            ),
        ),
        limits=Limits(
            names=tuple(f"limit {each}" for each in range(limits)),
            low=low.astype(np.int64),
            high=high.astype(np.int64),
            every_arm=np.zeros(limits, dtype=np.bool_),
        ),
    )


def use(problem: Problem) -> np.ndarray:
    """Thousandths, rows x limits."""
    return sum(np.asarray(factor.usage.todense())[factor.codes] for factor in problem.factors)


def best(problem: Problem) -> float | None:
    """What the best choice is worth, by HiGHS; None where the minima cannot be met."""
    rows = problem.rows
    if rows == 0:
        return None if problem.limits.low.any() else 0.0
    takers = np.repeat(np.arange(problem.units), np.diff(problem.starts))
    once = sparse.csr_array((np.ones(rows), (takers, np.arange(rows))), shape=(problem.units, rows))
    answer = milp(
        -problem.worth,
        constraints=[
            LinearConstraint(once, -np.inf, 1),
            LinearConstraint(
                use(problem).T / WHOLE,
                problem.limits.low / WHOLE,
                np.where(problem.limits.high == NO_HIGH, np.inf, problem.limits.high / WHOLE),
            ),
        ],
        integrality=np.ones(rows),
        bounds=Bounds(0, 1),
    )
    return None if answer.x is None else -float(answer.fun)


@pytest.mark.parametrize("block", range(10))
def test_the_answer_is_the_best_within_its_stated_gap(block: int) -> None:
    for seed in range(block * NIGHTS // 10, (block + 1) * NIGHTS // 10):
        problem = night(seed)
        found, truth = solve(problem), best(problem)
        certificate = found.certificate
        chosen = found.chosen
        assert (
            np.add.reduceat(np.append(chosen, 0), problem.starts[:-1])[np.diff(problem.starts) > 0].max(
                initial=0
            )
            <= 1
        )
        used = use(problem)[chosen].sum(axis=0)
        assert (used == certificate.used).all()
        assert (used <= problem.limits.high).all()
        assert certificate.value == pytest.approx(problem.worth[chosen].sum(), abs=1e-4)
        assert bool(found.relaxed) == (truth is None), seed
        if truth is not None:
            assert (used >= problem.limits.low).all()
            assert certificate.violations == 0
            assert truth <= certificate.bound + 1e-4, seed
            assert certificate.value >= truth - certificate.gap * abs(certificate.bound) - 1e-4, seed
