"""Every page and every deed, asked of the running console by somebody of every role: default deny."""

from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.routing import Mount, Route

from base.roles import DUTIES
from base.settings import Role
from base.settings.console import Console, OpenId
from console.app import make_app
from console.pages.page import Deed, deeds, pages, replies
from ledger.schema import AUDIT, STRATEGY_VERSIONS
from tests.console.addresses import address
from tests.console.desk import NOBODY, ROLES, Desk

SHOWN = {**pages(), **replies()}
WAYS_IN = {"/sign-in", "/sign-out", "/preferences"}
"""What is no page: in, out, and how somebody wants the pages."""
VOUCHED = {"/sign-in/begin", "/sign-in/answered", "/sign-in/leave"}
"""The way over an identity provider."""
PROVIDER = OpenId(issuer="https://id.bank.example", client_id="longreach", secret_file=Path("secret"))


@pytest.mark.parametrize("name", SHOWN)
def test_without_a_session_there_is_nothing_but_the_way_in(desk: Desk, name: str) -> None:
    answer = desk.visitor().get(address(SHOWN[name].path))
    assert answer.status_code in (303, 401)
    assert answer.headers.get("location", "/sign-in").startswith("/sign-in")


@pytest.mark.parametrize("name", deeds())
def test_without_a_session_nothing_is_done(desk: Desk, name: str) -> None:
    answer = desk.visitor().post(address(deeds()[name].path))
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize("role", [*ROLES, None])
@pytest.mark.parametrize("name", SHOWN)
def test_a_page_is_shown_to_whom_it_may_be_shown(desk: Desk, name: str, role: Role | None) -> None:
    seen = DUTIES[role].fields if role else frozenset()
    answer = desk.visitor(role or NOBODY).get(address(SHOWN[name].path))
    assert answer.status_code < 500, answer.text
    assert (answer.status_code != 403) == (SHOWN[name].fields <= seen), answer.text


def allowed(deed: Deed, role: Role | None) -> bool:
    """Whether the table lets the role do it."""
    if role is None:
        return False
    duty = DUTIES[role]
    return deed.fields <= duty.fields and (deed.action is None or deed.action in duty.actions)


DENIED = [
    (name, role) for name, deed in deeds().items() for role in (*ROLES, None) if not allowed(deed, role)
]
"""What the others do then is their own pages' test."""


@pytest.mark.parametrize(("name", "role"), DENIED)
def test_a_deed_is_refused_to_whom_it_is_not_allowed(desk: Desk, name: str, role: Role | None) -> None:
    visitor = desk.visitor(role or NOBODY)
    with desk.ledger.engine.connect() as connection:
        before = connection.execute(select(STRATEGY_VERSIONS)).all()
    answer = visitor.post(address(deeds()[name].path), text="name: x", version="1")
    with desk.ledger.engine.connect() as connection:
        assert connection.execute(select(STRATEGY_VERSIONS)).all() == before
        last = connection.execute(select(AUDIT).order_by(AUDIT.c.id.desc()).limit(1)).mappings().one()
    assert (answer.status_code, last["action"], last["subject"]) == (403, "refused at the console", name)


def test_every_deed_needs_something() -> None:
    assert all(deed.action or deed.fields for deed in deeds().values())


def test_every_page_has_a_name_in_both_languages_and_a_field() -> None:
    for page in pages().values():
        assert all(page.title)
        assert page.fields


@pytest.mark.parametrize(
    ("provider", "ways"), [(None, WAYS_IN), (PROVIDER, WAYS_IN | VOUCHED)], ids=("passwords", "provider")
)
def test_nothing_is_served_that_is_not_declared(desk: Desk, provider: OpenId | None, ways: set[str]) -> None:
    settings = desk.settings.model_copy(update={"console": Console(oidc=provider)})
    app = make_app(settings, desk.ledger)
    declared = {
        *(("GET", one.path) for one in SHOWN.values()),
        *(("POST", one.path) for one in deeds().values()),
    }
    served, mounted = set(), set()
    for one in app.routes:
        if isinstance(one, Mount):
            mounted.add(one.path)
        else:
            assert isinstance(one, Route)
            served |= {(method, one.path) for method in one.methods or () if method != "HEAD"}
    assert mounted == {"/static", "/api"}
    assert served >= declared
    assert {path for _, path in served - declared} == ways
