"""The audit trail as a chain: complete whoever writes, and every bend shows."""

import hashlib
import json
import random
import shutil
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from base.errors import LedgerError
from base.settings import Settings, Watch, load_settings
from benchmarks.bend import bend
from ledger import migrate as migrations
from ledger.audit import record, record_within, trail
from ledger.audit.chain import head
from ledger.audit.checkpoints import (
    FILE,
    PRIVATE_KEY,
    PUBLIC_KEY,
    Checkpoint,
    checkpoint,
    folder_of,
    read_checkpoints,
)
from ledger.audit.verify import Verdict, verify
from ledger.database import Ledger, database_url, open_ledger
from ledger.migrate import migrate
from ledger.schema import AUDIT, AUDIT_CHAIN
from tests.ledger.listener import Listener

LINES = 60


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Where the embedded server of these tests lives."""
    return load_settings(home=tmp_path_factory.mktemp("audit"))


@pytest.fixture(scope="module")
def shared(server: Settings) -> Iterator[Ledger]:
    """A trail of 60 lines with a checkpoint after every 20; tests leave it as it is."""
    with open_ledger(server) as ledger:
        for start in range(0, LINES, 20):
            details = {f"第{number}条": {"rows": number} for number in range(start, start + 20)}
            with ledger.engine.begin() as connection:
                record_within(connection, actor="周立成", action="looked", details=details)
            checkpoint(ledger)
        yield ledger


@pytest.fixture
def settings(server: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Settings:
    """A home and a database of the test's own."""
    name = f"audit_{zlib.crc32(request.node.name.encode())}"
    address = database_url(server, name).render_as_string(hide_password=False)
    return load_settings(home=tmp_path / "home", database_url=address)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with open_ledger(settings) as opened:
        yield opened


def watching(settings: Settings, **watch: Any) -> Settings:
    return settings.model_copy(update={"watch": Watch(**watch)})


def witnesses(ledger: Ledger) -> list[Checkpoint]:
    folder = folder_of(ledger.settings)
    return read_checkpoints(folder / FILE, public_key=folder / PUBLIC_KEY)


def verdict_of(ledger: Ledger, *, since: int = 0) -> Verdict:
    with ledger.engine.connect() as connection:
        return verify(connection, witnesses(ledger), since=since)


def as_owner(connection: Connection, *statements: str) -> None:
    """What somebody does who owns the database: no trigger speaks."""
    without_triggers = ("set local role none", "set local session_replication_role = replica")
    for statement in (*without_triggers, *statements):
        connection.exec_driver_sql(statement)


def test_the_form_of_a_line_is_exactly_the_documented_one(ledger: Ledger) -> None:
    record(ledger, actor="周立成", action="looked", subject="a,1:b", detail={"行": 1.5})
    with ledger.engine.connect() as connection:
        line = connection.execute(select(AUDIT)).one()
        kept = connection.execute(select(AUDIT_CHAIN.c.number, AUDIT_CHAIN.c.hash)).one()
        detail = connection.execute(text("select detail::text from audit")).scalar_one()
    micros = round(line.at.timestamp() * 1_000_000)
    fields = ["1", str(line.id), str(micros), "周立成", "looked", "a,1:b", detail]
    form = b"".join(f"{len(one.encode())}:".encode() + one.encode() + b"," for one in fields)
    assert kept == (1, hashlib.sha256(bytes(32) + form).digest())


def test_two_hundred_random_bends_are_all_found_out(shared: Ledger) -> None:
    rng, known = random.Random(7), witnesses(shared)
    unseen = []
    for _ in range(200):
        with shared.engine.connect() as connection, connection.begin() as transaction:
            way = bend(connection, rng, lines=LINES)
            if verify(connection, known).fault is None:
                unseen.append(way)
            transaction.rollback()
    assert unseen == []
    assert verdict_of(shared) == Verdict(intact_to=LINES, witnessed=LINES, checkpoints=3, fault=None)


@pytest.mark.parametrize(
    ("statements", "bend_", "intact_to"),
    [
        (["update audit set subject = 'x' where id = 30"], "edited", 29),
        (["delete from audit where id = 30"], "removed", 29),
        (["delete from audit_chain where number = 30"], "removed", 29),
        (["insert into audit (actor, action, subject, detail) values ('a', 'b', 'c', '{}')"], "inserted", 60),
        (
            [
                "update audit_chain set line = -1 where number = 30",
                "update audit_chain set line = 30 where number = 40",
                "update audit_chain set line = 40 where number = 30",
            ],
            "re-ordered",
            29,
        ),
        (
            ["delete from audit_chain where number > 50", "delete from audit where id > 50"],
            "cut off",
            50,
        ),
    ],
)
def test_a_bend_is_named_with_its_place(
    shared: Ledger, statements: list[str], bend_: str, intact_to: int
) -> None:
    with shared.engine.connect() as connection, connection.begin() as transaction:
        as_owner(connection, *statements)
        found = verify(connection, witnesses(shared))
        transaction.rollback()
    assert found.fault is not None
    assert (found.fault.bend, found.intact_to) == (bend_, intact_to)


def test_a_chain_made_anew_agrees_with_itself_but_not_with_the_checkpoints(shared: Ledger) -> None:
    with shared.engine.connect() as connection, connection.begin() as transaction:
        as_owner(
            connection,
            "create temporary table forged on commit drop as select * from audit order by id",
            "update forged set actor = 'nobody' where id = 30",
            "delete from audit_chain; delete from audit",
            "set local session_replication_role = origin",
            "insert into audit overriding system value select * from forged order by id",
            "set constraints all immediate",  # the database itself chains the forgery
        )
        alone = verify(connection, [])
        found = verify(connection, witnesses(shared))
        transaction.rollback()
    assert (alone.fault, alone.intact_to) == (None, LINES)
    assert found.fault is not None
    assert (found.fault.bend, found.intact_to, found.witnessed) == ("written anew", 20, 20)


def test_verifying_from_a_checkpoint_believes_what_is_before(shared: Ledger) -> None:
    with shared.engine.connect() as connection, connection.begin() as transaction:
        as_owner(connection, "update audit set subject = 'x' where id = 5")
        assert verify(connection, witnesses(shared), since=19).fault is not None
        assert verify(connection, witnesses(shared), since=20).fault is None
        transaction.rollback()


def test_what_is_written_can_be_neither_changed_nor_removed(shared: Ledger) -> None:
    for statement in (
        "update audit set actor = 'x'",
        "delete from audit",
        "truncate audit cascade",
        "update audit_chain set number = number + 100",
        "delete from audit_chain",
        "truncate audit_chain",
    ):
        with (
            pytest.raises(DBAPIError, match=r"permission denied|never changed nor removed"),
            shared.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
        with shared.engine.connect() as connection:
            connection.exec_driver_sql("set role none")
            with pytest.raises(DBAPIError, match="never changed nor removed"):
                connection.exec_driver_sql(statement)
            connection.invalidate()


def test_ordinary_work_adds_to_the_chain_by_adding_lines_alone(shared: Ledger) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), shared.engine.begin() as connection:
        connection.exec_driver_sql("insert into audit_chain values (61, 60, sha256('made up'))")


def test_writers_at_once_make_one_chain_without_a_gap(ledger: Ledger) -> None:
    def write(writer: int) -> None:
        for number in range(25):
            record(ledger, actor=f"{writer}", action="looked", subject="x", detail={"number": number})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert verdict_of(ledger).intact_to == 100


def test_an_open_transaction_holds_no_other_writer_up_and_its_lines_come_when_it_ends(
    ledger: Ledger,
) -> None:
    with ledger.engine.begin() as connection:
        record_within(connection, actor="release", action="began", details={"one": {}, "two": {}})
        record(ledger, actor="desk", action="looked", subject="meanwhile", detail={})
        assert verdict_of(ledger).intact_to == 1
    with ledger.engine.connect() as connection:
        query = select(AUDIT.c.subject).join(AUDIT_CHAIN).order_by(AUDIT_CHAIN.c.number)
        assert list(connection.execute(query).scalars()) == ["meanwhile", "one", "two"]


def test_what_is_rolled_back_leaves_no_gap(ledger: Ledger) -> None:
    record(ledger, actor="a", action="b", subject="before", detail={})
    with ledger.engine.connect() as connection:
        record_within(connection, actor="a", action="b", details={"lost": {}})
        connection.rollback()
    record(ledger, actor="a", action="b", subject="after", detail={})
    assert verdict_of(ledger).intact_to == 2


def test_a_transaction_that_sees_an_old_chain_fails_and_never_forks_it(ledger: Ledger) -> None:
    record(ledger, actor="a", action="b", subject="first", detail={})
    frozen = ledger.engine.execution_options(isolation_level="REPEATABLE READ")
    with frozen.connect() as connection:
        assert head(connection)[0] == 1
        record(ledger, actor="a", action="b", subject="second", detail={})
        record_within(connection, actor="a", action="b", details={"third": {}})
        with pytest.raises(IntegrityError):
            connection.commit()
    assert [line["subject"] for line in trail(ledger)] == ["second", "first"]
    assert verdict_of(ledger).fault is None


def test_lines_from_before_the_chain_are_chained_when_it_comes(settings: Settings) -> None:
    engine = create_engine(database_url(settings))
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        for subject in ("one", "二"):
            connection.execute(
                text("insert into audit (actor, action, subject, detail) values ('a', 'b', :s, '{}')"),
                {"s": subject},
            )
    migrate(engine)
    with engine.connect() as connection:
        assert verify(connection, []) == Verdict(intact_to=2, witnessed=0, checkpoints=0, fault=None)
    engine.dispose()


def test_a_program_that_ends_leaves_a_checkpoint_and_reading_leaves_none(settings: Settings) -> None:
    for _ in range(2):
        with open_ledger(settings) as opened:
            if not trail(opened):
                record(opened, actor="a", action="b", subject="c", detail={})
    with open_ledger(settings) as opened:
        assert [one.number for one in witnesses(opened)] == [1]
    key = folder_of(settings) / PRIVATE_KEY
    assert key.stat().st_mode & 0o077 == 0


def test_so_many_lines_may_wait_for_a_checkpoint_as_settings_say(settings: Settings) -> None:
    settings = watching(settings, checkpoint_lines=3)
    seen = []
    for _ in range(4):
        with open_ledger(settings) as opened:
            record(opened, actor="a", action="b", subject="c", detail={})
        with open_ledger(settings) as opened:
            seen.append([one.number for one in witnesses(opened)])
    assert seen == [[], [], [3], [3]]


def test_a_forged_checkpoint_is_refused(ledger: Ledger) -> None:
    record(ledger, actor="a", action="b", subject="c", detail={})
    checkpoint(ledger)
    path = folder_of(ledger.settings) / FILE
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "number": 2}) + "\n")
    with pytest.raises(LedgerError, match=r"checkpoints\.jsonl, line 1: is no checkpoint signed here"):
        witnesses(ledger)


def test_a_bent_trail_is_not_sealed_anew(ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    record(ledger, actor="a", action="b", subject="c", detail={})
    checkpoint(ledger)
    with ledger.engine.begin() as connection:
        as_owner(connection, "delete from audit_chain", "delete from audit")
    record(ledger, actor="a", action="b", subject="another first", detail={})
    record(ledger, actor="a", action="b", subject="second", detail={})
    with pytest.raises(LedgerError, match="contradicts its checkpoint at line 1"):
        checkpoint(ledger)
    assert [one.number for one in witnesses(ledger)] == [1]


def test_a_copy_from_the_webhook_tells_what_was_cut_off_on_both_sides(
    settings: Settings, tmp_path: Path
) -> None:
    with Listener() as webhook:
        settings = watching(settings, webhook=webhook.address)
        with open_ledger(settings) as ledger:
            for subject in ("one", "two"):
                record(ledger, actor="a", action="b", subject=subject, detail={})
                checkpoint(ledger)
            folder = folder_of(settings)
            first = (folder / FILE).read_bytes().splitlines()[0]
            (folder / FILE).write_bytes(first + b"\n")
            with ledger.engine.begin() as connection:
                as_owner(
                    connection, "delete from audit_chain where number = 2", "delete from audit where id = 2"
                )
            assert verdict_of(ledger).fault is None  # whoever has both has cut both
            copy = tmp_path / "copy.jsonl"
            copy.write_text("".join(f"{json.dumps(one)}\n" for one in webhook.heard))
            with ledger.engine.connect() as connection:
                found = verify(connection, read_checkpoints(copy, public_key=folder / PUBLIC_KEY))
    assert found.fault is not None
    assert (found.fault.bend, found.intact_to) == ("cut off", 1)


def test_a_torn_last_line_and_a_lost_key_say_what_to_do(ledger: Ledger) -> None:
    record(ledger, actor="a", action="b", subject="c", detail={})
    checkpoint(ledger)
    folder = folder_of(ledger.settings)
    whole = (folder / FILE).read_bytes()
    (folder / FILE).write_bytes(whole + whole[:40])
    record(ledger, actor="a", action="b", subject="d", detail={})
    with pytest.raises(LedgerError, match="take the torn line out"):
        checkpoint(ledger)
    (folder / FILE).write_bytes(whole)
    shutil.move(folder / PUBLIC_KEY, folder / "away")
    with pytest.raises(LedgerError, match="restore its copy"):
        witnesses(ledger)
    shutil.move(folder / "away", folder / PUBLIC_KEY)


def test_no_checkpoint_where_it_cannot_be_written_stops_no_work(
    settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "a file"
    place.write_text("")
    with open_ledger(watching(settings, checkpoints=place / "folder")) as opened:
        record(opened, actor="a", action="b", subject="c", detail={})
    assert "no checkpoint of the audit was kept" in caplog.text
