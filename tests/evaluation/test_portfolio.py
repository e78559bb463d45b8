"""The portfolio's certified total takes out the luck of having been chosen."""

import numpy as np
import pandas as pd
import pytest

from evaluation.portfolio import portfolio, sentences
from tests.evaluation.portfolio_world import advice, effects, readouts

WORTH = 120.0


def test_the_certified_total_holds_the_truth_and_is_below_the_naive_sum() -> None:
    held, naive_held = 0, 0
    for seed in range(12):
        lifts = effects(300, real=0.2, seed=seed)
        read = readouts(lifts, people=6_000, seed=100 + seed)
        verdicts = advice(read)
        found = portfolio(read, verdicts, values=dict.fromkeys(read["name"], WORTH))
        shipped = (verdicts["verdict"] == "ship").to_numpy()
        truth = float((lifts * read["customers"])[shipped].sum())
        assert shipped.sum() == found.strategies["ship"] > 0
        assert found.conversions.value < found.conversions.naive
        assert found.value.value == pytest.approx(WORTH * found.conversions.value)
        held += found.conversions.low <= truth <= found.conversions.high
        naive_held += found.conversions.naive <= truth
    assert held >= 11
    assert naive_held <= 1  # the naive sum is nearly always too high


def test_strategies_are_counted_by_verdict_and_broken_ones_bring_nothing() -> None:
    read = readouts(np.array([0.04, 0.04, 0.0, -0.03]))
    verdicts = pd.DataFrame(
        {"strategy": read["name"], "verdict": ["ship", "broken", "continue", "stop"]},
    )
    found = portfolio(read, verdicts, values=dict.fromkeys(read["name"], WORTH))
    assert found.strategies == {"ship": 1, "stop": 1, "continue": 1, "broken": 1}
    assert found.conversions.naive == pytest.approx(read["lift"][0] * read["customers"][0])


def test_nothing_proven_certifies_nothing() -> None:
    read = readouts(np.zeros(5))
    none = portfolio(read, advice(read)[:0], values={})
    assert none.strategies == {"ship": 0, "stop": 0, "continue": 0, "broken": 0}
    assert none.conversions.value == none.conversions.naive == 0
    assert sentences(none) == ["No strategy is proven yet, so no effect is certified."]


def test_a_goal_without_a_worth_has_no_value_but_counts() -> None:
    read = readouts(np.array([0.04, 0.05]))
    found = portfolio(read, advice(read), values={"s0000": WORTH})
    assert found.conversions.value > 0
    assert 0 < found.value.naive < WORTH * found.conversions.naive
