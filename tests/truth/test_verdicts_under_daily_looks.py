"""Verdicts read every night for weeks, while conversions come late: what they ship works, what guardrails
stop does harm, and what pays is not stopped. About 8 s."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from evaluation.novelty import closed_lifts
from evaluation.verdicts import GOAL, verdicts
from experiments.discoveries import q_values
from experiments.moments import Moments
from experiments.sequences import scored_sequence
from experiments.statistics import difference
from lake.tables import EXPERIMENT_FINDINGS, READOUTS

STRATEGIES, NIGHTS = 600, 45
WINDOW = 20  # nights until all that an exposure brings is known, evenly spread
TREATED, HELD = 510, 90  # a night and strategy
RATES = {GOAL: 0.03, "complained": 0.004, "opted_out": 0.001}
MARGINS = {"complained": 0.001, "opted_out": 0.005}
WORKING, HARMFUL = range(60), range(60, 90)
LIFT, HARM, LET_PASS = 0.02, 0.014, 0.002
PAYS = LIFT  # what works just pays, so that stopping it for its cost is always wrong
LEVEL = 0.05


@dataclass(frozen=True)
class Weeks:
    """Strategies that were ever shipped, stopped by a guardrail, and stopped for their cost; and naively:
    shipped by the interval for one look, stopped for the cost by all windows, open ones too."""

    shipped: set[int]
    stopped: set[int]
    unprofitable: set[int]
    naively_shipped: set[int]
    naively_unprofitable: set[int]


@pytest.fixture(scope="module")
def weeks() -> Weeks:
    rng = np.random.default_rng(20260720)
    found = Weeks(set(), set(), set(), set(), set())
    hits = {metric: np.zeros((NIGHTS, 2, STRATEGIES)) for metric in RATES}
    to_come = {metric: np.zeros((NIGHTS, 2, STRATEGIES), dtype=np.int64) for metric in RATES}
    for night in range(1, NIGHTS + 1):
        for metric, rate in RATES.items():
            to_come[metric][night - 1] = rng.binomial([[TREATED], [HELD]], _rates(metric, rate))
            for exposed in range(max(night - WINDOW, 0), night):
                left = WINDOW - (night - 1 - exposed)
                known = rng.binomial(to_come[metric][exposed], 1 / left)
                to_come[metric][exposed] -= known
                hits[metric][exposed] += known
        read = [_read(metric, hits[metric].sum(axis=0), night) for metric in RATES]
        readouts = pd.concat(read, ignore_index=True)
        judged = verdicts(
            readouts,
            pd.DataFrame(columns=list(EXPERIMENT_FINDINGS.names)),
            closed=closed_lifts(_cells(hits[GOAL][: max(night - WINDOW + 1, 0)]), confidence=0.95),
            terms=pd.DataFrame({"strategy": readouts["name"].unique(), "pays": PAYS, "per_night": np.nan}),
            guardrails=MARGINS,
            false_discovery=LEVEL,
            confidence=0.95,
        )
        found.shipped.update(_numbers(judged[judged["verdict"] == "ship"]["strategy"]))
        stopped = judged[judged["verdict"] == "stop"]
        found.stopped.update(_numbers(stopped[stopped["metric"] != GOAL]["strategy"]))
        found.unprofitable.update(_numbers(stopped[stopped["metric"] == GOAL]["strategy"]))
        goals = readouts[readouts["metric"] == GOAL]
        found.naively_shipped.update(_numbers(goals[goals["low"] > 0]["name"]))
        found.naively_unprofitable.update(_numbers(goals[goals["always_high"] < PAYS]["name"]))
    return found


def test_of_those_ever_shipped_at_most_one_in_twenty_does_not_work(weeks: Weeks) -> None:
    assert len(weeks.shipped - set(WORKING)) <= LEVEL * len(weeks.shipped)
    assert len(weeks.shipped & set(WORKING)) >= 0.7 * len(WORKING)


def test_of_those_ever_stopped_by_a_guardrail_at_most_one_in_twenty_is_harmless(weeks: Weeks) -> None:
    assert len(weeks.stopped - set(HARMFUL)) <= LEVEL * len(weeks.stopped)
    assert len(weeks.stopped & set(HARMFUL)) >= 0.9 * len(HARMFUL)


def test_what_pays_is_hardly_ever_stopped_for_its_cost(weeks: Weeks) -> None:
    assert len(weeks.unprofitable & set(WORKING)) <= LEVEL / 2 * len(WORKING)
    useless = STRATEGIES - len(WORKING) - len(HARMFUL)
    assert len(weeks.unprofitable - {*WORKING, *HARMFUL}) >= 0.5 * useless


def test_windows_still_open_would_have_most_of_what_pays_stopped(weeks: Weeks) -> None:
    assert len(weeks.naively_unprofitable & set(WORKING)) > 0.5 * len(WORKING)


def test_naive_reading_of_the_same_weeks_ships_much_that_does_not_work(weeks: Weeks) -> None:
    assert len(weeks.naively_shipped - set(WORKING)) > 0.35 * len(weeks.naively_shipped)


def _rates(metric: str, rate: float) -> NDArray[np.float64]:
    """The true rates, (treated, left alone) x strategies."""
    rates = np.full((2, STRATEGIES), rate)
    if metric == GOAL:
        rates[0, list(WORKING)] += LIFT
    else:
        # Everybody who is contacted opts out a little more often.
        rates[0] += LET_PASS if metric == "opted_out" else 0.0
        rates[0, list(HARMFUL)] += HARM
    return rates


def _cells(hits: NDArray[np.float64]) -> pd.DataFrame:
    """What ``novelty.weekly_cells`` counts of the nights whose windows have closed, as one week."""
    arms = [
        pd.DataFrame(
            {"treated": treated, "customers": size * len(hits), "converted": hits[:, arm].sum(axis=0)}
        )
        for arm, (treated, size) in enumerate(((True, TREATED), (False, HELD)))
    ]
    cells = pd.concat(arm.assign(strategy=[str(number) for number in range(STRATEGIES)]) for arm in arms)
    return cells.assign(week=1, treatment_share=0.85)[: None if len(hits) else 0]


def _read(metric: str, hits: NDArray[np.float64], night: int) -> pd.DataFrame:
    n, m = np.full(STRATEGIES, night * TREATED), np.full(STRATEGIES, night * HELD)
    arms = [Moments(n=count, total=hit, squares=hit) for count, hit in zip((n, m), hits, strict=True)]
    found = difference(*arms, binary=True)
    always = scored_sequence(found, n, m)
    values: dict[str, Any] = {
        "level": "strategy",
        "view": "exposed",
        "arm": "any",
        "metric": metric,
        "words": "",
    }
    values |= {"name": [str(number) for number in range(STRATEGIES)], "customers": n, "control_customers": m}
    values |= {"mean": found.mean, "control_mean": found.control_mean}
    values |= {"lift": found.lift, "error": found.error, "low": found.low, "high": found.high}
    values |= {"always_low": always.low, "always_high": always.high, "always_p": always.p_value}
    return pd.DataFrame(values | {"q_value": q_values(always.p_value)}).reindex(columns=list(READOUTS.names))


def _numbers(names: pd.Series) -> list[int]:
    return [int(name) for name in names]
