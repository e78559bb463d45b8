"""What comes back late is learned on the night it comes, once, and changes no earlier night."""

import dataclasses
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import insert

from base.settings import load_settings
from jobs.job import Night
from jobs.run import execute, find_job, open_house
from lake.tables import (
    ASSIGNMENTS,
    CONTACT_LISTS,
    EXPERIMENT_FINDINGS,
    MEASURED,
    OUTCOMES,
    READOUTS,
    SEGMENT_READOUTS,
)
from ledger.schema import RELEASES
from outreach.deliver import answering_key
from outreach.inbox import hand_in
from outreach.opt_outs import history
from sources.answers import ANSWERS
from tests.evaluation.world import assignment
from tests.ledger.owner import as_owner

FIRST = date(2026, 7, 1)
SECOND, THIRD = FIRST + timedelta(days=1), FIRST + timedelta(days=2)

Row = dict[str, Any]


def _release(night: Night, *contacts: str) -> None:
    rows = [
        {
            "contact": contact,
            "customer": f"customer-{contact}",
            "recipient": "sms_gateway",
            "strategy": "s1",
            "step": 1,
            "channel": "sms",
            "hour": 12,
            "payload": "{}",
            "expires_on": night.as_of + timedelta(days=1),
        }
        for contact in contacts
    ]
    frame = night.store.frame(CONTACT_LISTS, pa.Table.from_pylist(rows, schema=CONTACT_LISTS.arrow_schema()))
    night.store.write(CONTACT_LISTS, frame, as_of=night.as_of)
    with night.ledger.engine.begin() as connection:
        as_owner(connection)
        frozen = {"attempt": 1, "size": 9, "sha256": "0" * 64, "opt_outs_to": 0, "rows": len(contacts)}
        left = {"state": "delivered", "author": "a", "approver": "b", "actor": "a"}
        connection.execute(
            insert(RELEASES).values(as_of=night.as_of, recipient="sms_gateway", **frozen, **left)
        )


def _deliver(night: Night, *answers: tuple[str, str]) -> None:
    moment = datetime.combine(night.as_of, datetime.min.time(), tzinfo=UTC) + timedelta(days=1, hours=9)
    rows = [
        {"contact": contact, "result": result, "happened_at": moment, "seconds": 0}
        for contact, result in answers
    ]
    hand_in(
        night.settings,
        pa.Table.from_pylist(rows, schema=ANSWERS),
        recipient="sms_gateway",
        as_of=night.as_of,
        name=f"{night.as_of}.parquet",
        last=True,
        key=answering_key(night.settings, "sms_gateway"),
    )


def _learned(night: Night) -> list[tuple[str, str, date]]:
    execute(find_job("learn"), night)
    rows = night.store.read(OUTCOMES, as_of=night.as_of).orderBy("contact").toArrow().to_pylist()
    return [(row["contact"], row["result"], row["contact_day"]) for row in rows]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Night, Night, Night]]:
    settings = load_settings(home=tmp_path_factory.mktemp("learn") / "home")
    with open_house(settings, as_of=FIRST) as house:
        nights = [dataclasses.replace(house, as_of=as_of) for as_of in (FIRST, SECOND, THIRD)]
        _release(nights[0], "a1", "a2", "a3")
        _release(nights[1], "b1")
        _release(nights[2])
        _deliver(nights[0], ("a1", "delivered"), ("a2", "opened"))
        _deliver(nights[1], ("b1", "delivered"), ("a1", "refused"), ("a2", "delivered"), ("a3", "opened"))
        _deliver(nights[2], ("a1", "refused"), ("a3", "opted_out"), ("b1", "interested"), ("x", "opted_out"))
        yield (nights[0], nights[1], nights[2])


def test_late_answers_are_the_news_of_the_night_they_come(nights: tuple[Night, Night, Night]) -> None:
    first, second, third = nights
    assert _learned(first) == [("a1", "delivered", SECOND), ("a2", "opened", SECOND)]
    before = first.store.digest(OUTCOMES, as_of=FIRST)
    assert _learned(second) == [
        ("a1", "refused", SECOND),
        ("a3", "opened", SECOND),
        ("b1", "delivered", THIRD),
    ]
    assert _learned(third) == [("a3", "refused", SECOND), ("b1", "interested", THIRD)]
    assert first.store.digest(OUTCOMES, as_of=FIRST) == before
    digests = [night.store.digest(OUTCOMES, as_of=night.as_of) for night in nights]
    for night in nights:
        _learned(night)
    assert [night.store.digest(OUTCOMES, as_of=night.as_of) for night in nights] == digests
    with first.ledger.engine.connect() as connection:
        said = [(one["customer"], one["channel"], one["source"]) for one in history(connection)]
    assert said == [("customer-a3", "all", "outcome")], "whoever wants none at all is entered once"


def _expose(night: Night, **arms: str) -> None:
    """Exposes customers on the next day, with a window of one."""
    rows = [
        assignment(customer, arm, first_exposed=night.as_of + timedelta(days=1), window_days=1)
        for customer, arm in arms.items()
    ]
    frame = night.store.frame(ASSIGNMENTS, pa.Table.from_pylist(rows, schema=ASSIGNMENTS.arrow_schema()))
    night.store.write(ASSIGNMENTS, frame, as_of=night.as_of)


def _written(night: Night) -> dict[str, tuple[list[str], str]]:
    """Whom each night measured for good, and the fingerprints of all that is read, by table."""
    execute(find_job("learn"), night)
    store = night.store
    return {
        table.name: (
            sorted(row["customer"] for row in store.read(table, as_of=night.as_of).collect())
            if table is MEASURED
            else [],
            store.digest(table, as_of=night.as_of),
        )
        for table in (MEASURED, READOUTS, SEGMENT_READOUTS, EXPERIMENT_FINDINGS)
    }


def test_exposures_are_measured_once_and_a_skipped_night_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = load_settings(home=tmp_path_factory.mktemp("measured") / "home")
    with open_house(settings, as_of=FIRST) as house:
        on = [dataclasses.replace(house, as_of=FIRST + timedelta(days=back)) for back in range(8)]
        _expose(on[0], a1="treatment", a2="control")
        _expose(on[1], b1="treatment", b2="control")
        _expose(on[2], c1="treatment", c2="control")
        # Windows end with the day itself, and three days more are waited for; the fifth night is skipped.
        found = {place: _written(on[place]) for place in (3, 4, 6, 7)}
        customers = {place: each["measured"][0] for place, each in found.items()}
        assert customers == {3: [], 4: ["a1", "a2"], 6: ["b1", "b2", "c1", "c2"], 7: []}
        assert {place: _written(on[place]) for place in (3, 4, 6, 7)} == found
        # Made up for after all, the fifth night leaves to the newer one what that has written.
        assert _written(on[5])["measured"][0] == []
        assert _written(on[5])["measured"][0] == []
        read = on[7].store.read(READOUTS, as_of=on[7].as_of).toPandas()
        row = read[
            (read["level"] == "strategy") & (read["view"] == "exposed") & (read["metric"] == "converted")
        ]
        assert row[["customers", "control_customers"]].to_numpy().tolist() == [[3, 3]]
