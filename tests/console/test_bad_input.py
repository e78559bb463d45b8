"""What people do wrong, or on purpose: refused or survived with a plain sentence, and nothing is lost."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import NullPool, QueuePool, create_engine, select, text

from base.settings import Settings
from benchmarks.console_outage import halted, stopped
from benchmarks.console_people import Form
from console.entrance import sessions
from console.pages.page import deeds
from ledger import silence as noticed
from ledger.database import database_url
from ledger.schema import CONSOLE_SESSIONS, STRATEGIES, STRATEGY_VERSIONS
from tests.console.addresses import address
from tests.console.desk import ALL_ROUNDER, Desk, Visitor, served

Gone = Callable[[Settings], AbstractContextManager[None]]


def versions(desk: Desk, name: str) -> list[tuple[int, str, str]]:
    """Number, author and text of each."""
    table = STRATEGY_VERSIONS
    query = select(table.c.version, table.c.author, table.c.text).where(table.c.name == name)
    with desk.ledger.engine.connect() as connection:
        return [(row.version, row.author, row.text) for row in connection.execute(query.order_by("version"))]


def begun(desk: Desk, name: str) -> Visitor:
    """A manager with a strategy of his own begun."""
    visitor = desk.visitor("segment_manager")
    assert visitor.post("/new-strategy", name=name, title=name, kind="fund").status_code == 303
    return visitor


def test_a_forged_role_is_none(desk: Desk) -> None:
    visitor = desk.visitor("segment_manager")
    visitor.client.cookies.set("role", "approver")
    visitor.client.headers["x-role"] = "approver"
    answer = visitor.post("/strategies/mobile_silent_app/approve?role=approver", role="approver", version="1")
    assert answer.status_code == 403
    assert "nothing was done" in answer.text


def test_a_forged_name_is_none(desk: Desk) -> None:
    visitor = begun(desk, "named_otherwise")
    text = versions(desk, "named_otherwise")[0][2]
    told = {"text": f"{text}# more\n", "base": "1", "actor": "approver", "user": "approver"}
    assert visitor.post("/strategies/named_otherwise/write", **told).status_code == 303
    assert [author for _, author, _ in versions(desk, "named_otherwise")] == ["segment_manager"] * 2


def test_anothers_token_does_not_open_a_form(desk: Desk) -> None:
    visitor, approver = begun(desk, "of_the_manager"), desk.visitor("approver")
    stolen = sessions.form_token(approver.client.cookies[sessions.COOKIE])
    answer = visitor.client.post("/strategies/of_the_manager/submit", data={"form_token": stolen})
    assert answer.status_code == 400


def test_a_session_used_again_after_a_new_one_began_is_none(desk: Desk) -> None:
    visitor = desk.visitor("segment_manager")
    kept = visitor.client.cookies[sessions.COOKIE]
    visitor.sign_in("segment_manager")
    again = desk.visitor()
    again.client.cookies.set(sessions.COOKIE, kept)
    assert again.get("/").headers["location"] == "/sign-in"


def test_a_session_expires_however_busy_somebody_is(desk: Desk) -> None:
    limits, now = desk.settings.console, datetime.now(UTC)
    step = timedelta(minutes=limits.idle_minutes - 1)
    with served(desk.settings, desk.ledger, clock=lambda: now) as elsewhere:
        visitor = replace(desk, address=elsewhere).visitor("operator")
        last = now + timedelta(hours=limits.session_hours) - step
        while now < last:
            assert visitor.get("/compliance").status_code == 200
            now += step
        now += step
        assert visitor.get("/compliance").headers["location"].startswith("/sign-in")


def test_what_the_ledger_keeps_of_a_session_opens_none(desk: Desk) -> None:
    desk.visitor("segment_manager")
    with desk.ledger.engine.connect() as connection:
        kept = connection.execute(select(CONSOLE_SESSIONS.c.key)).scalars().all()
    for key in kept:
        visitor = desk.visitor()
        visitor.client.cookies.set(sessions.COOKIE, key)
        assert visitor.get("/").status_code == 303


def test_another_managers_strategy_by_its_address_keeps_its_history(desk: Desk) -> None:
    begun(desk, "of_one_manager")
    text = versions(desk, "of_one_manager")[0][2]
    other = desk.visitor(ALL_ROUNDER)
    blind = other.post("/strategies/of_one_manager/write", text=f"{text}# mine now\n")
    assert blind.status_code == 422
    assert len(versions(desk, "of_one_manager")) == 1
    seen = other.post("/strategies/of_one_manager/write", text=f"{text}# a word\n", base="1")
    assert seen.status_code == 303
    assert [author for _, author, _ in versions(desk, "of_one_manager")] == ["segment_manager", ALL_ROUNDER]


@pytest.mark.parametrize(
    "name", ["..%2f..%2fetc%2fpasswd", "%00", "no_such_strategy", "a" * 3000, "%3Cscript%3E"]
)
def test_an_address_that_leads_nowhere_says_so(desk: Desk, name: str) -> None:
    answer = desk.visitor(ALL_ROUNDER).get(f"/strategies/{name}")
    assert answer.status_code in (400, 404)
    assert "<script>" not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "path", ["/strategies", "/segments", "/experiments", "/runs", "/alerts", "/releases"]
)
def test_a_search_for_anything_is_answered(desk: Desk, path: str) -> None:
    visitor = desk.visitor(ALL_ROUNDER)
    for told in ("page=-1", "page=99999999999999999999", "page=x", "q=%25%27%22", "sort=;drop"):
        assert visitor.get(f"{path}?{told}").status_code == 200, told


def test_a_rule_of_a_megabyte_is_refused_before_it_is_read(desk: Desk) -> None:
    visitor = begun(desk, "very_long")
    answer = visitor.post("/strategies/very_long/write", text="who: " + "age > 1 or " * 100_000, base="1")
    assert answer.status_code == 400
    assert "longer than" in answer.text
    assert len(versions(desk, "very_long")) == 1


DEEP = ("(" * 5_000, "not " * 5_000 + "has_app", "age > 1 or " * 2_000, "'" * 999)


@pytest.mark.parametrize("rule", DEEP, ids=("brackets", "nots", "ors", "quotes"))
def test_a_rule_that_goes_too_deep_is_told_so(desk: Desk, rule: str) -> None:
    answer = desk.visitor("segment_manager").client.get("/strategies/rule", params={"rule": rule})
    assert answer.status_code in (200, 414, 422), answer.text


OWN = "the console"


@pytest.fixture
def named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL knows the console's own connections by name: a question's process at work has others."""
    desk.ledger.engine.dispose()
    monkeypatch.setenv("PGAPPNAME", OWN)


def nothing_is_left_open(desk: Desk) -> bool:
    """Whether PostgreSQL knows of no connections but those that are kept for the next who needs one."""
    known = text("select count(*) from pg_stat_activity where application_name = :own")
    owner = create_engine(  # who may read names
        database_url(desk.settings), poolclass=NullPool, connect_args={"application_name": "who counts"}
    )
    with owner.connect() as connection:
        pool = desk.ledger.engine.pool
        assert isinstance(pool, QueuePool)
        left = int(connection.execute(known, {"own": OWN}).scalar_one())
        return 0 < left == pool.checkedin() + pool.checkedout()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A silence is noticed as soon as can be."""
    monkeypatch.setattr(noticed, "PATIENCE", 0.1)
    monkeypatch.setattr(noticed, "LETS_IN", 2)


@pytest.mark.usefixtures("hurried", "named")
@pytest.mark.parametrize("gone", [stopped, halted])
def test_the_database_gone_for_a_while_comes_back_and_nothing_was_lost(desk: Desk, gone: Gone) -> None:
    name = f"kept_through_{gone.__name__}"
    visitor = begun(desk, name)
    typed = versions(desk, name)[0][2] + "# typed < while & nobody listened\n"
    with gone(desk.settings):
        refused = visitor.post(f"/strategies/{name}/write", text=typed, base="1", note="a reason")
        assert refused.status_code == 503
        assert "Nothing that was kept is lost" in refused.text
    assert "a reason</textarea>" in refused.text
    sent = Form(refused.text).sent
    assert sent["text"] == typed
    # Whether it is there is asked once in a while.
    answers = (visitor.client.post(f"/strategies/{name}/write", data=sent) for _ in range(1_000))
    assert next(one.status_code for one in answers if one.status_code != 503) == 303
    assert visitor.client.post(f"/strategies/{name}/write", data=sent).status_code == 303
    assert versions(desk, name)[1:] == [(2, "segment_manager", typed)]  # once, however often it is sent
    assert any(nothing_is_left_open(desk) for _ in range(500))  # a server's process needs a moment to end


def test_where_the_database_is_gone_everything_says_so(desk: Desk) -> None:
    visitor = desk.visitor(ALL_ROUNDER)
    with stopped(desk.settings):
        for path in ("/", "/strategies", "/strategies/mobile_silent_app", "/runs"):
            answer = visitor.get(path)
            assert answer.status_code == 503, path
            assert "Nothing that was kept is lost" in answer.text
        tried = visitor.sign_in(ALL_ROUNDER)
        assert tried.status_code == 503
        assert "set-cookie" not in tried.headers
        foreign = visitor.client.post(
            "/strategies/mobile_silent_app/write", data={"text": "not of this form"}
        )
        assert foreign.status_code == 503
        assert "not of this form" not in foreign.text
    assert visitor.get("/").status_code == 200


OF_CUSTOMERS = {
    *("ask_why", "find_person", "export_person", "erase_person", "ask_origin"),
    *("enter_opt_out", "withdraw_opt_out", "register_caller", "rest_caller", "retire_caller"),
}
"""Deeds whose forms take what tells who somebody is."""


def test_what_tells_who_somebody_is_is_not_given_back(desk: Desk) -> None:
    """Where the database is gone as little as otherwise: it would be in a page that a browser keeps."""
    visitor = desk.visitor(ALL_ROUNDER)
    typed = "张伟 13812345678"
    sent = dict.fromkeys(("customer", "number", "rows", "ticket", "token", "reason", "text"), typed)
    with stopped(desk.settings):
        answers = {name: visitor.post(address(one.path), **sent) for name, one in deeds().items()}
    assert {(one.status_code, "Nothing that was kept is lost" in one.text) for one in answers.values()} == {
        (503, True)
    }
    given_back = {name for name, answer in answers.items() if typed in answer.text}
    assert given_back == {name for name, one in deeds().items() if one.given_back}
    assert {"write", "begin_strategy", "review_experiment"} <= given_back
    assert not given_back & OF_CUSTOMERS


@pytest.mark.usefixtures("hurried")
def test_who_only_waits_for_another_is_not_told_that_the_database_is_gone(desk: Desk) -> None:
    """Nor is he refused: what is locked for longer than a silence is noticed in is waited for."""
    visitor = begun(desk, "locked_meanwhile")
    text = versions(desk, "locked_meanwhile")[0][2] + "# typed while it was locked\n"
    told: list[int] = []

    def write() -> None:
        told.append(visitor.post("/strategies/locked_meanwhile/write", text=text, base="1").status_code)

    writing = threading.Thread(target=write)
    with desk.ledger.engine.begin() as connection:
        own = select(STRATEGIES).where(STRATEGIES.c.name == "locked_meanwhile")
        connection.execute(own.with_for_update())
        writing.start()
        writing.join(10 * noticed.PATIENCE)
        assert not told
    writing.join()
    assert told == [303]
