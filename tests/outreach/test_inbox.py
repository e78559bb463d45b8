"""The door for outcome files: signed, whole, once; refused ones are set aside and told of."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from base.errors import SourceError, StoreError
from base.settings import load_settings
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from ledger.schema import INBOX_FILES, RELEASED_CONTACTS
from outreach.deliver import answering_key
from outreach.deliver.canaries import TOUCHED, Canary, enter
from outreach.inbox import (
    STATEMENT,
    hand_in,
    refuse_what_came_otherwise,
    still_due,
)
from outreach.watch.alerts import alerts
from tests.outreach.disk import small_disk
from tests.outreach.inbox_world import NIGHT, NOON, RECIPIENT, Door, make_door


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture
def door(tmp_path: Path, ledger: Ledger) -> Door:
    return make_door(tmp_path, ledger=ledger)


def test_a_signed_file_is_taken_once_and_handed_on(door: Door) -> None:
    door.hand_in("a1", "a2")
    assert door.take() == ((f"{RECIPIENT}/first.parquet",), ())
    assert door.accepted() == ["a1", "a2"]
    assert list(door.arrivals.iterdir()) == []
    assert door.take() == ((), ())
    line = trail(door.ledger, action="outcome file taken", last=1)[0]
    assert (line["actor"], line["detail"]) == (RECIPIENT, {"as_of": "2026-07-01", "rows": 2})


def test_a_file_without_its_statement_is_not_whole_yet_and_waits(door: Door) -> None:
    door.hand_in("a1")
    statement = door.arrivals / f"first.parquet{STATEMENT}"
    kept = statement.read_bytes()
    statement.unlink()
    assert door.take() == ((), ())
    statement.write_bytes(kept)
    assert door.take()[0] == (f"{RECIPIENT}/first.parquet",)


def test_a_replay_is_refused_under_its_own_name_and_any_other(door: Door) -> None:
    door.hand_in("a1")
    door.take()
    for name in ("first.parquet", "again.parquet"):
        door.hand_in("a1", name=name)
        taken, (why,) = door.take()
        assert taken == ()
        assert "the same content was taken before, as first.parquet" in why
    door.hand_in("a2")
    assert "of this name but other content was taken before" in door.take()[1][0]
    assert door.accepted() == ["a1"]


def test_what_is_changed_cut_or_unsigned_is_set_aside_and_a_mended_file_is_taken(door: Door) -> None:
    def flip(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(bytes(content))

    data, statement = door.arrivals / "first.parquet", door.arrivals / f"first.parquet{STATEMENT}"
    harms = (
        lambda: flip(data),
        lambda: data.write_bytes(data.read_bytes()[:-9]),
        lambda: data.unlink(),
        lambda: flip(statement),
        lambda: statement.write_bytes(b"{}"),
        lambda: statement.write_bytes(
            statement.read_bytes().replace(b'\\"last\\": true', b'\\"last\\": false')
        ),
    )
    for harm in harms:
        door.hand_in("a1")
        harm()
        taken, refused = door.take()
        assert (taken, len(refused)) == ((), 1)
        assert list(door.arrivals.iterdir()) == []
    assert door.accepted() == []
    assert trail(door.ledger, action="outcome file refused", last=1)[0]["subject"] == "first.parquet"
    assert any((door.inbox / "quarantine" / RECIPIENT).iterdir())
    door.hand_in("a1")
    assert door.take()[0] == (f"{RECIPIENT}/first.parquet",)


def test_a_stranger_or_another_recipient_signs_nothing_here(door: Door) -> None:
    for key in (Ed25519PrivateKey.generate(), answering_key(door.settings, "human_desk")):
        door.hand_in("a1", key=key)
        assert "not signed by a key that is known here" in door.take()[1][0]
    door.hand_in("a1", recipient="nobody", key=Ed25519PrivateKey.generate())
    assert "nobody/first.parquet: the folder's name is no recipient" in door.take()[1][0]
    assert not (door.settings.vault_folder / "recipients" / "nobody.answers.pem").exists()


def test_a_statement_is_about_the_file_beside_it_and_no_other(door: Door) -> None:
    door.hand_in("a1")
    for suffix in ("", STATEMENT):
        (door.arrivals / f"first.parquet{suffix}").rename(door.arrivals / f"second.parquet{suffix}")
    assert "the statement is about another file" in door.take()[1][0]


def test_a_statement_that_lacks_something_says_what(door: Door) -> None:
    door.hand_in("a1", last="yes")
    assert "lacks, or gives in another type: last" in door.take()[1][0]


def test_columns_and_words_are_checked_before_anything_is_entered(door: Door) -> None:
    key = answering_key(door.settings, RECIPIENT)
    wrong = pa.table({"contact": ["a1"], "result": ["no_answer"]})
    hand_in(door.settings, wrong, recipient=RECIPIENT, as_of=NIGHT, name="short.parquet", last=False, key=key)
    assert "lacks happened_at, seconds" in door.take()[1][0]
    door.hand_in("a1", name="list.xlsx")
    assert "outcome files end in .parquet or .csv" in door.take()[1][0]


def test_answers_to_lists_never_released_or_long_past_are_refused(door: Door) -> None:
    door.hand_in("a1", as_of=NIGHT - timedelta(days=7))
    assert "no list of 2026-06-24 was released to ai_dialler" in door.take()[1][0]
    door.hand_in("a1", as_of=NIGHT - timedelta(days=60))
    assert "are taken for 35 days" in door.take()[1][0]


def test_late_answers_are_the_news_of_the_night_they_come_and_early_ones_wait(door: Door) -> None:
    door.hand_in("a1", as_of=NIGHT - timedelta(days=1), name="late.parquet")
    door.hand_in("a2", name="early.parquet")
    assert door.take(NIGHT - timedelta(days=1))[0] == (f"{RECIPIENT}/late.parquet",)
    assert door.take(NIGHT - timedelta(days=1)) == ((), ())
    door.hand_in("a3", as_of=NIGHT - timedelta(days=1), name="later.parquet")
    assert door.take()[0] == (f"{RECIPIENT}/early.parquet", f"{RECIPIENT}/later.parquet")
    assert door.accepted() == ["a2", "a3"]


def test_contacts_given_to_another_recipient_are_not_answered_by_this_one(door: Door) -> None:
    door.hand_in("a1", "d1")
    assert "1 of its contacts were given to another recipient" in door.take()[1][0]
    assert door.accepted() == []


def test_canaries_are_taken_out_and_one_that_answers_elsewhere_is_told_of(door: Door) -> None:
    own, other = (
        Canary(
            contact=f"canary of {recipient}",
            address=f"address of {recipient}",
            recipient=recipient,
            as_of=NIGHT,
            channel="call",
            expires_at=NOON + timedelta(hours=8),
            line=None,
        )
        for recipient in (RECIPIENT, "human_desk")
    )
    with door.ledger.engine.begin() as connection:
        enter(connection, (own, other))
        listed = {"customer": "", "strategy": "s", "channel": "call", "as_of": NIGHT}
        for canary in (own, other):
            one = {"contact": canary.contact, "address": canary.address, "recipient": canary.recipient}
            connection.execute(insert(RELEASED_CONTACTS).values(**listed, **one))
    door.hand_in("a1", own.contact)
    door.take()
    assert door.accepted() == ["a1"]
    assert alerts(door.ledger, kind=TOUCHED) == []
    door.hand_in("a2", other.contact, name="second.parquet")
    door.take()
    assert door.accepted() == ["a1", "a2"]
    assert alerts(door.ledger, kind=TOUCHED)[0]["detail"]["seen_by"] == RECIPIENT


def test_a_night_is_due_until_everybody_with_a_list_has_said_that_it_was_the_last(door: Door) -> None:
    def due() -> tuple[str, ...]:
        with door.ledger.engine.connect() as connection:
            return still_due(connection, NIGHT)

    assert due() == (RECIPIENT, "human_desk")
    door.hand_in("a1", last=False)
    door.take()
    assert due() == (RECIPIENT, "human_desk")
    door.hand_in("a2", name="second.parquet")
    door.hand_in("d1", recipient="human_desk")
    door.take()
    assert due() == ()


def test_what_came_by_no_door_is_not_learned_from(door: Door) -> None:
    door.hand_in("a1")
    door.take()
    folder = door.inbox / NIGHT.isoformat()
    with door.ledger.engine.connect() as connection:
        refuse_what_came_otherwise(connection, folder)
        (folder / "slipped_in.csv").write_text("contact,result,happened_at,seconds\n")
        with pytest.raises(SourceError, match=r"what no recipient signed.*slipped_in\.csv"):
            refuse_what_came_otherwise(connection, folder)
        (folder / "slipped_in.csv").unlink()
        (laid,) = folder.iterdir()
        laid.write_bytes(laid.read_bytes() + b"\0")
        with pytest.raises(SourceError, match="changed since"):
            refuse_what_came_otherwise(connection, folder)


def test_killed_before_it_is_entered_a_file_is_taken_by_the_next_run(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        """Nothing catches it, as nothing survives a kill."""

    def killed(*_: object, **__: object) -> None:
        raise KilledError

    door.hand_in("a1")
    with monkeypatch.context() as patch:
        patch.setattr("outreach.inbox.door.record_within", killed)
        with pytest.raises(KilledError):
            door.take()
    assert door.accepted() == ["a1"]
    assert door.take()[0] == (f"{RECIPIENT}/first.parquet",)
    assert door.accepted() == ["a1"]


def test_a_full_disk_refuses_nothing_and_the_file_waits(door: Door) -> None:
    door.hand_in("a1")
    with small_disk(100), pytest.raises(StoreError, match="File too large"):
        door.take()
    assert door.accepted() == []
    assert door.take()[0] == (f"{RECIPIENT}/first.parquet",)
    assert door.accepted() == ["a1"]


def test_what_was_taken_or_refused_stays_on_record(door: Door) -> None:
    door.hand_in("a1")
    door.take()
    for statement in ("delete from inbox_files", "update inbox_files set rows = 0", "truncate inbox_files"):
        with door.ledger.engine.begin() as connection, pytest.raises(DBAPIError, match="never changed"):
            connection.execute(text(statement))
    with door.ledger.engine.connect() as connection:
        (row,) = connection.execute(select(INBOX_FILES)).all()
    assert (row.recipient, row.file, row.as_of, row.rows, row.refused) == (
        RECIPIENT,
        "first.parquet",
        NIGHT,
        1,
        None,
    )


def test_a_folder_that_names_itself_out_of_the_inbox_reaches_nothing(door: Door) -> None:
    door.hand_in("a1")
    outside = door.settings.home / "outside"
    outside.mkdir()
    (door.inbox / "arrivals" / "somebody").symlink_to(outside)
    (outside / f"x.csv{STATEMENT}").write_bytes(b"{}")
    taken, refused = door.take()
    assert taken == (f"{RECIPIENT}/first.parquet",)
    assert "somebody/x.csv: the folder's name is no recipient" in refused[0]
