"""Why a contact was or was not chosen, worked out in the engine."""

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from lake.table import Table
from lake.tables import CANDIDATES, PLAN
from outreach.arbitrate.declared import declared
from outreach.arbitrate.problem import NO_HIGH, WHOLE
from outreach.arbitrate.rooms import ChannelRoom, Rooms, SkillRoom, StrategyRoom
from outreach.policy.rule import policy_rules, reasons
from outreach.why import WHY, why

NIGHT = date(2026, 7, 1)
CONTACT: dict[str, Any] = {
    **{"customer": "c1", "strategy": "loan_renewal", "step": 1, "channel": "sms", "segment": "S01"},
    **{"arm": "treatment", "value": 5.0, "cost": 0.05, "hour": 10, "dropped_by": None},
}
PLANNED = {
    "fate": "lower_value",
    "reason": "另一项更有价值",
    "shadow_price": 1.25,
    "short_by": 3.2,
    "put_forward": False,
    "propensity": None,
}


STRATEGY = StrategyRoom(kind="loan", per_night=20)
ROOMS = Rooms(channels={"sms": ChannelRoom(per_night=50)}, strategies={"loan_renewal": STRATEGY})


def answers(candidates: DataFrame, plan: DataFrame, rooms: Rooms = ROOMS) -> DataFrame:
    highs = {each.name: None if each.high == NO_HIGH else each.high / WHOLE for each in declared(rooms)}
    return why(candidates, plan, rooms=rooms, highs=highs)


def frame(engine: SparkSession, table: Table, rows: list[dict[str, Any]]) -> DataFrame:
    schema = pa.schema([field.with_nullable(True) for field in table.arrow_schema()])
    known = [{name: row.get(name) for name in table.names} for row in rows]
    if not rows:
        return engine.createDataFrame([], table.spark_schema())
    return engine.createDataFrame(pa.Table.from_pylist(known, schema=schema))


def told(
    engine: SparkSession,
    candidate: dict[str, Any],
    planned: dict[str, Any] | None = None,
    *,
    rooms: Rooms = ROOMS,
) -> dict[str, Any]:
    """The one row that ``why`` makes of a candidate."""
    plan = [] if planned is None else [CONTACT | candidate | PLANNED | planned]
    (row,) = (
        answers(frame(engine, CANDIDATES, [CONTACT | candidate]), frame(engine, PLAN, plan), rooms)
        .toArrow()
        .to_pylist()
    )
    assert tuple(row) == WHY
    found: dict[str, Any] = row
    return found


@pytest.mark.parametrize(
    ("planned", "otherwise"),
    [
        ({}, "worth 3.20 yuan more"),
        ({"short_by": 0.0}, "worth a little more: it is level with what was chosen"),
        (
            {"fate": "capacity", "short_by": 3.306},
            "worth 3.31 yuan more, or room where it now costs 1.25 yuan",
        ),
        ({"fate": "strategy_limit", "shadow_price": 0.0}, "worth 3.20 yuan more"),
        ({"fate": "contact", "short_by": None}, "nothing: it was chosen"),
        (
            {"fate": "held_out", "short_by": None},
            "another arm: it was chosen, and held back for measuring",
        ),
        (
            {"short_by": None},
            "another draw: what this customer is tried with first was drawn, to learn what works",
        ),
    ],
)
def test_a_candidate_is_told_what_it_would_have_needed(
    engine: SparkSession, planned: dict[str, Any], otherwise: str
) -> None:
    row = told(engine, {}, {"hour": 11, **planned})
    assert row["otherwise"] == otherwise
    assert (row["fate"], row["rule"]) == (planned.get("fate", "lower_value"), None)
    assert (row["reason"], row["hour"]) == ("另一项更有价值", 11)


def test_a_value_that_is_no_number_is_what_was_missing(engine: SparkSession) -> None:
    row = told(engine, {"value": float("nan")}, {"short_by": None})
    assert row["otherwise"] == "a value that is a number"


@pytest.mark.parametrize(
    ("rooms", "is_shut"),
    [
        (replace(ROOMS, channels={"sms": ChannelRoom(per_night=0)}), True),
        (replace(ROOMS, channels={"sms": ChannelRoom(per_night=9, budget=0.04)}), True),
        (replace(ROOMS, channels={"sms": ChannelRoom(per_night=9, budget=0.05)}), False),
        (replace(ROOMS, channels={"sms": ChannelRoom(per_night=9, per_hour={10: 0, 11: 4})}), True),
        (
            replace(ROOMS, channels={"sms": ChannelRoom(per_night=9, per_hour={10: 0, 11: 4})}, hours_away=1),
            False,
        ),
        (
            replace(ROOMS, channels={"sms": ChannelRoom(per_night=9, per_hour={10: 0, 11: 0})}, hours_away=1),
            True,
        ),
        (replace(ROOMS, strategies={"loan_renewal": replace(STRATEGY, per_night=0)}), True),
        (replace(ROOMS, strategies={"loan_renewal": replace(STRATEGY, beginnings=0)}), True),
        (
            replace(ROOMS, skills={"loans": SkillRoom(kinds=("loan",), channels=("sms",), per_night=0)}),
            True,
        ),
    ],
)
def test_where_there_is_no_room_at_all_no_money_is_promised(
    engine: SparkSession, rooms: Rooms, is_shut: bool
) -> None:
    row = told(engine, {}, {"fate": "capacity"}, rooms=rooms)
    assert row["otherwise"].startswith("room, of which there is none" if is_shut else "worth 3.20 yuan more")
    assert row["short_by"] == (None if is_shut else 3.2)


def test_what_policy_forbids_is_told_in_the_words_of_the_rule(engine: SparkSession) -> None:
    rules = policy_rules()
    rows = [CONTACT | {"customer": rule.name, "dropped_by": rule.name} for rule in rules]
    found = answers(frame(engine, CANDIDATES, rows), frame(engine, PLAN, [])).toArrow().to_pylist()
    assert {(row["fate"], row["price"], row["short_by"]) for row in found} == {("forbidden", None, None)}
    assert {row["customer"]: (row["rule"], row["reason"], row["otherwise"]) for row in found} == {
        rule.name: (rule.name, reasons()[rule.name], rule.otherwise or "nothing") for rule in rules
    }


def test_where_nothing_was_possible_there_is_nothing_to_tell(engine: SparkSession) -> None:
    assert answers(frame(engine, CANDIDATES, []), frame(engine, PLAN, [])).count() == 0
