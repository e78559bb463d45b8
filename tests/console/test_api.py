"""The API, asked of the running console by programs of every role and of none: default deny."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from socket import create_connection
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import NullPool, Table, create_engine, func, select, text
from typer.testing import CliRunner

from base.errors import DeclarationError
from base.roles import DUTIES
from base.settings import Role
from console.api.app import entries, needs_of
from console.command import console
from console.entrance import guard, tokens, users
from ledger.database import database_url
from ledger.schema import API_TOKENS, AUDIT, STRATEGIES, STRATEGY_VERSIONS
from tests.console.addresses import address
from tests.console.api_world import given, program
from tests.console.desk import NOBODY, PASSWORD, ROLES, Desk, served

ENTRIES = {f"{method} {route.path}": (method, route) for route in entries() for method in route.methods}


def ask(desk: Desk, kept: str | None, entry: str) -> httpx.Response:
    method, route = ENTRIES[entry]
    with program(desk, kept) as client:
        return client.request(
            method, address(route.path), params={"address": "d-1"}, json={"text": "name: x"}
        )


@pytest.fixture(scope="module")
def kept(desk: Desk) -> dict[str | None, str]:
    """A token of each role, and of somebody of none."""
    return {role: given(desk, role or NOBODY) for role in (*ROLES, None)}


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("shown", [None, "x", "longreach_x", "x" * 5_000])
def test_without_a_token_in_force_nothing_is_answered(desk: Desk, entry: str, shown: str | None) -> None:
    answer = ask(desk, shown, entry)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_session_of_a_browser_opens_nothing(desk: Desk, entry: str) -> None:
    method, route = ENTRIES[entry]
    visitor = desk.visitor("compliance")
    assert visitor.client.request(method, f"/api{address(route.path)}").status_code == 401


PAIRS = [
    (entry, role)
    for entry in ENTRIES
    for role in (*ROLES, None)
    if role is None or entry != "POST /strategies/{name}/dry-run"  # all roles may, and it takes an engine
]


@pytest.mark.parametrize(("entry", "role"), PAIRS)
def test_an_entry_answers_whom_the_roles_allow(
    desk: Desk, kept: dict[str | None, str], entry: str, role: Role | None
) -> None:
    needs = needs_of(ENTRIES[entry][1])
    fields = DUTIES[role].fields if role else frozenset()
    actions = DUTIES[role].actions if role else frozenset()
    allowed = not needs.dialler and needs.fields <= fields and needs.action in (None, *actions)
    with desk.ledger.engine.connect() as connection:
        before = connection.execute(select(func.count()).select_from(STRATEGY_VERSIONS)).scalar()
    answer = ask(desk, kept[role], entry)
    assert answer.status_code < 500, answer.text
    assert (answer.status_code != 403) == allowed, answer.text
    with desk.ledger.engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(STRATEGY_VERSIONS)).scalar() == before


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_diallers_token_opens_what_is_for_diallers_alone(desk: Desk, entry: str) -> None:
    answer = ask(desk, given(desk, "compliance", recipient="ai_dialler"), entry)
    own = {"GET /opt-outs/check": 200, "PUT /outcomes/{file}": 202}
    assert answer.status_code == own.get(entry, 403)


def test_a_refused_action_is_on_the_trail(desk: Desk, kept: dict[str | None, str]) -> None:
    assert ask(desk, kept["operator"], "POST /strategies/{name}/drafts").status_code == 403
    with desk.ledger.engine.connect() as connection:
        last = connection.execute(select(AUDIT).order_by(AUDIT.c.id.desc()).limit(1)).mappings().one()
    assert (last["actor"], last["action"], last["subject"]) == ("operator", "refused at the console", "write")


def test_an_entry_that_needs_nothing_is_refused_before_it_is_served() -> None:
    app = FastAPI()
    app.add_api_route("/open", lambda: {})
    with pytest.raises(DeclarationError, match="everybody could ask"):
        needs_of(app.routes[-1])


def test_a_body_that_never_ends_is_cut_off_before_anybody_is_asked_who_he_is(desk: Desk) -> None:
    to = urlsplit(desk.address)
    head = "POST /api/strategies/x/drafts HTTP/1.1\r\nHost: desk\r\nTransfer-Encoding: chunked\r\n"
    piece = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with create_connection((to.hostname, to.port), timeout=10) as line:
        line.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode())
        line.sendall(piece * (guard.LARGEST // 0x10000 + 1))
        answer = line.makefile("rb").readline()
    assert answer.startswith(b"HTTP/1.1 413")


def test_a_long_body_is_refused_in_a_sentence(desk: Desk) -> None:
    with program(desk, None) as client:
        answer = client.post("/strategies/x/drafts", json={"text": "x" * guard.LARGEST})
    assert (answer.status_code, answer.json()) == (413, {"error": "longer than 512 kB; nothing was done"})


def test_a_fault_of_ours_at_the_ledger_is_not_called_its_silence(desk: Desk) -> None:
    kept, visitor = given(desk, "segment_manager"), desk.visitor("segment_manager")
    with program(desk, kept) as client, without(desk, STRATEGIES):
        answer, page = client.get("/strategies"), visitor.get("/strategies")
    assert (answer.status_code, page.status_code) == (500, 500)
    assert "in the log" in answer.json()["error"]
    assert "in the log" in page.text


@contextmanager
def without(desk: Desk, table: Table) -> Iterator[None]:
    """The table goes by another name as long as the block runs."""
    owner = create_engine(database_url(desk.settings), poolclass=NullPool)
    with owner.begin() as connection:
        connection.execute(text(f"ALTER TABLE {table.name} RENAME TO elsewhere"))
    try:
        yield
    finally:
        with owner.begin() as connection:
            connection.execute(text(f"ALTER TABLE elsewhere RENAME TO {table.name}"))


def test_a_token_ends_when_revoked_when_it_expires_and_when_its_person_leaves(desk: Desk) -> None:
    entry = "GET /strategies"
    with desk.ledger.engine.begin() as connection:
        users.add(connection, "leaver", password=PASSWORD, language="en", actor="test")
    one, other = given(desk, "segment_manager"), given(desk, "leaver")
    assert (ask(desk, one, entry).status_code, ask(desk, other, entry).status_code) == (200, 403)
    with served(desk.settings, desk.ledger, clock=lambda: datetime.now(UTC) + timedelta(days=2)) as later:
        assert ask(replace(desk, address=later), one, entry).status_code == 401
    with desk.ledger.engine.begin() as connection:
        newest = tokens.in_force(connection, now=datetime.now(UTC))[-2]
        tokens.revoke(connection, newest.id, actor="test")
        users.remove(connection, "leaver", actor="test")
    assert (ask(desk, one, entry).status_code, ask(desk, other, entry).status_code) == (401, 401)


def test_the_ledger_keeps_no_token_that_opens(desk: Desk) -> None:
    kept = given(desk, "operator")
    with desk.ledger.engine.connect() as connection:
        rows = connection.execute(select(API_TOKENS)).all()
    assert kept not in str(rows)
    assert kept.removeprefix("longreach_") not in str(rows)


def test_a_token_that_asks_too_often_is_told_to_wait_and_others_are_not(desk: Desk) -> None:
    slow = desk.settings.console.model_copy(update={"api_per_minute": 2})
    settings = desk.settings.model_copy(update={"console": slow})
    now = datetime.now(UTC)
    one, other = given(desk, "approver"), given(desk, "approver")
    with served(settings, desk.ledger, clock=lambda: now) as slowly:
        hasty = replace(desk, address=slowly)
        asked = [ask(hasty, one, "GET /strategies").status_code for _ in range(3)]
        assert asked == [200, 200, 429]
        assert ask(hasty, other, "GET /strategies").status_code == 200


def test_the_description_names_every_entry_and_the_token_it_takes(desk: Desk) -> None:
    told = program(desk, None).get("/openapi.json").json()
    assert told["servers"] == [{"url": "/api"}]
    for method, route in ENTRIES.values():
        assert told["paths"][route.path][method.lower()]["security"]


def test_tokens_are_made_listed_and_revoked_on_the_command_line(desk: Desk) -> None:
    def typed(*words: str) -> str:
        done = CliRunner().invoke(console, ["token", *words], env={"LONGREACH_HOME": str(desk.settings.home)})
        assert done.exit_code == 0, done.output
        return done.stdout

    kept = typed("add", "approver", "--days", "3", "--as", "operator").split()[-1]
    assert ask(desk, kept, "GET /strategies").status_code == 200
    listed = typed("list").splitlines()[-1]
    assert ": approver, until " in listed
    assert kept not in listed
    typed("revoke", listed.split(":")[0], "--as", "operator")
    assert ask(desk, kept, "GET /strategies").status_code == 401
