"""What is advised, in words of both languages that do not contradict its numbers."""

import math

import pytest

from console.words import Said
from console.words.strategies import PARTS
from console.words.verdicts import advice, of_hundred, wait
from evaluation.verdicts import Needed

GOAL = {"detectable_lift": 0.012, "q_value": 0.2, "always_high": 0.03, "shrunk_lift": 0.01}
NOTHING = Said("", "")


def told(verdict: str, *, lift: float, low: float, high: float, metric: str = "converted") -> Said:
    row = {"verdict": verdict, "metric": metric, "lift": lift, "low": low, "high": high, "q_value": 0.2}
    return advice(row, goal=GOAL, findings=NOTHING, level=0.05)


def test_what_stands_well_by_itself_but_not_among_all_is_not_said_to_be_open_below_zero() -> None:
    alone = told("continue", lift=0.02, low=0.004, high=0.036)
    assert "by itself surely +0.40 to +3.60" in alone.english
    assert "(q = 0.200)" in alone.english
    assert "that may be luck" in told("continue", lift=0.02, low=-0.004, high=0.036).english


def test_three_ways_to_be_stopped_are_told_apart() -> None:
    harm = told("stop", metric="complained", lift=0.01, low=0.005, high=0.02)
    assert "It does harm" in harm.english
    assert "投诉" in harm.chinese
    assert "Not worth its cost" in told("stop", lift=0.0001, low=-0.001, high=0.001).english
    worse = {"verdict": "stop", "metric": "converted", "lift": -0.02, "low": -0.03, "high": -0.01}
    goal = GOAL | {"q_value": 0.01, "always_high": -0.01}
    assert "Fewer reach the goal" in advice(worse, goal=goal, findings=NOTHING, level=0.05).english


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        (None, "does not look like a gain"),
        (Needed(lift=0.01, customers=0.0, nights=0.0, sensible=True), "needs no more customers"),
        (Needed(lift=0.0001, customers=1e9, nights=math.nan, sensible=False), "in sensible time"),
        (
            Needed(lift=0.01, customers=1_234.0, nights=math.nan, sensible=True),
            "1,300 more customers",
        ),
        (Needed(lift=0.01, customers=1_234.0, nights=2.1, sensible=True), "some 3 more nights"),
    ],
)
def test_how_long_it_still_takes_is_told_by_what_is_known(needed: Needed | None, words: str) -> None:
    said = wait(GOAL, needed)
    assert words in said.english
    assert "from +1.20 of 100 on" in said.english
    assert said.chinese


def test_what_is_advised_to_be_raised_is_called_as_its_field_is() -> None:
    told = wait(GOAL, Needed(lift=0.0001, customers=1e9, nights=math.nan, sensible=False))
    assert PARTS["experiment.holdout"].chinese.split(" ")[0] in told.chinese


def test_a_lift_that_rounds_to_nothing_has_no_minus() -> None:
    assert [of_hundred(lift) for lift in (-1e-9, 0.0, 0.01, None, math.nan)] == ["+0.00"] * 2 + [
        "+1.00",
        "–",
        "–",
    ]
