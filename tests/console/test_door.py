"""The way in: passwords, sessions, and forms that others send."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
from sqlalchemy import select, text

from console.entrance import door, sessions
from ledger.schema import CONSOLE_USERS
from tests.console.desk import PASSWORD, Desk, served


def test_a_wrong_password_and_an_unknown_name_are_told_alike(desk: Desk) -> None:
    visitor = desk.visitor()
    one, other = visitor.sign_in("approver", "wrong"), visitor.sign_in("who is this", "wrong")
    assert one.status_code == other.status_code == 401
    assert one.text.replace("approver", "") == other.text.replace("who is this", "")


def test_a_name_is_closed_after_too_many_wrong_passwords(desk: Desk) -> None:
    visitor = desk.visitor()
    for _ in range(desk.settings.console.attempts):
        assert visitor.sign_in("data_scientist", "wrong").status_code == 401
    assert visitor.sign_in("data_scientist").status_code == 401
    later = datetime.now(UTC) + timedelta(minutes=desk.settings.console.closed_minutes + 1)
    with served(desk.settings, desk.ledger, clock=lambda: later) as address:
        afterwards = replace(desk, address=address)
        assert afterwards.visitor().sign_in("data_scientist").status_code == 303


def test_passwords_are_checked_two_at_once_and_whoever_waits_long_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "PATIENCE", 0.1)
    held = select(CONSOLE_USERS).where(CONSOLE_USERS.c.name == "operator").with_for_update()
    with ThreadPoolExecutor(door.AT_ONCE) as browsers:
        with desk.ledger.engine.begin() as connection:
            connection.execute(held)
            slow = [browsers.submit(desk.visitor().sign_in, "operator") for _ in range(door.AT_ONCE)]
            _wait_for(desk, door.AT_ONCE)
            crowded = desk.visitor().sign_in("approver")
            inside = desk.visitor("approver").get("/")
        assert [one.result().status_code for one in slow] == [303] * door.AT_ONCE
    assert (crowded.status_code, inside.status_code) == (503, 200)
    assert "Too many people are signing in" in crowded.text
    assert desk.visitor().sign_in("approver").status_code == 303


def _wait_for(desk: Desk, count: int) -> None:
    """Until so many of the ledger's connections wait for a row that another holds."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(200):
        with desk.ledger.engine.connect() as connection:
            if connection.execute(waiting).scalar() == count:
                return
        Event().wait(0.05)
    raise AssertionError("nobody waits")


def test_over_tls_no_cookie_leaves_unencrypted(desk: Desk) -> None:
    encrypted = desk.settings.console.model_copy(update={"public_url": "https://desk.bank.example"})
    settings = desk.settings.model_copy(update={"console": encrypted})
    with served(settings, desk.ledger) as address:
        visitor = replace(desk, address=address).visitor("segment_manager")
        answers = [
            visitor.post("/new-strategy", name="over_tls", title="over_tls", kind="fund"),
            visitor.sign_in("segment_manager"),
        ]
    cookies = [one.headers["set-cookie"] for one in answers]
    assert [one.split("=")[0] for one in cookies] == ["longreach_said", "longreach_session"]
    assert all("; Secure" in one for one in cookies)


def test_a_session_ends_when_idle_and_on_signing_out(desk: Desk) -> None:
    visitor = desk.visitor("operator")
    assert visitor.get("/").status_code == 200
    later = datetime.now(UTC) + timedelta(minutes=desk.settings.console.idle_minutes + 1)
    with served(desk.settings, desk.ledger, clock=lambda: later) as address:
        idle = replace(desk, address=address).visitor()
        idle.client.cookies = visitor.client.cookies
        assert idle.get("/").status_code == 303
    again = desk.visitor("operator")
    kept = again.client.cookies[sessions.COOKIE]
    assert again.post("/sign-out").headers["location"] == "/sign-in"
    again.client.cookies.set(sessions.COOKIE, kept)
    assert again.get("/").status_code == 303


@pytest.mark.parametrize("kept", ["", "x", "a" * 5000, "../../etc", "王敏"])
def test_a_made_up_session_is_none(desk: Desk, kept: str) -> None:
    answer = desk.visitor().client.get("/", headers={"cookie": f"{sessions.COOKIE}={kept}".encode()})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "https://elsewhere.example"},
    ],
)
def test_another_sites_form_does_nothing(desk: Desk, headers: dict[str, str]) -> None:
    visitor = desk.visitor("segment_manager")
    visitor.client.headers.update(headers)
    answer = visitor.post("/strategies/mobile_silent_app/submit")
    assert answer.status_code == 400
    assert "nothing was done" in answer.text


def test_a_form_without_its_sessions_token_does_nothing(desk: Desk) -> None:
    visitor = desk.visitor("segment_manager")
    answer = visitor.client.post("/strategies/mobile_silent_app/submit", data={"form_token": "0" * 64})
    assert answer.status_code == 400
    assert "another session" in answer.text


@pytest.mark.parametrize("back", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere", "x"])
def test_signing_in_leads_nowhere_else(desk: Desk, back: str) -> None:
    told = {"name": "approver", "password": PASSWORD, "back": back}
    assert desk.visitor().client.post("/sign-in", data=told).headers["location"] == "/"


def test_every_answer_carries_the_policy_that_keeps_scripts_out(desk: Desk) -> None:
    for path in ("/sign-in", "/no-such-page", "/static/desk.css"):
        policy = desk.visitor().get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
