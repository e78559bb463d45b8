"""Why a contact was or was not chosen, worked out in the engine."""

from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession

from lake.table import Table
from lake.tables import CANDIDATES, PLAN
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


def frame(engine: SparkSession, table: Table, rows: list[dict[str, Any]]) -> DataFrame:
    schema = pa.schema([field.with_nullable(True) for field in table.arrow_schema()])
    known = [{name: row.get(name) for name in table.names} for row in rows]
    if not rows:
        return engine.createDataFrame([], table.spark_schema())
    return engine.createDataFrame(pa.Table.from_pylist(known, schema=schema))


def told(
    engine: SparkSession, candidate: dict[str, Any], planned: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The one row that ``why`` makes of a candidate."""
    plan = [] if planned is None else [CONTACT | candidate | PLANNED | planned]
    (row,) = (
        why(frame(engine, CANDIDATES, [CONTACT | candidate]), frame(engine, PLAN, plan)).toArrow().to_pylist()
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
        ({"short_by": None}, "a value that is a number"),
    ],
)
def test_a_candidate_is_told_what_it_would_have_needed(
    engine: SparkSession, planned: dict[str, Any], otherwise: str
) -> None:
    row = told(engine, {}, {"hour": 11, **planned})
    assert row["otherwise"] == otherwise
    assert (row["fate"], row["rule"]) == (planned.get("fate", "lower_value"), None)
    assert (row["reason"], row["hour"]) == ("另一项更有价值", 11)


def test_what_policy_forbids_is_told_in_the_words_of_the_rule(engine: SparkSession) -> None:
    rules = policy_rules()
    rows = [CONTACT | {"customer": rule.name, "dropped_by": rule.name} for rule in rules]
    found = why(frame(engine, CANDIDATES, rows), frame(engine, PLAN, [])).toArrow().to_pylist()
    assert {(row["fate"], row["price"], row["short_by"]) for row in found} == {("forbidden", None, None)}
    assert {row["customer"]: (row["rule"], row["reason"], row["otherwise"]) for row in found} == {
        rule.name: (rule.name, reasons()[rule.name], rule.otherwise or "nothing") for rule in rules
    }


def test_where_nothing_was_possible_there_is_nothing_to_tell(engine: SparkSession) -> None:
    assert why(frame(engine, CANDIDATES, []), frame(engine, PLAN, [])).count() == 0
