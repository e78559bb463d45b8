"""A console served as it is in earnest, and people at browsers."""

import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args

import httpx
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import update

from base.settings import Role, Settings, load_settings
from console.app import make_app
from console.entrance import sessions, users
from jobs.night import night
from ledger.database import Ledger, open_ledger
from ledger.schema import CONSOLE_USERS
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, read_files

PASSWORD = "a sentence is easy to remember"
ROLES: tuple[Role, ...] = get_args(Role)
NOBODY = "nobody in particular"
"""Somebody who may sign in, and has no role."""
ALL_ROUNDER = "somebody of every role"
HOST = "127.0.0.1"
UNENCRYPTED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For browsers that never meet a certificate: reading the machine's takes a tenth of a second each time."""


@dataclass(frozen=True)
class Desk:
    """Where the console answers, and the house behind it."""

    address: str
    settings: Settings
    ledger: Ledger

    def visitor(self, name: str | None = None) -> "Visitor":
        """A browser of somebody with a session begun for him; of nobody where no name is given.

        Signing in for real takes as long as a password's digest does: that is for the tests of the door.
        """
        client = httpx.Client(
            base_url=self.address,
            headers={"sec-fetch-site": "same-origin"},
            timeout=30,
            verify=UNENCRYPTED,
            trust_env=False,
        )
        if name is not None:
            with self.ledger.engine.begin() as connection:
                user = users.User(name=name, language="en", large_text=False)
                kept = sessions.begin(connection, user)
            client.cookies.set(sessions.COOKIE, kept, domain=HOST)
        return Visitor(client)


@dataclass(frozen=True)
class Visitor:
    """Somebody at a browser."""

    client: httpx.Client

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        return self.client.post("/sign-in", data={"name": name, "password": password})

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, **told: str) -> httpx.Response:
        """Sends a form with its session's token."""
        kept = self.client.cookies.get(sessions.COOKIE) or ""
        return self.client.post(path, data={"form_token": sessions.form_token(kept), **told})


def settled(visitor: Visitor, path: str) -> str:
    """What became of a question that takes long, when something has."""
    for _ in range(1_200):
        state: str = visitor.get(path).json()["state"]
        if state in ("done", "failed"):
            return state
        threading.Event().wait(0.1)
    raise AssertionError("no answer within two minutes")


@contextmanager
def served(
    settings: Settings, ledger: Ledger, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[str]:
    """The console's address, as long as the block runs."""
    with serving(make_app(settings, ledger, clock=clock)) as address:
        yield address


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    """The application's address, as long as the block runs."""
    config = uvicorn.Config(app, host=HOST, port=0, log_level="warning")
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    listener.listen()  # whoever connects before the server runs waits in line
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def open_desk(home: Path, book: Sequence[Path] = (OWN_BOOK,), **settings: Any) -> Iterator[Desk]:
    """A console with these strategies live and somebody of each role, each called like it."""
    roles: dict[str, tuple[Role, ...]] = {**{role: (role,) for role in ROLES}, ALL_ROUNDER: ROLES}
    house = load_settings(home=home, roles=roles, **settings)
    with open_ledger(house, awaited=True) as ledger:
        with ledger.engine.begin() as connection:
            for name in (*roles, NOBODY):
                users.add(connection, name, password=None, language="en", actor="test")
            connection.execute(update(CONSOLE_USERS).values(password=_digest()))
        put_live(ledger, read_files(book))
        with served(house, ledger) as address:
            yield Desk(address, house, ledger)


@cache
def _digest() -> str:
    """Of everybody's password, worked out once: that takes long on purpose."""
    return PasswordHasher().hash(PASSWORD)


def two_nights(desk: Desk) -> None:
    """The first two nights of the synthetic bank, whole."""
    first = desk.settings.synthetic.first_night
    for as_of in (first, first + timedelta(days=1)):
        night(desk.settings, as_of=as_of)
