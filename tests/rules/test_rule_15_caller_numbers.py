"""Calls and messages come from a registered marketing number, within its daily limit; never from service."""

from collections import Counter
from datetime import date

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from sqlalchemy import Connection

from ledger.database import Ledger
from outreach.callers import Caller, allocate, callers_of_day
from outreach.callers.register import add
from tests.rules.plain_people import plain_people, verdicts

DAY = date(2026, 7, 2)


def registered(connection: Connection) -> None:
    rows = [("9500012", "marketing", 3), ("9500013", "marketing", 2), ("95588", "service", 1_000)]
    callers = [
        Caller.model_validate(
            {
                "number": number,
                "class": of,
                "channel": "ai_call",
                "daily_limit": limit,
                "active_from": date(2026, 1, 1),
            }
        )
        for number, of, limit in rows
    ]
    add(connection, callers, actor="王敏")


def test_rule_15_each_number_keeps_its_limit_and_no_service_number_is_used(ledger: Ledger) -> None:
    chosen = pa.table(
        {
            "customer": [f"c{row}" for row in range(9)],
            "strategy": ["s"] * 9,
            "step": pa.array([1] * 9, pa.int32()),
            "channel": ["ai_call"] * 9,
            "kind": ["deposit"] * 9,
            "value": [float(row) for row in range(9)],
        }
    )
    with ledger.engine.connect() as connection, connection.begin() as transaction:
        registered(connection)
        given = allocate(chosen, callers_of_day(connection, day=DAY)).to_pylist()
        transaction.rollback()
    assert Counter(given) == {"9500012": 3, "9500013": 2, None: 4}


@pytest.mark.parametrize("channel", ["sms", "ai_call", "human_call"])
def test_rule_15_without_a_marketing_number_nobody_is_called(engine: SparkSession, channel: str) -> None:
    people = plain_people(1, channel=channel)
    people.touches.marketing_number[:] = False
    assert verdicts(engine, people) == ["caller_number"]
