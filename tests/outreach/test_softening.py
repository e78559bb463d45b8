"""Softened shares and how they turn, against the same sums in plain numpy. About 2 s."""

import numpy as np
import pytest

from benchmarks.instances import instance
from outreach.arbitrate.dual import market_of
from outreach.arbitrate.evaluator import InProcess
from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import Floats
from outreach.arbitrate.softening import SHARE
from outreach.arbitrate.units import units_of

ROWS = 15


@pytest.fixture(scope="module")
def evaluator() -> InProcess:
    problem = instance(3_000, rows=ROWS, strategies=40, hours=30, seed=4)
    return InProcess(of=units_of(problem, threads=1), codes=market_of(problem).usage.shape[0], threads=1)


@pytest.fixture(scope="module")
def table(evaluator: InProcess) -> Floats:
    return np.abs(np.random.default_rng(2).normal(0.0, 2.0, evaluator.codes))


def plain(evaluator: InProcess, table: Floats, heat: float) -> tuple[Floats, Floats, float]:
    """Used and spread by code, and the softened surplus, CNY."""
    of = evaluator.of
    power = ((of.worth - table[of.codes].sum(axis=1)) / heat).reshape(-1, ROWS)
    power = np.concatenate([np.zeros((len(power), 1)), power], axis=1)
    best = power.max(axis=1, keepdims=True)
    weights = np.exp(power - best)
    whole = weights.sum(axis=1, keepdims=True)
    shares = (weights / whole)[:, 1:].ravel()
    used, spread = (
        sum(np.bincount(codes, each, evaluator.codes) for codes in of.codes.T)
        for each in (shares, shares * (1 - shares))
    )
    return used, spread, float((heat * (best + np.log(whole))).sum())


@pytest.mark.parametrize("heat", [3.0, 0.3, 0.01])
def test_shares_their_spread_and_the_surplus_are_the_formulas(
    evaluator: InProcess, table: Floats, heat: float
) -> None:
    found = evaluator.soften(table, heat)
    used, spread, surplus = plain(evaluator, table, heat)
    assert found.used / SHARE == pytest.approx(used, abs=1e-3)
    assert found.spread / SHARE == pytest.approx(spread, abs=1e-3)
    assert found.surplus / MICRO == pytest.approx(surplus, rel=1e-7)


@pytest.mark.parametrize("heat", [3.0, 0.3])
def test_a_turn_is_how_shares_move_along_a_direction(
    evaluator: InProcess, table: Floats, heat: float
) -> None:
    direction = np.random.default_rng(3).uniform(-0.5, 0.5, evaluator.codes)
    turned = evaluator.soften(table, heat).turn(direction) / SHARE
    step = 1e-4 * heat
    after, before = (plain(evaluator, table + way * direction, heat)[0] for way in (step, -step))
    moved = -(after - before) / (2 * step) * heat
    # Rows of hardly any share are left out of the turn.
    assert turned == pytest.approx(moved, abs=0.005 * np.abs(moved).max())
