"""The watch in a night, and the audit's commands as people type them."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from base.settings import Settings, load_settings
from jobs.command import app
from jobs.watch import prove_the_trail, watch_outcomes, watch_release
from ledger.audit import record
from ledger.audit.checkpoints import FILE, PUBLIC_KEY, folder_of
from ledger.database import Ledger, open_ledger
from ledger.schema import WATCHED
from outreach.watch.alerts import alerts

NIGHT = date(2026, 7, 1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("watch") / "home")


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with open_ledger(settings) as opened:
        yield opened


@pytest.fixture
def type_in(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Types a command in the home of these tests."""
    monkeypatch.setenv("LONGREACH_HOME", str(settings.home))

    def typed(*words: str) -> Result:
        return CliRunner().invoke(app, words, env={"COLUMNS": "200"})

    return typed


def night(ledger: Ledger) -> Any:
    return SimpleNamespace(ledger=ledger, as_of=NIGHT)


def counted(ledger: Ledger, measure: str) -> dict[str, tuple[int, int]]:
    query = select(WATCHED).where(WATCHED.c.measure == measure, WATCHED.c.as_of == NIGHT)
    with ledger.engine.connect() as connection:
        return {row.channel: (row.hits, row.total) for row in connection.execute(query)}


def test_a_release_is_counted_by_channel_and_what_people_switched_off_is_no_drop(ledger: Ledger) -> None:
    channels = ["sms", "sms", "sms", "push", "push", "ai_call", "human_call"]
    off = ("strategy_switched_off", "channel_switched_off")
    decided = pa.table({"channel": channels})
    why = pa.array(["opted_out", "suppressed", None, None, off[0], "number_opted_out", off[1]])
    for _ in range(2):
        watch_release(night(ledger), decided, why)
    assert counted(ledger, "drop_rate") == {"sms": (2, 3), "push": (0, 1), "ai_call": (1, 1)}
    assert counted(ledger, "list_size") == {"sms": (1, 0), "push": (1, 0), "ai_call": (0, 0)}


def test_outcomes_are_counted_by_channel_and_late_answers_belong_to_their_own_night(ledger: Ledger) -> None:
    outcomes = pa.table(
        {
            "channel": ["ai_call", "ai_call", "ai_call", "sms", "sms"],
            "result": ["no_answer", "heard_out", "complained", "not_delivered", "complained"],
            "contact_day": [date(2026, 7, 2)] * 4 + [date(2026, 6, 30)],
        }
    )
    watch_outcomes(night(ledger), outcomes)
    assert counted(ledger, "pick_up_rate") == {"ai_call": (2, 3), "sms": (0, 1)}
    assert counted(ledger, "complaint_rate") == {"ai_call": (1, 3), "sms": (0, 1)}
    watch_outcomes(night(ledger), outcomes.slice(0, 0))


def test_a_trail_that_is_whole_is_said_to_be(ledger: Ledger, type_in: Any) -> None:
    record(ledger, actor="周立成", action="looked", subject="x", detail={"rows": 1})
    made = json.loads(type_in("audit", "checkpoint", "--json").stdout)
    assert len(bytes.fromhex(made["hash"])) == 32
    assert datetime.fromisoformat(made["at"]).tzinfo
    assert "every line is covered" in type_in("audit", "checkpoint").stdout
    told = type_in("audit", "verify")
    assert (told.exit_code, f"intact to line {made['number']:,}" in told.stdout) == (0, True)
    told = json.loads(type_in("audit", "verify", "--from", "1", "--json").stdout)
    assert (told["fault"], told["witnessed"]) == (None, made["number"])
    assert "周立成  looked  x" in type_in("audit").stdout
    assert "周立成  looked  x" in type_in("audit", "show", "--action", "looked", "--last", "1").stdout
    assert json.loads(type_in("audit", "show", "--json", "--last", "1").stdout)[0]["subject"] == "x"


def test_copies_from_elsewhere_take_the_place_of_what_is_here(
    ledger: Ledger, settings: Settings, tmp_path: Path, type_in: Any
) -> None:
    record(ledger, actor="a", action="b", subject="c", detail={})
    type_in("audit", "checkpoint")
    copies = tmp_path / FILE, tmp_path / PUBLIC_KEY
    for copy in copies:
        copy.write_bytes((folder_of(settings) / copy.name).read_bytes())
    told = type_in("audit", "verify", "--checkpoints", str(copies[0]), "--public-key", str(copies[1]))
    assert told.exit_code == 0, told.output
    told = type_in("audit", "verify", "--checkpoints", str(tmp_path / "absent"))
    assert (told.exit_code, "absent" in told.stderr) == (2, True)
    (folder_of(settings) / FILE).unlink()
    told = type_in("audit", "verify")
    assert (told.exit_code, "the checkpoints are gone" in str(told.exception)) == (1, True)
    (folder_of(settings) / FILE).write_bytes(copies[0].read_bytes())


def test_a_bent_trail_and_a_forged_checkpoint_raise_the_alarm(tmp_path: Path, type_in: Any) -> None:
    settings = load_settings(home=tmp_path / "home")
    with open_ledger(settings) as ledger:
        for subject in ("one", "two", "three"):
            record(ledger, actor="a", action="b", subject=subject, detail={})
        assert prove_the_trail(ledger).fault is None
        with ledger.engine.begin() as connection:
            connection.exec_driver_sql("set local role none")
            connection.exec_driver_sql("set local session_replication_role = replica")
            connection.exec_driver_sql("update audit set actor = 'nobody' where subject = 'two'")
        fault = prove_the_trail(ledger).fault
        assert fault is not None
        assert (fault.number, fault.bend) == (2, "edited")
        watch_outcomes(
            night(ledger), pa.table({"channel": [], "result": [], "contact_day": []}, schema=EMPTY)
        )
        assert [one["subject"] for one in alerts(ledger, kind="chain_broken")] == ["line 2"]
        (folder_of(settings)).mkdir(exist_ok=True)
        (folder_of(settings) / FILE).write_text("{}\n")
        (folder_of(settings) / PUBLIC_KEY).write_text("A" * 43 + "=\n")
        watch_outcomes(
            night(ledger), pa.table({"channel": [], "result": [], "contact_day": []}, schema=EMPTY)
        )
        assert [one["subject"] for one in alerts(ledger, kind="chain_broken")] == ["checkpoints", "line 2"]
        for name in (FILE, PUBLIC_KEY):
            (folder_of(settings) / name).unlink()
    told = CliRunner().invoke(app, ["audit", "verify"], env={"LONGREACH_HOME": str(settings.home)})
    assert (told.exit_code, "line 2 edited" in told.stderr) == (1, True)
    told = CliRunner().invoke(app, ["alerts", "--last", "1"], env={"LONGREACH_HOME": str(settings.home)})
    assert "chain_broken" in told.stdout


EMPTY = pa.schema([("channel", pa.string()), ("result", pa.string()), ("contact_day", pa.date32())])


def test_an_unknown_kind_of_alert_lists_those_there_are(type_in: Any) -> None:
    told = type_in("alerts", "--kind", "misspelt")
    assert (told.exit_code, "canary_touched" in told.stderr) == (2, True)
    assert type_in("alerts", "--kind", "canary_touched", "--json").stdout.strip() == "[]"
