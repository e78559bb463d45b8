"""Journeys through funnels, against a plain walk over thousands of random histories."""

from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DateType, StructField, StructType

from lake.table import Table
from lake.tables import OUTCOMES, PLAN, POSITIONS
from lake.tables.words import RESULTS
from strategies.document import Goal, Limits, Strategy, Touch
from strategies.funnel import merged, positions

TODAY = date(2026, 7, 20)


def _strategy(name: str, *touches: Touch, window_days: int) -> Strategy:
    return Strategy(
        name=name,
        title=name,
        kind="deposit",
        manager="林晓岚",
        who="aum_now > 0",
        offer="定期",
        funnel=touches,
        goal=Goal(product="deposit", window_days=window_days, value=100.0),
        limits=Limits(per_night=10),
    )


def _touch(channel: str, *when: str, wait_days: int = 1) -> Touch:
    return Touch(channel=channel, script="您好", expected_lift=0.01, when=when, wait_days=wait_days)


BOOK = (
    _strategy("once", _touch("ai_call"), window_days=4),
    _strategy("twice", _touch("push"), _touch("ai_call", "opened", "delivered", wait_days=2), window_days=5),
    _strategy(
        "thrice",
        _touch("sms"),
        _touch("ai_call", "opened", "delivered"),
        _touch("human_call", "interested", "no_answer", wait_days=2),
        window_days=7,
    ),
)


def _frame(engine: SparkSession, table: Table, rows: list[dict[str, Any]]) -> DataFrame:
    schema = StructType([*table.spark_schema(), StructField("as_of", DateType())])
    return engine.createDataFrame([tuple(row.get(name) for name in schema.names) for row in rows], schema)


def _stand(engine: SparkSession, plan: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> DataFrame:
    touches = merged(
        _frame(engine, POSITIONS, []), _frame(engine, PLAN, plan), _frame(engine, OUTCOMES, outcomes)
    )
    return positions(touches, strategies=BOOK, as_of=TODAY)


def _history(rng: np.random.Generator) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Histories that need not obey the rules: touches on any nights, answers or none."""
    plan, outcomes = [], []
    for number in range(1500):
        strategy = BOOK[rng.integers(0, 3)]
        customer = f"c{number:04d}"
        night = TODAY - timedelta(days=int(rng.integers(1, 10)))
        for step in range(1, int(rng.integers(1, len(strategy.funnel) + 1)) + 1):
            if night >= TODAY:
                break
            fate = rng.choice(["contact", "held_out", "capacity"], p=[0.75, 0.15, 0.1])
            key = {"customer": customer, "strategy": strategy.name, "step": step, "as_of": night}
            plan.append(key | {"fate": str(fate)})
            if fate == "contact" and rng.random() < 0.9:
                at = datetime.combine(night + timedelta(days=1), datetime.min.time())
                outcomes.append(key | {"result": str(rng.choice(RESULTS)), "happened_at": at})
            if fate != "contact":
                break
            night += timedelta(days=int(rng.integers(1, 4)))
    return plan, outcomes


def _walk(plan: list[dict[str, Any]], outcomes: list[dict[str, Any]]) -> dict[tuple[str, str], Any]:
    """What is due, said once more and plainly."""
    tomorrow = TODAY + timedelta(days=1)
    book = {strategy.name: strategy for strategy in BOOK}
    answers = {(row["customer"], row["strategy"], row["step"]): row["result"] for row in outcomes}
    journeys: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in plan:
        if row["fate"] in ("contact", "held_out"):
            journeys.setdefault((row["customer"], row["strategy"]), []).append(row)
    due = {}
    for (customer, name), rows in journeys.items():
        last = max(rows, key=lambda row: row["step"])
        first_exposed = min(row["as_of"] for row in rows) + timedelta(days=1)
        funnel, step = book[name].funnel, None
        if last["fate"] == "contact" and last["step"] < len(funnel):
            touch = funnel[last["step"]]
            waited = (tomorrow - last["as_of"]).days - 1
            leads_on = answers.get((customer, name, last["step"])) in touch.when
            inside = (tomorrow - first_exposed).days < book[name].goal.window_days
            told = {answers.get((customer, name, row["step"])) for row in rows}
            over = told & {"converted", "refused", "complained"}
            if leads_on and not over and waited >= touch.wait_days and inside:
                step = last["step"] + 1
        due[customer, name] = (first_exposed, step)
    return due


def test_every_journey_stands_where_a_plain_walk_puts_it(engine: SparkSession) -> None:
    plan, outcomes = _history(np.random.default_rng(11))
    found = _stand(engine, plan, outcomes).toArrow()
    expected = _walk(plan, outcomes)
    told = {(r["customer"], r["strategy"]): (r["first_exposed"], r["step"]) for r in found.to_pylist()}
    assert len(found) == len(told)
    assert told == expected
    steps = [step for _, step in expected.values()]
    assert {None, 2, 3} == set(steps)


@pytest.mark.parametrize("result", ["converted", "refused", "complained"])
def test_a_journey_ends_with_a_final_result(engine: SparkSession, result: str) -> None:
    key = {"customer": "c", "strategy": "thrice", "step": 1, "as_of": TODAY - timedelta(days=2)}
    outcome = key | {"result": result, "happened_at": datetime.combine(TODAY, datetime.min.time())}
    found = _stand(engine, [key | {"fate": "contact"}], [outcome]).toArrow()
    assert found["step"].to_pylist() == [None]


def test_no_history_no_journeys(engine: SparkSession) -> None:
    assert _stand(engine, [], []).count() == 0
