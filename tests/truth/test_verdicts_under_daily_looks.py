"""Verdicts read every night for a month: what they ship works, and what guardrails stop does harm."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from evaluation.verdicts import GOAL, verdicts
from experiments.discoveries import q_values
from experiments.moments import Moments
from experiments.sequences import sequence
from experiments.statistics import difference
from lake.tables import EXPERIMENT_FINDINGS, READOUTS

STRATEGIES, NIGHTS = 600, 30
TREATED, HELD = 510, 90  # a night and strategy
RATES = {GOAL: 0.03, "complained": 0.004, "opted_out": 0.01}
WORKING, HARMFUL = range(60), range(60, 90)
LIFT, HARM = 0.02, 0.014
LEVEL = 0.05


@dataclass(frozen=True)
class Month:
    """Strategies that were ever shipped, and ever stopped for their complaints or opt-outs; and naively."""

    shipped: set[int]
    stopped: set[int]
    naively_shipped: set[int]


@pytest.fixture(scope="module")
def month() -> Month:
    rng = np.random.default_rng(20260720)
    found = Month(set(), set(), set())
    hits = {metric: np.zeros((2, STRATEGIES)) for metric in RATES}
    for night in range(1, NIGHTS + 1):
        for metric, rate in RATES.items():
            hits[metric] += rng.binomial([[TREATED], [HELD]], _rates(metric, rate))
        readouts = pd.concat([_read(metric, hits[metric], night) for metric in RATES], ignore_index=True)
        judged = verdicts(
            readouts,
            pd.DataFrame(columns=list(EXPERIMENT_FINDINGS.names)),
            terms=pd.DataFrame(columns=["strategy", "pays", "per_night"]),
            guardrails=[metric for metric in RATES if metric != GOAL],
            false_discovery=LEVEL,
        )
        found.shipped.update(_numbers(judged[judged["verdict"] == "ship"]["strategy"]))
        by_guardrail = (judged["verdict"] == "stop") & (judged["metric"] != GOAL)
        found.stopped.update(_numbers(judged[by_guardrail]["strategy"]))
        naive = readouts[(readouts["metric"] == GOAL) & (readouts["low"] > 0)]
        found.naively_shipped.update(_numbers(naive["name"]))
    return found


def test_of_those_ever_shipped_at_most_one_in_twenty_does_not_work(month: Month) -> None:
    assert len(month.shipped - set(WORKING)) <= LEVEL * len(month.shipped)
    assert len(month.shipped & set(WORKING)) >= 0.7 * len(WORKING)


def test_of_those_ever_stopped_by_a_guardrail_at_most_one_in_twenty_is_harmless(month: Month) -> None:
    assert len(month.stopped - set(HARMFUL)) <= LEVEL * len(month.stopped)
    assert len(month.stopped & set(HARMFUL)) >= 0.9 * len(HARMFUL)


def test_naive_reading_of_the_same_month_ships_much_that_does_not_work(month: Month) -> None:
    assert len(month.naively_shipped - set(WORKING)) > 0.35 * len(month.naively_shipped)


def _rates(metric: str, rate: float) -> NDArray[np.float64]:
    """The true rates, (treated, left alone) x strategies."""
    rates = np.full((2, STRATEGIES), rate)
    if metric == GOAL:
        rates[0, list(WORKING)] += LIFT
    else:
        rates[0, list(HARMFUL)] += HARM
    return rates


def _read(metric: str, hits: NDArray[np.float64], night: int) -> pd.DataFrame:
    n, m = np.full(STRATEGIES, night * TREATED), np.full(STRATEGIES, night * HELD)
    arms = [Moments(n=count, total=hit, squares=hit) for count, hit in zip((n, m), hits, strict=True)]
    found = difference(*arms, binary=True)
    always = sequence(found.lift, found.error, n, m)
    values: dict[str, Any] = {
        "level": "strategy",
        "view": "exposed",
        "arm": "any",
        "metric": metric,
        "words": "",
    }
    values |= {"name": [str(number) for number in range(STRATEGIES)], "customers": n, "control_customers": m}
    values |= {"lift": found.lift, "error": found.error, "low": found.low, "high": found.high}
    values |= {"always_low": always.low, "always_high": always.high, "always_p": always.p_value}
    return pd.DataFrame(values | {"q_value": q_values(always.p_value)}).reindex(columns=list(READOUTS.names))


def _numbers(names: pd.Series) -> list[int]:
    return [int(name) for name in names]
