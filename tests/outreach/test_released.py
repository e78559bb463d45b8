"""A release enters what each recipient holds, and books the numbers its contacts are made from."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pyspark.sql import SparkSession
from sqlalchemy import func, select

from base.settings import load_settings
from ledger.database import Ledger, open_ledger
from ledger.schema import CALLER_USES, RELEASED_CONTACTS, RELEASED_LISTS
from outreach.callers import Caller, callers_of_day
from outreach.callers.register import add, retire
from tests.outreach.release_world import NIGHT, House, make_house

DAY = NIGHT + timedelta(days=1)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, engine: SparkSession, ledger: Ledger) -> House:
    """Released, where AI calls have one number that may make two contacts a day."""
    with ledger.engine.begin() as connection:
        for one in callers_of_day(connection, day=DAY).to_pylist():
            if one["channel"] == "ai_call":
                retire(connection, one["number"], actor="operator", reason="a test")
        others = [
            Caller.model_validate(
                {
                    "number": number,
                    "class": "marketing",
                    "channel": channel,
                    "daily_limit": limit,
                    "active_from": DAY,
                }
            )
            for number, channel, limit in (
                ("95001", "ai_call", 2),
                ("95002", "human_call", 99),
                ("1069", "sms", 99),
            )
        ]
        add(connection, others, actor="operator")
    made = make_house(tmp_path_factory.mktemp("house") / "home", engine=engine, ledger=ledger)
    made.release()
    return made


def test_every_contact_that_left_is_entered_for_who_holds_it(house: House, ledger: Ledger) -> None:
    with ledger.engine.connect() as connection:
        entered = connection.execute(select(RELEASED_CONTACTS)).all()
        lists = connection.execute(select(RELEASED_LISTS)).all()
    rows = {(row["contact"], row["customer"], row["recipient"], row["channel"]) for row in house.lists()}
    people = {(one.contact, one.customer, one.recipient, one.channel) for one in entered if one.customer}
    assert people == rows
    assert {one.expires_at.isoformat() for one in lists} == {"2026-07-02T12:00:00+00:00"}
    for recipient in {one.recipient for one in entered}:
        files = [text for name, text in house.files(recipient).items() if name.endswith(".csv")]
        addresses = {row["address"] for text in files for row in csv.DictReader(io.StringIO(text.decode()))}
        assert {one.address for one in entered if one.recipient == recipient} == addresses, "canaries too"


def test_calls_and_messages_come_from_numbers_within_their_limits(house: House, ledger: Ledger) -> None:
    calls = list(csv.DictReader(io.StringIO(house.files("ai_dialler")["ai_call.csv"].decode())))
    people = {row["contact"] for row in house.lists()}
    assert [row["caller"] for row in calls if row["contact"] in people] == ["95001"] * 2
    with ledger.engine.connect() as connection:
        booked = dict(
            connection.execute(
                select(CALLER_USES.c.number, func.sum(CALLER_USES.c.contacts)).group_by(CALLER_USES.c.number)
            ).all()  # type: ignore[arg-type]
        )
        held = connection.execute(
            select(RELEASED_CONTACTS.c.caller, func.count())
            .where(RELEASED_CONTACTS.c.caller.is_not(None), RELEASED_CONTACTS.c.customer.is_not(None))
            .group_by(RELEASED_CONTACTS.c.caller)
        ).all()
    assert booked == {row[0]: row[1] for row in held}
    assert booked["95001"] == 2, "canaries, which nobody stands behind, take no number's room"
