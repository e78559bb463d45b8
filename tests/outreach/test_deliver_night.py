"""A released night, seen from its recipients: canaries among the rows and nowhere else, origins told."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from sqlalchemy import Connection, select

from base.settings import load_settings
from base.settings.recipients import Canaries
from ledger.database import Ledger, open_ledger
from ledger.schema import CANARIES, RELEASED_CONTACTS
from outreach.deliver import MANIFEST, marks_key
from outreach.deliver.canaries import TOUCHED, Canary, enter, look_for
from outreach.release import expires_at, origins_of
from outreach.watch.alerts import alerts
from tests.outreach.release_world import NIGHT, House, make_house

LINES = ("13800138001", "13900139002")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, engine: SparkSession, ledger: Ledger) -> House:
    made = make_house(tmp_path_factory.mktemp("home"), engine=engine, ledger=ledger)
    settings = made.settings.model_copy(update={"canaries": Canaries(lines=LINES)})
    with_lines = replace(made, night=replace(made.night, settings=settings))
    with_lines.release()
    return with_lines


def delivered(house: House) -> dict[str, list[dict[str, str]]]:
    """The rows that each recipient finds in its file."""
    recipients = {str(row["recipient"]) for row in house.lists()}
    return {
        recipient: [
            row
            for name, content in house.files(recipient).items()
            if name != MANIFEST
            for row in csv.DictReader(io.StringIO(content.decode()))
        ]
        for recipient in recipients
    }


def test_every_list_holds_two_canaries_and_no_table_of_contacts_does(house: House) -> None:
    contacts = {str(row["contact"]): str(row["recipient"]) for row in house.lists()}
    with house.night.ledger.engine.connect() as connection:
        entered = {row.contact: row for row in connection.execute(select(CANARIES)).all()}
    assert not contacts.keys() & entered.keys()
    for recipient, rows in delivered(house).items():
        strange = [row for row in rows if row["contact"] not in contacts]
        assert len(strange) == 2
        assert len(rows) == sum(one == recipient for one in contacts.values()) + 2
        for row in strange:
            assert entered[row["contact"]].address == row["address"]
            assert entered[row["contact"]].recipient == recipient
            assert entered[row["contact"]].line is not None
            assert row.get("number", LINES[0]) in LINES


def test_neither_the_manifest_nor_the_order_of_rows_tells_canaries_from_people(house: House) -> None:
    for recipient, rows in delivered(house).items():
        manifest = json.loads(house.files(recipient)[MANIFEST])
        assert manifest["rows"] == len(rows)
        assert [row["contact"] for row in rows] == sorted(row["contact"] for row in rows)
        assert all(set(row) == set(rows[0]) for row in rows)


def test_the_revocation_feed_knows_canaries_like_anybody(house: House) -> None:
    with house.night.ledger.engine.connect() as connection:
        query = select(RELEASED_CONTACTS.c.contact).where(RELEASED_CONTACTS.c.as_of == NIGHT)
        given = set(connection.execute(query).scalars())
    assert given == {row["contact"] for rows in delivered(house).values() for row in rows}


def test_a_row_with_its_tokens_tells_where_it_is_from(house: House) -> None:
    for recipient, rows in delivered(house).items():
        text = ",".join(rows[0].values())
        with house.night.ledger.engine.connect() as connection:
            found = origins_of(connection, text, key=marks_key(house.settings))
        assert {(one.recipient, one.as_of) for one in found} == {(recipient, NIGHT)}


def test_what_is_sealed_shows_no_word_of_what_is_inside(house: House) -> None:
    for recipient, rows in delivered(house).items():
        content = Path(house.sealed(recipient)[-1]).read_bytes()
        assert not any(
            value.encode() in content for row in rows[:5] for value in row.values() if len(value) > 5
        )


def test_a_canary_sings_at_the_wrong_place_or_too_late_and_not_at_home(house: House) -> None:
    ledger, dialler = house.night.ledger, CANARIES.c.recipient == "ai_dialler"
    with ledger.engine.begin() as connection:
        first, second = connection.execute(select(CANARIES).where(dialler)).all()
        noon = first.expires_at - timedelta(hours=8)
        seen = {first.contact: noon, "somebody": noon}
        at_home = look_for(connection, seen, by="ai_dialler", where="outcomes")
    assert at_home == {first.contact}
    assert alerts(ledger, kind=TOUCHED) == []
    with ledger.engine.begin() as connection:
        elsewhere = look_for(connection, {second.address: noon}, by="sms_gateway", where="revocations")
    assert elsewhere == {second.address}
    (alert,) = alerts(ledger, kind=TOUCHED)
    assert (alert["subject"], alert["detail"]["seen_by"]) == ("ai_dialler 2026-07-01", "sms_gateway")
    with ledger.engine.begin() as connection:
        late = another_nights(connection, house)
        look_for(connection, {late.contact: late.expires_at}, by="ai_dialler", where="outcomes")
    assert alerts(ledger, kind=TOUCHED)[0]["detail"]["late"] is True


def another_nights(connection: Connection, house: House) -> Canary:
    """A canary of another night, of which no alert has told yet."""
    other = Canary(
        contact="late",
        address="too late",
        recipient="ai_dialler",
        as_of=NIGHT - timedelta(days=1),
        channel="ai_call",
        expires_at=expires_at(NIGHT, house.settings.contact),
        line=None,
    )
    enter(connection, (other, other))
    return other
