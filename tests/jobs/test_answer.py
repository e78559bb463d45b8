"""The outside world's answers: asked once for what was released, and laid whole into the inbox."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from sqlalchemy import insert, select

from base.errors import ReleaseError, SealError
from base.settings import load_settings
from evaluation.outcomes import read_inbox
from features.catalogue import FEATURES
from jobs.answer import outcomes_ready
from jobs.decided import DECIDED
from ledger.audit import record, trail
from ledger.database import Ledger, open_ledger
from ledger.schema import RELEASE_CONTENT, RELEASES
from outreach.deliver import answering_key
from outreach.inbox import hand_in, refuse_what_came_otherwise
from outreach.release import releases_of
from sources.answers import ANSWERS
from sources.source import Source
from strategies.book import newest, read_live
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files
from tests.ledger.owner import as_owner
from tests.outreach.release_world import NIGHT, House, make_house, touches_by_channel


class World(Source):
    """Everybody lets it ring; what was asked is remembered."""

    name = "world of the test"
    asked: list[pa.Table] = []

    def deliver(self, as_of: date) -> Path:
        return self.settings.landing_folder / as_of.isoformat()

    def answer(self, as_of: date, contacts: pa.Table) -> pa.Table:
        self.asked.append(contacts)
        rows = contacts.num_rows
        at = datetime.combine(as_of + timedelta(days=1), datetime.min.time())
        return pa.table(
            {
                "contact": contacts["contact"],
                "result": ["no_answer"] * rows,
                "happened_at": pa.array([at] * rows, pa.timestamp("us")),
                "seconds": pa.array([0] * rows, pa.int32()),
            }
        )


class Silent(Source):
    """Outcomes come as files, if they come."""

    name = "silent world of the test"

    def deliver(self, as_of: date) -> Path:
        return self.settings.landing_folder / as_of.isoformat()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture
def house(tmp_path: Path, engine: SparkSession, ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> House:
    # The registry knows sources of the house only; this one lives in the test.
    monkeypatch.setattr("jobs.answer.open_source", World)
    World.asked.clear()
    return make_house(tmp_path / "home", engine=engine, ledger=ledger)


def inbox(house: House) -> Path:
    return house.settings.home / "inbox" / NIGHT.isoformat()


def test_the_world_is_asked_about_every_released_contact_by_customer_number(house: House) -> None:
    house.release()
    assert outcomes_ready(as_of=NIGHT, settings=house.settings)
    (asked,) = World.asked
    released = {row["contact"]: row for row in house.lists()}
    number_of = {token: f"C{row:09d}" for row, token in enumerate(house.customers)}
    assert asked.column_names == ["contact", "customer_no", "strategy", "kind", "step", "channel", "hour"]
    assert asked.num_rows == len(released)
    for row in asked.to_pylist():
        assert row["customer_no"] == number_of[str(released[row["contact"]]["customer"])]
        assert row["hour"] == released[row["contact"]]["hour"]


def test_answers_come_by_the_door_from_those_who_opened_their_lists_and_name_nobody(house: House) -> None:
    house.release()
    outcomes_ready(as_of=NIGHT, settings=house.settings)
    answers = read_inbox(inbox(house))
    assert set(answers["contact"].to_pylist()) == {row["contact"] for row in house.lists()}
    with house.night.ledger.engine.connect() as connection:
        refuse_what_came_otherwise(connection, inbox(house))
        releases = releases_of(connection, NIGHT).values()
    assert {release.state for release in releases if release.rows} == {"acknowledged"}
    for path in inbox(house).iterdir():
        assert b"C00000" not in path.read_bytes()


def test_who_did_not_get_the_list_does_not_answer_it(house: House) -> None:
    house.release()
    house.sealed("ai_dialler")[-1].write_bytes(b"something else")
    with pytest.raises(SealError, match="does not open"):
        outcomes_ready(as_of=NIGHT, settings=house.settings)
    assert not World.asked


def test_a_list_that_comes_without_its_approval_is_not_answered(house: House) -> None:
    house.release()
    sealed = house.sealed("ai_dialler")[-1]
    sealed.with_name(f"{sealed.name}.approval").unlink()
    with pytest.raises(SealError, match="came without its approval"):
        outcomes_ready(as_of=NIGHT, settings=house.settings)
    assert not World.asked


def test_the_world_is_asked_once_and_the_look_is_on_record(house: House) -> None:
    house.release()
    before = len(trail(house.night.ledger, action="vault.take", last=1000))
    assert outcomes_ready(as_of=NIGHT, settings=house.settings)
    assert outcomes_ready(as_of=NIGHT, settings=house.settings)
    assert len(World.asked) == 1
    assert len(trail(house.night.ledger, action="vault.take", last=1000)) == before + 1


def test_where_nothing_was_released_nothing_is_awaited(house: House) -> None:
    assert outcomes_ready(as_of=NIGHT, settings=house.settings)
    assert not World.asked


def test_a_silent_world_is_waited_for(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.answer.open_source", Silent)
    house.release()
    assert not outcomes_ready(as_of=NIGHT, settings=house.settings)
    for recipient in {str(row["recipient"]) for row in house.lists()}:
        assert not outcomes_ready(as_of=NIGHT, settings=house.settings)
        hand_in(
            house.settings,
            ANSWERS.empty_table(),
            recipient=recipient,
            as_of=NIGHT,
            name="nobody answered.parquet",
            last=True,
            key=answering_key(house.settings, recipient),
        )
    assert outcomes_ready(as_of=NIGHT, settings=house.settings)


def test_a_strategy_that_the_book_never_held_is_named(house: House, tmp_path: Path) -> None:
    house.release()
    with open_ledger(load_settings(home=tmp_path / "other")) as elsewhere:
        address = elsewhere.engine.url.render_as_string(hide_password=False)
        with house.night.ledger.engine.connect() as here, elsewhere.engine.begin() as there:
            as_owner(there)
            for table in (RELEASES, RELEASE_CONTENT):
                there.execute(insert(table), [dict(row) for row in here.execute(select(table)).mappings()])
    lost = house.settings.model_copy(update={"database_url": address})
    with pytest.raises(ReleaseError, match=str(house.lists()[0]["strategy"])):
        outcomes_ready(as_of=NIGHT, settings=lost)


def test_a_feature_that_is_gone_since_the_decision_stops_neither_release_nor_answers(
    house: House, tmp_path: Path
) -> None:
    ledger, name = house.night.ledger, str(touches_by_channel()[0]["strategy"])
    document = tmp_path / f"{name}.yaml"
    text = (OWN_BOOK / document.name).read_text(encoding="utf-8")
    document.write_text(
        re.sub(r"^who:.*?^offer:", "who: feature_of_yore > 1\noffer:", text, flags=re.M | re.S),
        encoding="utf-8",
    )
    with ledger.engine.connect() as connection:
        bases = {name: newest(connection, [name])[0].version}
    put_live(ledger, read_files([document], features={"feature_of_yore": FEATURES["aum_now"]}), bases=bases)
    found = read_live(ledger)
    assert "feature_of_yore" in found.unreadable[name]
    versions = {**found.versions, name: bases[name] + 1}
    record(ledger, actor="decide", action=DECIDED, subject=NIGHT.isoformat(), detail={"versions": versions})
    house.release()
    assert name in {row["strategy"] for row in house.lists()}
    assert outcomes_ready(as_of=NIGHT, settings=house.settings)
    assert name in World.asked[0]["strategy"].to_pylist()
