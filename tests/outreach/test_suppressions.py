"""On which channels suppressions alone forbid contact, and to whom else at a number."""

from datetime import date

import pytest
from pyspark.sql import DataFrame, SparkSession

from outreach.policy.facts import ALL_CHANNELS, CHANNEL_BITS
from outreach.policy.suppressions import suppressed_on

TODAY = date(2026, 7, 1)
SMS, CALL = CHANNEL_BITS["sms"], CHANNEL_BITS["ai_call"]


def _suppressed_on(
    engine: SparkSession, found: list[tuple[str, str, str]], numbers: list[tuple[str, str | None]]
) -> DataFrame:
    given = engine.createDataFrame(found, "customer string, kind string, channel string")
    return suppressed_on(
        given.selectExpr("*", "date'2026-01-01' as since", "cast(null as date) as until"),
        persons=engine.createDataFrame([], "customer string, person string"),
        numbers=engine.createDataFrame(numbers, "customer string, number string"),
        day=TODAY,
    )


def test_wishes_bind_all_at_a_number_and_other_suppressions_the_customer_alone(engine: SparkSession) -> None:
    found = [("a", "opt_out", "sms"), ("b", "opt_out", "ai_call"), ("d", "deceased", "sms")]
    found += [("f", "no_personalisation", "all"), ("g", "opt_out", "sms")]
    numbers = [
        ("a", "1"),
        ("b", "1"),
        ("c", "1"),
        ("d", "2"),
        ("e", "2"),
        ("f", "3"),
        ("g", None),
        ("h", None),
    ]
    bits = {row["customer"]: row["bits"] for row in _suppressed_on(engine, found, numbers).collect()}
    assert bits == {**dict.fromkeys("abc", SMS | CALL), "d": ALL_CHANNELS, "g": SMS}


def test_suppressions_at_a_number_are_put_together_before_its_holders_are_joined(
    engine: SparkSession, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a number that stands for no number, of ten thousand people, makes a hundred million rows."""
    _suppressed_on(engine, [("a", "opt_out", "sms")], [("a", "1"), ("b", "1")]).explain()
    plan = capsys.readouterr().out
    assert "bit_or" in plan.partition("JoinExec")[2]


def test_of_a_number_that_thousands_share_each_is_bound_once(engine: SparkSession) -> None:
    people = [f"c{row}" for row in range(2_000)]
    found = [(customer, "opt_out", ("sms", "ai_call")[row % 2]) for row, customer in enumerate(people)]
    bound = _suppressed_on(engine, found, [(customer, "1") for customer in people]).toArrow()
    assert sorted(bound["customer"].to_pylist()) == sorted(people)
    assert set(bound["bits"].to_pylist()) == {SMS | CALL}
