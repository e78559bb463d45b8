"""PostgreSQL's clock is moved back by a day: what was entered before bears a time that is still to come.

Here it is entered with tomorrow's time. Order is by numbers and by nights, never by these times.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, insert, update

from base.settings import Settings, load_settings
from benchmarks.carried_lists import CHANNELS, Lists
from ledger.audit import record, trail
from ledger.audit.checkpoints import FILE, PUBLIC_KEY, checkpoint, folder_of, read_checkpoints
from ledger.audit.verify import verify
from ledger.database import Ledger, open_ledger
from ledger.schema import ALERTS, AUDIT, OPT_OUTS, RELEASE_MOVES, SWITCHES
from outreach.opt_outs import Whom
from outreach.release import approve_by_limits, moves_of, plan, releases_of
from outreach.revocations import Cursor, read_page
from outreach.stops import read_stops, throw_switch
from outreach.watch.alerts import alerts, raise_alert
from tests.ledger.owner import as_owner
from tests.outreach.feed_world import holds, opts_out

STATES = ["planned", "frozen", "approved", "written", "delivered"]
TOMORROW = func.now() + timedelta(days=1)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return load_settings(home=tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="module")
def ledger(settings: Settings) -> Iterator[Ledger]:
    with open_ledger(settings) as opened:
        yield opened


def test_the_trail_stays_whole_and_in_the_order_of_what_was_done(ledger: Ledger) -> None:
    line = {"actor": "a", "action": "clock", "subject": "before", "detail": {}}
    with ledger.engine.begin() as connection:
        connection.execute(insert(AUDIT).values(at=TOMORROW, **line))
    checkpoint(ledger, least=1)
    record(ledger, actor="a", action="clock", subject="after", detail={})
    checkpoint(ledger, least=1)
    assert [one["subject"] for one in trail(ledger, action="clock")] == ["after", "before"]
    folder = folder_of(ledger.settings)
    kept = read_checkpoints(folder / FILE, public_key=folder / PUBLIC_KEY)
    with ledger.engine.connect() as connection:
        assert verify(connection, kept).fault is None


def test_what_was_alarmed_of_before_keeps_no_alarm_quiet_after(ledger: Ledger) -> None:
    told = {"kind": "off_hours", "subject": "somebody"}
    with ledger.engine.begin() as connection:
        connection.execute(insert(ALERTS).values(at=TOMORROW, detail={"rows": 1}, **told))
    assert raise_alert(ledger, **told, detail={"rows": 2})
    assert not raise_alert(ledger, **told, detail={"rows": 3})
    assert [one["detail"]["rows"] for one in alerts(ledger, kind="off_hours")] == [2, 1]


def test_the_feed_tells_of_every_opt_out_once_in_the_order_it_came(ledger: Ledger) -> None:
    engine = ledger.engine
    holds(engine, [{"contact": name, "customer": name} for name in ("before", "after")])
    with engine.begin() as connection:
        connection.execute(insert(OPT_OUTS).values(at=TOMORROW, customer="before", channel="all"))
    with engine.connect() as connection:
        first = read_page(connection, recipient="ai_dialler", after=Cursor.read("0"))
    opts_out(engine, Whom(customer="after"))
    with engine.connect() as connection:
        second = read_page(connection, recipient="ai_dialler", after=first.next)
        again = read_page(connection, recipient="ai_dialler", after=second.next)
    assert [[one.contact for one in page.revocations] for page in (first, second, again)] == [
        ["before"],
        ["after"],
        [],
    ]


def test_a_switch_is_as_it_was_thrown_last(ledger: Ledger) -> None:
    thrown = {"scope": "channel", "name": "push", "actor": "a", "reason": "r"}
    with ledger.engine.begin() as connection:
        connection.execute(insert(SWITCHES).values(at=TOMORROW, stopped=True, **thrown))
    throw_switch(ledger, "channel", "push", stopped=False, actor="a", reason="mended")
    with ledger.engine.connect() as connection:
        assert "push" not in read_stops(connection).channels


def test_a_list_goes_on_from_where_it_was_and_leaves_once(ledger: Ledger, settings: Settings) -> None:
    lists = Lists(ledger, settings, date(2026, 3, 1))
    with ledger.engine.begin() as connection:
        plan(connection, lists.as_of, CHANNELS, author="release job")
    lists.carrier().freeze({name: lists.draft(name) for name in CHANNELS}, looked_to=0)
    with ledger.engine.begin() as connection:
        as_owner(connection)
        connection.execute(update(RELEASE_MOVES).values(at=TOMORROW))
    lists.carry()
    lists.carry()
    with ledger.engine.connect() as connection:
        moves = moves_of(connection, lists.as_of)
    for name in CHANNELS:
        assert [one["to_state"] for one in moves if one["recipient"] == name] == STATES
    assert {name: lists.opened(name) for name in CHANNELS} == {
        name: lists.everybody(name) for name in CHANNELS
    }


def test_a_list_that_has_expired_does_not_come_back(ledger: Ledger, settings: Settings) -> None:
    past = Lists(ledger, settings, date(2020, 3, 1), by_calendar=True)
    with ledger.engine.begin() as connection:
        plan(connection, past.as_of, CHANNELS, author="release job")
    past.carrier().freeze({name: past.draft(name) for name in CHANNELS}, looked_to=0)
    approve_by_limits(ledger, past.as_of, limits=settings.release)
    past.carrier().write()
    before_its_evening = replace(past, by_calendar=False).carrier()
    before_its_evening.write()
    before_its_evening.hand_over()
    with ledger.engine.connect() as connection:
        assert {one.state for one in releases_of(connection, past.as_of).values()} == {"expired"}
    assert not list(settings.outbox_folder.glob(f"*/*{past.as_of}*"))
