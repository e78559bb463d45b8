"""What is called off reaches those who hold it: everything, in order, and nobody else."""

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from base.errors import OptOutError
from base.settings import load_settings
from ledger.database import open_ledger
from ledger.schema import OPT_OUTS, REVOCATIONS, SWITCHES
from outreach.opt_outs import Whom, withdraw
from outreach.revocations import (
    Cursor,
    Page,
    check,
    forget_released,
    read_page,
    withdraw_released,
)
from strategies.book import running
from tests.outreach.feed_world import BEIJING, NIGHT, holds, opts_out
from tests.strategies.book_world import make_live


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_ledger(load_settings(home=tmp_path_factory.mktemp("feed") / "home")) as ledger:
        make_live(ledger)
        yield ledger.engine


@pytest.fixture
def since(engine: Engine) -> str:
    """Where the feed ends as a test begins, with no lists left of earlier ones."""
    with engine.begin() as connection:
        forget_released(connection, before=date.max)
        return str(connection.execute(text("select coalesce(max(place), 0) from revocations")).scalar_one())


def page(engine: Engine, after: str, *, recipient: str = "ai_dialler", limit: int = 5_000) -> Page:
    with engine.execution_options(isolation_level="REPEATABLE READ").connect() as connection:
        return read_page(connection, recipient=recipient, after=Cursor.read(after), limit=limit)


def told(engine: Engine, after: str, *, recipient: str = "ai_dialler", limit: int = 5_000) -> list[str]:
    """Every contact called off, page after page."""
    found = page(engine, after, recipient=recipient, limit=limit)
    contacts = [one.contact for one in found.revocations]
    while found.more:
        found = page(engine, str(found.next), recipient=recipient, limit=limit)
        contacts += [one.contact for one in found.revocations]
    return contacts


def why(engine: Engine, address: str, *, recipient: str = "ai_dialler") -> str | None:
    with engine.connect() as connection:
        return check(connection, recipient=recipient, address=address)


def switch(engine: Engine, scope: str, name: str, *, stopped: bool = True) -> None:
    with engine.begin() as connection:
        line = {"scope": scope, "name": name, "stopped": stopped, "actor": "a", "reason": "r"}
        connection.execute(insert(SWITCHES).values(**line))


FAMILY = [
    {"contact": "husband-1", "customer": "husband", "number": "home"},
    {"contact": "wife-1", "customer": "wife", "number": "home"},
    {"contact": "stranger-1", "customer": "stranger", "number": "other"},
]


@pytest.mark.parametrize(
    "whom", [Whom(customer="husband"), Whom(number="home"), Whom(customer="husband", number="home")]
)
def test_an_opt_out_calls_off_all_who_share_the_number(engine: Engine, since: str, whom: Whom) -> None:
    holds(engine, FAMILY)
    opts_out(engine, whom)
    assert sorted(told(engine, since)) == ["husband-1", "wife-1"]
    assert why(engine, "d-wife-1") == "opt_out"
    assert why(engine, "d-stranger-1") is None


def test_only_the_channel_that_was_refused_is_called_off(engine: Engine, since: str) -> None:
    holds(engine, FAMILY)
    opts_out(engine, Whom(customer="husband"), channel="sms")
    assert told(engine, since) == []
    assert why(engine, "d-husband-1") is None


def test_each_recipient_learns_only_of_what_it_holds(engine: Engine, since: str) -> None:
    holds(engine, FAMILY[:1])
    holds(engine, [{"contact": "h-2", "customer": "husband", "channel": "sms"}], recipient="sms_gateway")
    opts_out(engine, Whom(customer="husband"))
    assert told(engine, since) == ["husband-1"]
    assert told(engine, since, recipient="sms_gateway") == ["h-2"]
    assert why(engine, "d-husband-1", recipient="sms_gateway") == "unknown"
    assert told(engine, since, recipient="human_desk") == []


def test_a_switch_calls_off_its_strategy_channel_or_all(engine: Engine, since: str) -> None:
    rows = [
        {"contact": "a", "customer": "1", "strategy": "one", "channel": "ai_call"},
        {"contact": "b", "customer": "2", "strategy": "two", "channel": "ai_call"},
        {"contact": "c", "customer": "3", "strategy": "two", "channel": "sms"},
    ]
    for scope, name, expected in (("strategy", "two", "bc"), ("channel", "sms", "c"), ("all", "all", "abc")):
        holds(engine, rows)
        start = str(page(engine, since).next)
        switch(engine, scope, name)
        assert "".join(told(engine, start)) == expected
        switch(engine, scope, name, stopped=False)
        assert why(engine, "d-c") == "stopped", "what was called off stays so"


def test_a_paused_strategy_is_called_off(engine: Engine, since: str) -> None:
    with engine.begin() as connection:
        name = min(version.name for version in running(connection))
        before = connection.execute(text("select state from strategies where name = :n"), {"n": name})
        assert before.scalar_one() == "live"
    holds(engine, [{"contact": "a", "customer": "1", "strategy": name}, {"contact": "b", "customer": "2"}])
    with engine.begin() as connection:
        connection.execute(text("update strategies set state = 'paused' where name = :n"), {"n": name})
    assert told(engine, since) == ["a"]


def test_a_list_withdrawn_is_called_off_whole_and_others_stay(engine: Engine, since: str) -> None:
    holds(engine, FAMILY)
    holds(engine, [{"contact": "later", "customer": "x"}], as_of=NIGHT + timedelta(days=1))
    with engine.begin() as connection:
        withdraw_released(connection, recipient="ai_dialler", as_of=NIGHT)
    assert sorted(told(engine, since, limit=2)) == ["husband-1", "stranger-1", "wife-1"]
    assert why(engine, "d-later") is None


def test_what_was_called_off_before_a_list_was_frozen_is_not_its_concern(engine: Engine, since: str) -> None:
    opts_out(engine, Whom(customer="wife"))
    holds(engine, FAMILY)
    assert told(engine, since) == []
    assert why(engine, "d-wife-1") is None


def test_an_expired_list_is_over(engine: Engine, since: str) -> None:
    holds(engine, FAMILY, expires_at=datetime(2020, 7, 2, 20, tzinfo=BEIJING))
    opts_out(engine, Whom(customer="wife"))
    assert told(engine, since) == []
    assert why(engine, "d-stranger-1") == "unknown"


def test_a_withdrawn_opt_out_does_not_bring_a_contact_back(engine: Engine, since: str) -> None:
    holds(engine, FAMILY)
    opt_out = opts_out(engine, Whom(customer="stranger"))
    with engine.begin() as connection:
        withdraw(connection, opt_out, source="branch", actor="agent", reason="came back")
    assert told(engine, since) == ["stranger-1"]
    assert why(engine, "d-stranger-1") == "opt_out"


def test_a_list_frozen_anew_replaces_the_earlier_one(engine: Engine, since: str) -> None:
    holds(engine, FAMILY)
    holds(engine, FAMILY[1:])
    opts_out(engine, Whom(customer="husband"), Whom(customer="stranger"))
    assert told(engine, since) == ["stranger-1"]


def test_canaries_are_called_off_like_all_others(engine: Engine, since: str) -> None:
    """Else whoever asks the feed about each address would find out which are canaries."""
    holds(engine, [*FAMILY, {"contact": "canary", "customer": None}])
    assert why(engine, "d-canary") is None
    switch(engine, "all", "all")
    assert "canary" in told(engine, since)
    assert why(engine, "d-canary") == "stopped"


@pytest.mark.parametrize("limit", [1, 2, 3, 1000])
def test_pages_of_any_size_tell_everything_once_and_in_order(engine: Engine, since: str, limit: int) -> None:
    rows = [{"contact": f"c{i:02d}", "customer": f"p{i}", "strategy": "ab"[i % 2]} for i in range(10)]
    holds(engine, rows[:6])
    holds(engine, rows[6:], as_of=NIGHT + timedelta(days=1))
    opts_out(engine, Whom(customer="p3"))
    switch(engine, "strategy", "a")
    opts_out(engine, Whom(customer="p9"))
    opts_out(engine, Whom(customer="p1"))
    assert told(engine, since, limit=limit) == ["c03", "c00", "c02", "c04", "c06", "c08", "c09", "c01"]


@pytest.mark.parametrize(
    "word", ["", "-1", "x", "1/2", "1/2026-07-01", "1/2026-13-01/a", "１", "9" * 19, "1/a/b/c"]
)
def test_a_cursor_that_was_never_told_is_refused(word: str) -> None:
    with pytest.raises(OptOutError, match="no place"):
        Cursor.read(word)


def test_no_reader_ever_misses_a_commit_whatever_the_order_of_work(engine: Engine, since: str) -> None:
    """Writers hold their transactions open for different times; readers follow the feed all the while."""
    people = [f"busy{number}" for number in range(120)]
    holds(engine, [{"contact": f"c-{name}", "customer": name} for name in people])
    work, done = random.Random(7), threading.Event()
    order = [people[writer::6] for writer in range(6)]
    pauses = {name: work.choice((0, 0, 0.002, 0.02)) for name in people}

    def write(mine: list[str]) -> None:
        for name in mine:
            with engine.begin() as connection:
                connection.execute(insert(OPT_OUTS).values(customer=name, channel="all"))
                connection.execute(text("select pg_sleep(:s)"), {"s": pauses[name]})
                if work.random() < 0.1:
                    connection.rollback()

    def follow() -> tuple[list[int], set[str]]:
        after, places, seen = since, [], set()
        while True:
            last = done.is_set()
            found = page(engine, after, limit=7)
            places += [one.place for one in found.revocations]
            seen |= {one.contact for one in found.revocations}
            after = str(found.next)
            if last and not found.more:
                return places, seen

    with ThreadPoolExecutor(10) as pool:
        readers = [pool.submit(follow) for _ in range(3)]
        writers = [pool.submit(write, mine) for mine in order]
        for writer in writers:
            writer.result()
        done.set()
        answers = [reader.result() for reader in readers]
    with engine.connect() as connection:
        kept = connection.execute(select(OPT_OUTS.c.customer).where(OPT_OUTS.c.customer.in_(people)))
        expected = {f"c-{name}" for name in kept.scalars()}
    assert 0 < len(expected) < len(people)
    for places, seen in answers:
        assert places == sorted(places)
        assert seen == expected


def test_a_transaction_that_stays_open_holds_nobody_up(engine: Engine, since: str) -> None:
    """A release writes for many seconds; an opt-out that is committed meanwhile is told at once."""
    holds(engine, FAMILY)
    with engine.connect() as busy:
        busy.execute(insert(OPT_OUTS).values(customer="husband", channel="all"))
        opts_out(engine, Whom(customer="stranger"))
        assert told(engine, since) == ["stranger-1"]
        busy.commit()
    assert told(engine, since) == ["stranger-1", "husband-1", "wife-1"]


@pytest.mark.parametrize(
    "change",
    [delete(OPT_OUTS), update(OPT_OUTS).values(channel="sms"), delete(REVOCATIONS), "truncate revocations"],
)
def test_what_people_asked_for_is_never_changed_nor_removed(
    engine: Engine, since: str, change: object
) -> None:
    opts_out(engine, Whom(customer="husband"))
    statement = text(change) if isinstance(change, str) else change
    with pytest.raises(DBAPIError, match="never changed nor removed"), engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]
