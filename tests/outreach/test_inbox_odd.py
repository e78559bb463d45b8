"""Whatever one recipient lays down, the others' files are taken, and no record says a person's name."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import select

from base.settings import load_settings
from ledger.audit import trail
from ledger.database import Ledger, open_ledger
from ledger.schema import INBOX_FILES
from outreach.deliver import answering_key
from outreach.deliver.signed import make_statement, sign
from outreach.inbox import STATEMENT, hand_in
from sources.answers import ANSWERS
from tests.outreach.inbox_world import NIGHT, NOON, RECIPIENT, Door, make_door


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("ledger"))) as opened:
        yield opened


@pytest.fixture
def door(tmp_path: Path, ledger: Ledger) -> Door:
    made = make_door(tmp_path, ledger=ledger)
    made.arrivals.mkdir(parents=True)
    return made


def _folder_as_statement(door: Door) -> None:
    (door.arrivals / f"c.csv{STATEMENT}").mkdir()


def _folder_as_file(door: Door) -> None:
    content = door.arrivals / "b.csv"
    (content / "within").mkdir(parents=True)
    _state(door, content.name, b"")


def _link_as_file(door: Door) -> None:
    (door.arrivals / "l.csv").symlink_to("/etc/hostname")
    _state(door, "l.csv", Path("/etc/hostname").read_bytes())


def _link_as_statement(door: Door) -> None:
    (door.arrivals / f"l.csv{STATEMENT}").symlink_to(door.arrivals / "nowhere")


def _pipe_as_file(door: Door) -> None:
    os.mkfifo(door.arrivals / "p.csv")
    _state(door, "p.csv", b"")


def _pipe_as_statement(door: Door) -> None:
    os.mkfifo(door.arrivals / f"p.csv{STATEMENT}")


def _endless_statement(door: Door) -> None:
    (door.arrivals / f"e.csv{STATEMENT}").write_bytes(b"[" * 70_000)


def _deep_statement(door: Door) -> None:
    (door.arrivals / f"e.csv{STATEMENT}").write_bytes(b"[" * 60_000)


def _signed_nonsense(door: Door) -> None:
    signature = sign("outcomes", b"no JSON", key=answering_key(door.settings, RECIPIENT)).decode()
    outer = json.dumps({"statement": "no JSON", "signature": signature})
    (door.arrivals / f"n.csv{STATEMENT}").write_text(outer)


def _no_text_as_name(door: Door) -> None:
    Path(os.fsdecode(os.fsencode(door.arrivals) + b"/\xff.csv" + STATEMENT.encode())).write_bytes(b"{}")


def _lines_as_name(door: Door) -> None:
    (door.arrivals / f"a\nb.csv{STATEMENT}").write_bytes(b"{}")


def _longest_name(door: Door) -> None:
    (door.arrivals / f"{'a' * (255 - len(STATEMENT))}{STATEMENT}").write_bytes(b"{}")


def _columns_twice(door: Door) -> None:
    heads = ",".join((*ANSWERS.names, "contact"))
    content = f"{heads}\na1,no_answer,2026-07-02T04:00:00Z,0,a2\n".encode()
    (door.arrivals / "t.csv").write_bytes(content)
    _state(door, "t.csv", content)


def _nul_in_contact(door: Door) -> None:
    _hand_in(door, "a\0", NOON)


def _moment_beyond(door: Door) -> None:
    _hand_in(door, "a1", datetime(9999, 12, 31, tzinfo=UTC))


def _state(door: Door, name: str, content: bytes) -> None:
    document = {"recipient": RECIPIENT, "file": name, "sha256": sha256(content).hexdigest(), "rows": 1}
    document |= {"as_of": NIGHT.isoformat(), "last": False}
    stated = make_statement("outcomes", document, key=answering_key(door.settings, RECIPIENT))
    (door.arrivals / f"{name}{STATEMENT}").write_bytes(stated)


def _hand_in(door: Door, contact: str, moment: datetime) -> None:
    row = {"contact": contact, "result": "no_answer", "happened_at": moment, "seconds": 0}
    given = {"recipient": RECIPIENT, "as_of": NIGHT, "name": "m.parquet", "last": False}
    key = answering_key(door.settings, RECIPIENT)
    hand_in(door.settings, pa.Table.from_pylist([row], schema=ANSWERS), **given, key=key)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "lay",
    [
        _folder_as_statement,
        _folder_as_file,
        _link_as_file,
        _link_as_statement,
        _pipe_as_file,
        _pipe_as_statement,
        _endless_statement,
        _deep_statement,
        _signed_nonsense,
        _no_text_as_name,
        _lines_as_name,
        _longest_name,
        _columns_twice,
        _nul_in_contact,
        _moment_beyond,
    ],
)
def test_what_one_lays_shuts_the_door_to_nobody(door: Door, lay: Callable[[Door], None]) -> None:
    for _ in range(2):
        lay(door)
        name = f"desk{len(list(door.inbox.glob('*/*.parquet')))}.parquet"
        door.hand_in("d1", *[f"d{name}"], recipient="human_desk", name=name)
        taken, refused = door.take()
        assert taken == (f"human_desk/{name}",)
        assert len(refused) == 1
        assert refused[0].startswith(f"{RECIPIENT}/")
        assert refused[0].isprintable()
        assert list(door.arrivals.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_statement_about_no_file_reaches_no_folder(door: Door, name: str) -> None:
    (door.arrivals / f"{name}{STATEMENT}").write_bytes(b"{}")
    door.hand_in("a1")
    assert door.take() == ((f"{RECIPIENT}/first.parquet",), ())


@pytest.mark.parametrize(
    "name", ["张伟13812345678.csv", "13812345678.csv", "138-1234-5678.csv", "kh_20260701123.csv", "张伟.csv"]
)
def test_a_name_that_may_be_a_person_s_is_on_no_record(door: Door, name: str) -> None:
    (door.arrivals / name).write_bytes(b"x")
    (door.arrivals / f"{name}{STATEMENT}").write_bytes(b"{}")
    (refused,) = door.take()[1]
    said = f"unnamed-{sha256(b'x').hexdigest()[:16]}.csv"
    assert refused.startswith(f"{RECIPIENT}/{said}: ")
    assert _last_file(door) == said
    assert trail(door.ledger, action="outcome file refused", last=1)[0]["subject"] == said
    names = sorted(path.name.partition("-")[2] for path in (door.inbox / "quarantine" / RECIPIENT).iterdir())
    assert names == [said, f"{said}{STATEMENT}"]


@pytest.mark.parametrize("name", ["2026-07-01-a.parquet", "answers_20260701.1234567.parquet"])
def test_a_plain_name_is_kept(door: Door, name: str) -> None:
    door.hand_in("a1", name=name)
    assert door.take()[0] == (f"{RECIPIENT}/{name}",)
    assert _last_file(door) == name


def test_a_file_of_any_name_is_taken_and_recorded_by_its_content(door: Door) -> None:
    door.hand_in("a1", name="外呼结果张伟.parquet")
    (label,) = door.take()[0]
    assert label == f"{RECIPIENT}/{_last_file(door)}"
    assert _last_file(door).startswith("unnamed-")
    assert trail(door.ledger, action="outcome file taken", last=1)[0]["subject"] == _last_file(door)
    door.hand_in("a1", name="外呼结果张伟.parquet")
    assert "the same content was taken before" in door.take()[1][0]


def _last_file(door: Door) -> str:
    with door.ledger.engine.connect() as connection:
        query = select(INBOX_FILES.c.file).order_by(INBOX_FILES.c.id.desc())
        return str(connection.execute(query).scalars().first())
