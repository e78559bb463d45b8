"""The release job on a small night: what leaves, what does not, and that it leaves once."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from sqlalchemy import func, insert, select
from typer.testing import CliRunner

from base.errors import DeliveryError, ReleaseError
from base.settings import Settings, load_settings
from base.settings.release import Release as Limits
from jobs.approval import approval_given
from jobs.command import app
from jobs.decide import decide
from jobs.decided import DECIDED
from jobs.known import touches_made
from jobs.run import execute, find_job
from lake.tables import HELD_BACK, PERSONS, PLAN, SUPPRESSIONS
from lake.tables.words import RECIPIENTS
from ledger.audit import record, trail
from ledger.database import Ledger, open_ledger
from ledger.schema import OPT_OUTS, RELEASES
from outreach.channels.channel import PLAIN
from outreach.deliver import APPROVAL, check_approval, opening_keys
from outreach.release import approve
from outreach.stops import Scope, throw_switch
from outreach.vault import Vault
from sources.synthetic.bank import SyntheticBank
from strategies.book import running
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files
from strategies.lifecycle import pause, resume
from tests.outreach.release_world import NIGHT, ROWS, House, decided, make_house, touches_by_channel, write


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture
def house(tmp_path: Path, engine: SparkSession, ledger: Ledger) -> House:
    return make_house(tmp_path / "home", engine=engine, ledger=ledger)


def opt_out(ledger: Ledger, **values: str) -> None:
    with ledger.engine.begin() as connection:
        connection.execute(insert(OPT_OUTS).values(**values))


def throw(ledger: Ledger, scope: Scope, name: str, *, stopped: bool = True) -> None:
    throw_switch(ledger, scope, name, stopped=stopped, actor="test", reason="a test")


def states(ledger: Ledger) -> set[str]:
    with ledger.engine.connect() as connection:
        return set(connection.execute(select(RELEASES.c.state)).scalars())


def test_contacts_leave_and_the_held_out_do_not(house: House) -> None:
    house.release()
    expected = {customer for row, customer in enumerate(house.customers) if row % 8 != 7}
    assert house.released() == expected
    assert states(house.night.ledger) == {"delivered"}


def test_each_recipient_gets_its_fields_and_a_manifest_that_seals_them(house: House) -> None:
    house.release()
    desk = house.files("human_desk")
    rows = list(csv.DictReader(io.StringIO(desk["human_call.csv"].decode())))
    manifest = json.loads(desk["manifest.json"])
    assert manifest["rows"] == len(rows) > 0
    assert (manifest["as_of"], manifest["expires_at"]) == ("2026-07-01", "2026-07-02T20:00:00+08:00")
    assert all("2026-07-02T19:50" <= row["expires_at"] <= manifest["expires_at"] for row in rows)
    assert set(manifest["strategies"]) == {row["strategy"] for row in rows}
    assert {row["masked_name"] for row in rows} <= {"张**", "***"}
    assert all(row["masked_phone"].startswith("138****") for row in rows)
    dialler = house.files("ai_dialler")["ai_call.csv"].decode()
    assert "masked_name" not in dialler.splitlines()[0]
    assert "138****" not in dialler


def test_the_table_carries_what_the_files_carry(house: House) -> None:
    house.release()
    by_contact = {row["contact"]: json.loads(str(row["payload"])) for row in house.lists()}
    for recipient in ("human_desk", "ai_dialler", "sms_gateway", "push_gateway"):
        for name, content in house.files(recipient).items():
            if name.endswith(".csv"):
                for row in csv.DictReader(io.StringIO(content.decode())):
                    if row["contact"] not in by_contact:
                        continue  # a canary
                    plain = {field: row.pop(field) for field in PLAIN.intersection(row)}
                    kept = {key: str(value) for key, value in by_contact.pop(row["contact"]).items()}
                    assert row.pop("expires_at") <= kept.pop("expires_at")
                    assert kept == row
                    assert set(plain) == ({"number"} if recipient == "sms_gateway" else set())
    assert not by_contact


def test_again_is_the_same_bytes_and_the_same_table(house: House) -> None:
    house.release()
    files, lists = house.files("human_desk"), house.lists()
    house.release()
    assert house.files("human_desk") == files
    assert house.lists() == lists


def test_what_was_released_is_not_decided_anew(house: House) -> None:
    house.release()
    files = house.files("ai_dialler")
    opt_out(house.night.ledger, customer=house.customers[0], channel="all")
    write(house.night, PLAN, [])
    house.release()
    assert house.files("ai_dialler") == files


def test_who_opted_out_since_the_decision_gets_nothing(house: House) -> None:
    opt_out(house.night.ledger, customer=house.customers[0], channel="all")
    house.release()
    assert house.customers[0] not in house.released()
    detail = trail(house.night.ledger, action="lists released", last=1)[0]["detail"]
    assert detail["dropped"] == {"opted_out": "not told", "number_opted_out": "not told"}


def test_an_opt_out_of_a_number_binds_everybody_who_shares_it(house: House) -> None:
    number = Vault(house.settings).tokens("phone", pa.array(["13800000001"]))[0].as_py()
    opt_out(house.night.ledger, number=number, channel="all")
    house.release()
    assert not {house.customers[2], house.customers[3]} & house.released()
    assert {house.customers[0], house.customers[1]} <= house.released()


def test_an_opt_out_of_another_channel_does_not_bind(house: House) -> None:
    used = touches_by_channel()[0]["channel"]
    other = next(str(touch["channel"]) for touch in touches_by_channel() if touch["channel"] != used)
    opt_out(house.night.ledger, customer=house.customers[0], channel=other)
    house.release()
    assert house.customers[0] in house.released()


@pytest.mark.parametrize(
    ("channel", "kind", "bound"),
    [
        ("all", "complaint_open", 1),
        ("own", "complaint_open", 1),
        ("a channel nobody knows", "complaint_open", 1),
        ("all", "a kind nobody knows", 2),  # as an opt-out, which binds who shares the number
    ],
)
def test_who_is_suppressed_since_the_decision_gets_nothing(
    house: House, channel: str, kind: str, bound: int
) -> None:
    own = str(touches_by_channel()[0]["channel"])
    line = {
        "customer": house.customers[0],
        "kind": kind,
        "since": date(2026, 6, 30),
        "until": None,
    }
    named = own if channel == "own" else channel
    write(
        house.night, SUPPRESSIONS, [{**line, "channel": named, "known_at": datetime(2026, 6, 1, tzinfo=UTC)}]
    )
    house.release()
    assert house.customers[0] not in house.released()
    assert len(house.released()) == ROWS - ROWS // 8 - bound


def test_what_binds_one_account_binds_all_of_the_person_and_who_is_at_their_numbers(house: House) -> None:
    """By the ID number alone two customers are one person, and so are a third and one who is a customer no
    more and opted out; each two neighbours share a number."""
    ended = Vault(house.settings).tokens("customer", pa.array(["C-ended"]))[0].as_py()
    accounts = {house.customers[0]: "p1", house.customers[20]: "p1", house.customers[32]: "p2", ended: "p2"}
    told = [{"customer": customer, "person": person} for customer, person in accounts.items()]
    write(house.night, PERSONS, told)
    died = {"customer": house.customers[0], "kind": "deceased", "channel": "all", "since": date(2026, 6, 30)}
    write(house.night, SUPPRESSIONS, [{**died, "known_at": datetime(2026, 6, 1, tzinfo=UTC)}])
    opt_out(house.night.ledger, customer=ended, channel="all")
    house.release()
    assert not house.released() & {house.customers[place] for place in (0, 20, 32, 33)}
    assert len(house.released()) == ROWS - ROWS // 8 - 4


def test_a_switch_stops_a_channel_a_strategy_or_all(house: House) -> None:
    touches = touches_by_channel()
    throw(house.night.ledger, "channel", str(touches[0]["channel"]))
    throw(house.night.ledger, "strategy", str(touches[1]["strategy"]))
    throw(house.night.ledger, "all", "all")
    throw(house.night.ledger, "all", "all", stopped=False)
    house.release()
    rows = house.lists()
    assert rows
    assert touches[0]["channel"] not in {row["channel"] for row in rows}
    assert touches[1]["strategy"] not in {row["strategy"] for row in rows}


def test_a_strategy_paused_since_the_decision_does_not_leave(house: House) -> None:
    ledger, paused = house.night.ledger, str(touches_by_channel()[0]["strategy"])
    pause(ledger, [paused], actor="anybody", reason="a test")
    try:
        house.release()
    finally:
        resume(ledger, [paused], actor="anybody", reason="a test")
    rows = house.lists()
    assert rows
    assert paused not in {row["strategy"] for row in rows}
    newest = trail(ledger, action="lists released", last=1)[0]
    assert "strategy_switched_off" in newest["detail"]["dropped"]


def test_the_lists_carry_the_words_that_were_decided_with(house: House, tmp_path: Path) -> None:
    ledger, name = house.night.ledger, str(touches_by_channel()[0]["strategy"])
    own = OWN_BOOK / f"{name}.yaml"
    with ledger.engine.connect() as connection:
        versions = {one.name: one.version for one in running(connection)}
    record(ledger, actor="decide", action=DECIDED, subject=NIGHT.isoformat(), detail={"versions": versions})
    changed = tmp_path / own.name
    changed.write_text(
        own.read_text(encoding="utf-8").replace("offer: ", "offer: 另一个方案。"), encoding="utf-8"
    )
    put_live(ledger, read_files([changed]), bases={name: versions[name]})
    house.release()
    said = {json.loads(str(row["payload"]))["offer"] for row in house.lists() if row["strategy"] == name}
    assert said
    assert not any("另一个方案" in offer for offer in said)


def test_all_stopped_still_tells_recipients_that_nothing_comes(house: House) -> None:
    throw(house.night.ledger, "all", "all")
    house.release()
    assert house.lists() == []
    assert json.loads(house.files("ai_dialler")["manifest.json"])["rows"] == 0


@pytest.mark.parametrize(
    ("born", "why"), [(date(1961, 7, 1), "elderly people by machine"), (date(2008, 8, 1), "under age")]
)
def test_a_plan_against_the_rules_of_age_is_refused(house: House, born: date, why: str) -> None:
    decided(house.night, born=born)
    with pytest.raises(ReleaseError, match=why):
        house.release()
    assert not house.settings.outbox_folder.exists()


def test_a_list_that_shows_somebody_is_refused(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.release.lists.mask_phone", lambda phones: phones)
    with pytest.raises(ReleaseError, match=r"nothing of 2026-07-01 was released") as refusal:
        house.release()
    assert "138000" not in str(refusal.value)
    assert not house.settings.outbox_folder.exists()
    assert states(house.night.ledger) == {"planned"}


def test_a_disk_that_fills_up_leaves_nothing_half_published(house: House) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(DeliveryError, match="not written"):
            house.release()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert not list(house.settings.outbox_folder.glob("*/*.sealed"))
    assert not list(house.settings.outbox_folder.glob("*/.*"))
    assert states(house.night.ledger) == {"written"}
    house.release()
    assert len(house.released()) == ROWS - ROWS // 8
    assert states(house.night.ledger) == {"delivered"}


def test_the_gateway_of_messages_alone_gets_numbers_and_no_table_holds_one(house: House) -> None:
    house.release()
    rows = list(csv.DictReader(io.StringIO(house.files("sms_gateway")["sms.csv"].decode())))
    assert {row["number"][:3] for row in rows} == {"138"}
    others = [house.files(name) for name in ("ai_dialler", "human_desk", "push_gateway")]
    assert not any(b"13800000" in content for files in others for content in files.values())
    assert "13800000" not in str(house.lists())


def test_what_is_held_back_is_on_the_table_with_its_reason_for_both_arms(house: House) -> None:
    opted_out, held_out = house.customers[0], house.customers[7]
    for customer in (opted_out, held_out):
        opt_out(house.night.ledger, customer=customer, channel="all")
    house.release()
    rows = house.night.store.read(HELD_BACK, as_of=NIGHT).toArrow().to_pylist()
    found = {row["customer"]: (row["fate"], row["reason"]) for row in rows}
    # Whoever shares a number with the two is bound as well: one of them is theirs to keep.
    assert found[opted_out] == ("contact", "opted_out")
    assert found[held_out] == ("held_out", "opted_out")
    assert found[house.customers[1]] == ("contact", "number_opted_out")
    assert not set(found) & house.released()


def test_what_was_held_back_is_no_touch_made_in_either_arm(house: House) -> None:
    for customer in (house.customers[0], house.customers[7]):
        opt_out(house.night.ledger, customer=customer, channel="all")
    house.release()
    after = replace(house.night, as_of=NIGHT + timedelta(days=1))
    frames = {
        read.table: after.store.read(read.table, as_of=after.as_of, scope=read.scope) for read in decide.reads
    }
    made = {row["customer"] for row in touches_made(after, frames).select("customer").collect()}
    # Two share each number, so the neighbours of the two are bound with them.
    assert made == set(house.customers) - {house.customers[place] for place in (0, 1, 6, 7)}


KILLED = """
import os, signal, sys
from datetime import date

real, left = os.fsync, int(sys.argv[1])
def fsync(handle):
    global left
    real(handle)
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = fsync
from base.settings import load_settings
from jobs.run import execute, find_job, open_house
with open_house(load_settings(), as_of=date(2026, 7, 1)) as night:
    execute(find_job("release"), night)
"""


def test_killed_in_the_middle_the_next_run_succeeds(house: House) -> None:
    environment = {
        **os.environ,
        "LONGREACH_HOME": str(house.settings.home),
        "LONGREACH_DATABASE_URL": str(house.settings.database_url),
        "LONGREACH_TABLE_FORMAT": "parquet",
        "LONGREACH_VAULT__KEYS_FOLDER": str(house.settings.vault.keys_folder),
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "8"],
        env=environment,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    with house.night.ledger.engine.begin() as connection:  # until PostgreSQL has seen that the killed is gone
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtext("job release"))))
    house.release()
    assert len(house.released()) == ROWS - ROWS // 8
    assert not list(house.settings.outbox_folder.glob("*/.*"))
    assert all(len(list(folder.iterdir())) == 2 for folder in house.settings.outbox_folder.iterdir())
    assert states(house.night.ledger) == {"delivered"}


def test_the_scheduler_waits_for_a_person_and_recipients_are_told_who_that_was(house: House) -> None:
    by_hand = house.settings.model_copy(update={"release": Limits(automatic_under=0, automatic_growth=5)})
    execute(find_job("freeze"), house.night)
    assert not approval_given(as_of=NIGHT, settings=by_hand)
    approve(house.night.ledger, NIGHT, approver="王敏", reason="as planned")
    assert approval_given(as_of=NIGHT, settings=by_hand)
    house.release()
    for recipient in RECIPIENTS:
        (sealed,) = house.sealed(recipient)
        approval = sealed.with_name(f"{sealed.name}{APPROVAL}").read_bytes()
        bank = opening_keys(by_hand, recipient).bank
        told = check_approval(approval, sealed.read_bytes(), recipient=recipient, keys=bank)
        assert (told.approver, told.limits) == ("王敏", None)
        assert b"as planned" not in approval


@pytest.mark.parametrize("words", [["release"], ["night"]])
def test_who_runs_the_night_is_the_author_of_its_lists_and_cannot_approve_them(
    house: House, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    """The command line says who acts. An engine is open in this process, so the job runs in that house."""
    by_hand = {"automatic_under": 0, "automatic_growth": 5.0}

    def work(*_: object, settings: Settings, **__: object) -> None:
        night = replace(house.night, settings=house.settings.model_copy(update={"actor": settings.actor}))
        limits = night.settings.release.model_copy(update=by_hand)
        night = replace(night, settings=night.settings.model_copy(update={"release": limits}))
        replace(house, night=night).release()

    monkeypatch.setattr("jobs.run.run", work)
    monkeypatch.setattr("jobs.night.night", lambda settings, **given: work(settings=settings, **given))
    monkeypatch.setattr("getpass.getuser", lambda: "ｗang  min")
    told = CliRunner().invoke(app, [*words, "--as-of", str(NIGHT)])
    assert isinstance(told.exception, ReleaseError), told.output
    with pytest.raises(ReleaseError, match="wang min made the lists"):
        approve(house.night.ledger, NIGHT, approver="wang min", reason="fine")
    approved = approve(house.night.ledger, NIGHT, approver="王敏", reason="fine")
    assert set(approved) == set(RECIPIENTS)


def test_a_night_that_is_released_too_late_by_the_calendar_sends_nothing_and_says_so(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SyntheticBank, "by_calendar", True)
    house.release()
    assert states(house.night.ledger) == {"expired"}
    assert house.lists() == []
    held_back = house.night.store.read(HELD_BACK, as_of=NIGHT).toArrow()
    assert held_back["reason"].unique().to_pylist() == ["expired"]
    assert not list(house.settings.outbox_folder.glob("*/*.sealed"))
