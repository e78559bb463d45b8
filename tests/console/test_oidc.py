"""Sign-in where an identity provider vouches for people: at a real one that another library makes."""

import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import ValidationError
from sqlalchemy import select
from typer.testing import CliRunner

from base.errors import ProviderError
from base.openid import discover
from base.settings.console import Console, OpenId
from console.command import console
from console.entrance import oidc, sessions, users, vouched
from console.words import Said
from ledger.schema import AUDIT, CONSOLE_USERS
from tests.console.desk import PASSWORD, Desk, Visitor, served
from tests.servers.oidc import Claims, Provider, curve_key, key

HERE = "https://desk.bank.example"
OPERATOR: Claims = {"sub": "17", "preferred_username": "operator"}


@pytest.fixture(scope="module")
def well() -> Provider:
    """As it is when it behaves, with the operator at the browser."""
    return Provider(come_back=f"{HERE}/sign-in/answered", signs=key("first"), user=OPERATOR)


@pytest.fixture(scope="module")
def standing(well: Provider) -> Iterator[Provider]:
    provider = replace(well)
    with provider.serve():
        yield provider


@pytest.fixture
def provider(standing: Provider, well: Provider) -> Provider:
    """It behaves, until a test has it do otherwise."""
    vars(standing).update({**vars(well), "issuer": standing.issuer})
    return standing


@pytest.fixture(scope="module")
def vouching(desk: Desk, standing: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The desk, where the provider vouches for people."""
    secret = tmp_path_factory.mktemp("oidc") / "secret"
    secret.write_text(f"{standing.secret}\n", encoding="utf-8")
    with _vouching(desk, OpenId(issuer=standing.issuer, client_id="longreach", secret_file=secret)) as other:
        yield other


@contextmanager
def _vouching(desk: Desk, told: OpenId) -> Iterator[Desk]:
    settings = desk.settings.model_copy(update={"console": Console(public_url=HERE, oidc=told)})
    with served(settings, desk.ledger) as address:
        yield replace(desk, address=address, settings=settings)


def _told(vouching: Desk, **changes: Any) -> OpenId:
    assert vouching.settings.console.oidc is not None
    return vouching.settings.console.oidc.model_copy(update=changes)


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


def _is_refused(answer: httpx.Response, said: Said, *, status: int = 401) -> None:
    told = unescape(answer.text)
    assert (answer.status_code, said.english in told) == (status, True), told
    assert sessions.COOKIE not in answer.headers.get("set-cookie", "")


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


def test_whoever_says_no_there_or_is_not_let_in_here_gets_no_session(
    vouching: Desk, provider: Provider
) -> None:
    provider.user = None
    _is_refused(_signed_in(vouching), oidc.REFUSED)
    for stranger in ("who is this", "ｏｐｅｒａｔｏｒ", "Operator", "operator\n", "x" * 5_000):
        provider.user = {"sub": "18", "preferred_username": stranger}
        _is_refused(_signed_in(vouching), vouched.STRANGER)


def test_whoever_has_left_is_vouched_for_in_vain(vouching: Desk, provider: Provider) -> None:
    with vouching.ledger.engine.begin() as connection:
        users.add(connection, "vouched leaver", password=None, language="zh", actor="test")
    provider.user = {"sub": "19", "preferred_username": "vouched leaver"}
    assert _signed_in(vouching).status_code == 303
    with vouching.ledger.engine.begin() as connection:
        users.remove(connection, "vouched leaver", actor="test")
    _is_refused(_signed_in(vouching), vouched.STRANGER)


def test_an_answer_is_of_use_once_and_in_the_browser_that_asked(vouching: Desk, provider: Provider) -> None:
    one, other = vouching.visitor(), vouching.visitor()
    address = _sent_on(one)
    _is_refused(vouching.visitor().get(address), oidc.STALE)
    code = parse_qs(urlsplit(address).query)["code"][0]
    state = parse_qs(urlsplit(_sent_on(other)).query)["state"][0]
    # The other's own attempt, with what the first one was given: the verifier is not the one it is for.
    injected = httpx.URL(vouched.ANSWERED, params={"state": state, "code": code})
    _is_refused(_come_back(other, str(injected)), oidc.STALE)
    kept = dict(one.client.cookies)
    assert _come_back(one, address).status_code == 303
    assert "longreach_attempt" not in one.client.cookies
    one.client.cookies.update(kept)
    _is_refused(_come_back(one, address), oidc.STALE)


@pytest.mark.parametrize("address", ["", "?code=x", "?state=x&code=x", "?error=access_denied", "?state=%00"])
def test_an_answer_to_nothing_is_refused(vouching: Desk, provider: Provider, address: str) -> None:
    visitor = vouching.visitor()
    _is_refused(visitor.get(f"{vouched.ANSWERED}{address}"), oidc.STALE)
    _sent_on(visitor)
    _is_refused(_come_back(visitor, f"{vouched.ANSWERED}{address}"), oidc.STALE)


@pytest.mark.parametrize(
    ("lies", "said"),
    [
        ({"nonce": "of another"}, oidc.UNPROVEN),
        ({"nonce": None}, oidc.UNPROVEN),
        ({"iss": "https://elsewhere.example"}, oidc.UNPROVEN),
        ({"aud": "another program"}, oidc.UNPROVEN),
        ({"aud": ["longreach", "another"], "azp": "another"}, oidc.UNPROVEN),
        ({"exp": 1_700_000_000}, oidc.OUT_OF_TIME),
        ({"exp": "tomorrow"}, oidc.UNPROVEN),
        ({"iat": 4_000_000_000, "exp": 4_000_000_600}, oidc.OUT_OF_TIME),
        ({"nbf": 4_000_000_000}, oidc.OUT_OF_TIME),
    ],
)
def test_a_proof_that_is_for_another_or_out_of_time_proves_nothing(
    vouching: Desk, provider: Provider, lies: Claims, said: Said
) -> None:
    provider.lies = lies
    _is_refused(_signed_in(vouching), said)


def test_clocks_may_be_half_a_minute_apart(vouching: Desk, provider: Provider) -> None:
    for apart in (-30, 30):
        provider.lies = {"iat": int(time.time()) + apart, "exp": int(time.time()) + apart}
        assert _signed_in(vouching).status_code == 303


def test_keys_change_at_any_hour_and_of_any_kind_that_is_private(vouching: Desk, provider: Provider) -> None:
    old, new, curve = provider.signs, key("second"), curve_key("third")
    for signs, algorithm, named in (
        (new, "RS256", [old, new]),
        (new, "PS256", [new]),
        (curve, "ES256", [old, curve]),
    ):
        provider.signs, provider.algorithm, provider.named = signs, algorithm, named
        assert _signed_in(vouching).status_code == 303


def test_what_no_named_key_has_signed_proves_nothing(vouching: Desk, provider: Provider) -> None:
    named = provider.signs
    for signs in (key("first"), key("unheard of")):
        provider.signs, provider.named = signs, [named]
        _is_refused(_signed_in(vouching), oidc.UNPROVEN)


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_a_public_key_is_no_secret_to_sign_with(vouching: Desk, provider: Provider, algorithm: str) -> None:
    claims = {
        "iss": provider.issuer,
        "aud": "longreach",
        "sub": "17",
        "nonce": "x",
        "iat": 1,
        "exp": 4_000_000_000,
    }
    parts = [{"alg": algorithm, "kid": provider.signs.kid}, claims]
    signed = b".".join(urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    digest = (
        hmac.digest(provider.signs.as_pem(private=False), signed, "sha256") if algorithm != "none" else b""
    )
    token = b".".join([signed, urlsafe_b64encode(digest).rstrip(b"=")]).decode()
    with pytest.raises(oidc.VouchError) as caught:
        oidc.proven(token, [provider.signs.as_dict(private=False)], told=_told(vouching))
    assert "signed in a way that is not taken" in caught.value.why


@pytest.mark.parametrize("token", ["", "None", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "é.é.é", "x" * 100_000])
def test_what_is_no_proof_at_all_proves_nothing(vouching: Desk, provider: Provider, token: str) -> None:
    with pytest.raises(oidc.VouchError) as caught:
        oidc.proven(token, [provider.signs.as_dict(private=False), "no key", {}], told=_told(vouching))
    assert caught.value.said == oidc.UNPROVEN


def test_a_console_that_is_not_the_registered_one_is_told_so(
    vouching: Desk, provider: Provider, tmp_path: Path
) -> None:
    provider.methods = ("client_secret_post",)
    assert _signed_in(vouching).status_code == 303
    (tmp_path / "secret").write_text("another", encoding="utf-8")
    for secret in (tmp_path / "secret", tmp_path / "no file"):
        with _vouching(vouching, _told(vouching, secret_file=secret)) as other:
            _is_refused(_signed_in(other), oidc.MISREGISTERED)


def test_the_name_is_asked_for_where_the_proof_leaves_it_out(vouching: Desk, provider: Provider) -> None:
    provider.tells = ()
    assert _signed_in(vouching).status_code == 303
    provider.lies = {"sub": "18"}
    _is_refused(_signed_in(vouching), oidc.UNPROVEN)
    provider.lies, provider.user = {}, {"sub": "17"}
    _is_refused(_signed_in(vouching), oidc.NAMELESS)


def test_an_address_names_somebody_where_the_provider_has_verified_it(
    vouching: Desk, provider: Provider
) -> None:
    with _vouching(vouching, _told(vouching, name_claim="email")) as other:
        provider.user = {**OPERATOR, "email": "operator"}
        _is_refused(_signed_in(other), oidc.NAMELESS)
        provider.user = {**provider.user, "email_verified": True}
        assert _signed_in(other).status_code == 303


def test_a_provider_that_is_silent_or_another_signs_nobody_in(vouching: Desk, provider: Provider) -> None:
    with _vouching(vouching, _told(vouching, issuer="http://127.0.0.1:9")) as other:
        for path in ("begin", "leave"):
            _is_refused(other.visitor().get(f"/sign-in/{path}"), vouched.SILENT, status=503)
    for described in (
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://bank.example/token"},
        {"jwks_uri": None},
    ):
        provider.described = described
        _is_refused(vouching.visitor().get("/sign-in/begin"), vouched.SILENT, status=503)
        with pytest.raises(ProviderError, match=r"issuer|token_endpoint|jwks_uri"):
            discover(provider.issuer)
    provider.described = {}
    visitor = vouching.visitor()
    address = _sent_on(visitor)
    provider.described = {"token_endpoint": "http://127.0.0.1:9/token"}
    _is_refused(_come_back(visitor, address), vouched.SILENT, status=503)


def test_a_slow_provider_keeps_few_waiting_and_nobody_who_is_in(vouching: Desk, provider: Provider) -> None:
    inside = vouching.visitor("operator")
    provider.slow = threading.Event()
    with ThreadPoolExecutor(vouched.AT_ONCE) as several:
        begun = [several.submit(vouching.visitor().get, "/sign-in/begin") for _ in range(vouched.AT_ONCE)]
        for _ in begun:
            assert provider.asked.acquire(timeout=30)
        _is_refused(vouching.visitor().get("/sign-in/begin"), vouched.SILENT, status=503)
        assert inside.get("/").status_code == 200
        provider.slow.set()
        assert {one.result().status_code for one in begun} <= {303, 503}
    assert vouching.visitor().get("/sign-in/begin").status_code == 303


def test_nobody_signs_in_by_password_where_a_provider_vouches(vouching: Desk, provider: Provider) -> None:
    visitor = vouching.visitor()
    page = visitor.get("/sign-in?back=/runs").text
    assert "/sign-in/begin?back=/runs" in page
    assert "password" not in page
    refused = visitor.sign_in("operator", PASSWORD)
    assert refused.status_code == 403
    assert sessions.COOKIE not in refused.cookies


@pytest.mark.parametrize("back", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere", "x"])
def test_the_way_back_leads_nowhere_else(vouching: Desk, provider: Provider, back: str) -> None:
    assert _signed_in(vouching, back).headers["location"] == "/"


def test_whoever_leaves_can_sign_out_there_too(vouching: Desk, provider: Provider) -> None:
    to = urlsplit(vouching.visitor().get("/sign-in/leave").headers["location"])
    assert f"{to.scheme}://{to.netloc}{to.path}" == f"{provider.issuer}/end_session"
    asked = {"client_id": ["longreach"], "post_logout_redirect_uri": [f"{HERE}/sign-in"]}
    assert parse_qs(to.query) == asked
    provider.described = {"end_session_endpoint": None}
    assert "close the browser" in vouching.visitor().get("/sign-in/leave").text


def test_refusals_are_told_in_the_language_of_the_browser(vouching: Desk, provider: Provider) -> None:
    visitor = vouching.visitor()
    visitor.client.headers["accept-language"] = "zh-CN,zh;q=0.9,en;q=0.5"
    assert oidc.STALE.chinese in visitor.get(vouched.ANSWERED).text


def test_where_passwords_are_kept_nothing_leads_to_a_provider(desk: Desk) -> None:
    for path in ("/sign-in/begin", vouched.ANSWERED, "/sign-in/leave"):
        assert desk.visitor().get(path).status_code == 404


def test_an_issuer_without_tls_is_refused_in_the_settings() -> None:
    for issuer in (
        "http://bank.example",
        "ftp://127.0.0.1/",
        "bank.example",
        "http://127.0.0.1.bank.example/",
    ):
        with pytest.raises(ValidationError):
            OpenId(issuer=issuer, client_id="x", secret_file=Path("x"))


def test_whoever_is_vouched_for_is_let_in_without_a_password(vouching: Desk) -> None:
    told = _told(vouching)
    done = CliRunner().invoke(
        console,
        ["add", "vouched newcomer", "--as", "operator"],
        env={
            "LONGREACH_HOME": str(vouching.settings.home),
            "LONGREACH_CONSOLE__OIDC__ISSUER": told.issuer,
            "LONGREACH_CONSOLE__OIDC__CLIENT_ID": told.client_id,
            "LONGREACH_CONSOLE__OIDC__SECRET_FILE": str(told.secret_file),
        },
    )
    assert done.exit_code == 0, done.output
    with vouching.ledger.engine.connect() as connection:
        query = select(CONSOLE_USERS.c.password).where(CONSOLE_USERS.c.name == "vouched newcomer")
        assert connection.execute(query).scalar_one() is None
