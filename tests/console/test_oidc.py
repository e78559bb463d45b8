"""Sign-in where an identity provider vouches for people: at a real one that another library makes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select

from base.settings.console import Console, OpenId
from console.entrance import sessions
from ledger.schema import AUDIT
from tests.console.desk import Desk, Visitor, served
from tests.servers.oidc import Claims, Provider

HERE = "https://desk.bank.example"
OPERATOR: Claims = {"sub": "17", "preferred_username": "operator"}


@pytest.fixture(scope="module")
def standing() -> Iterator[Provider]:
    provider = Provider(come_back=f"{HERE}/sign-in/answered")
    with provider.serve():
        yield provider


@pytest.fixture
def provider(standing: Provider) -> Provider:
    """As it is when it behaves, with the operator at the browser."""
    fresh = Provider(come_back=standing.come_back, signs=standing.signs, user=OPERATOR)
    vars(standing).update(vars(replace(fresh, issuer=standing.issuer)))
    return standing


@pytest.fixture(scope="module")
def vouching(desk: Desk, standing: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk, where the provider vouches for people."""
    secret = tmp_path_factory.mktemp("oidc") / "secret"
    secret.write_text(f"{standing.secret}\n", encoding="utf-8")
    told = OpenId(issuer=standing.issuer, client_id=standing.client_id, secret_file=secret)
    with _desk(desk, told) as address:
        yield replace(desk, address=address)


def _desk(desk: Desk, told: OpenId) -> Any:
    way_in = Console(public_url=HERE, oidc=told)
    return served(desk.settings.model_copy(update={"console": way_in}), desk.ledger)


def _sent_on(visitor: Visitor, back: str = "/") -> str:
    """Where the provider sends the browser on to, once somebody has signed in there."""
    to = visitor.client.get("/sign-in/begin", params={"back": back})
    assert to.status_code == 303, to.text
    answered = httpx.get(to.headers["location"])
    assert answered.status_code == 302, answered.text
    come = urlsplit(answered.headers["location"])
    assert f"{come.scheme}://{come.netloc}" == HERE
    return f"{come.path}?{come.query}"


def _come_back(visitor: Visitor, address: str) -> httpx.Response:
    """Cookies for encrypted connections alone do not leave on this one: they are sent by hand."""
    kept = "; ".join(f"{one.name}={one.value}" for one in visitor.client.cookies.jar)
    return visitor.client.get(address, headers={"cookie": kept})


def _signed_in(vouching: Desk, back: str = "/") -> httpx.Response:
    visitor = vouching.visitor()
    return _come_back(visitor, _sent_on(visitor, back))


def _is_refused(answer: httpx.Response, said: Any, *, status: int = 401) -> None:
    assert (answer.status_code, said.english in answer.text.replace("&#39;", "'")) == (status, True), (
        answer.text
    )
    assert sessions.COOKIE not in answer.cookies


def test_whoever_is_vouched_for_gets_a_session_and_goes_where_he_wanted(
    vouching: Desk, provider: Provider
) -> None:
    answer = _signed_in(vouching, "/strategies")
    assert (answer.status_code, answer.headers["location"]) == (303, "/strategies")
    given = {line.split("=")[0]: line.casefold() for line in answer.headers.get_list("set-cookie")}
    assert all(mark in given[sessions.COOKIE] for mark in ("httponly", "secure", "samesite=lax"))
    kept = answer.headers["set-cookie"].split(f"{sessions.COOKIE}=")[1].split(";")[0]
    home = vouching.visitor().client.get("/", headers={"cookie": f"{sessions.COOKIE}={kept}"})
    assert (home.status_code, "operator" in home.text) == (200, True)
    with vouching.ledger.engine.connect() as connection:
        query = select(AUDIT.c.actor, AUDIT.c.action).order_by(AUDIT.c.id.desc()).limit(1)
        assert tuple(connection.execute(query).one()) == ("operator", "signed in")
