"""People who sign in with a password of the house's own; digests are Argon2id (RFC 9106)."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, RowMapping, func, select, update
from sqlalchemy.dialects import postgresql

from base.errors import ConsoleError
from base.language import Language
from base.settings.console import Console
from console.entrance import tokens
from ledger.audit import record_within
from ledger.schema import CONSOLE_SESSIONS, CONSOLE_USERS
from strategies.book import person

SHORTEST = 12
"""Characters of a password; length protects, rules of composition do not (NIST SP 800-63B)."""

_HASHER = PasswordHasher()
# Verified where a name is unknown, so that an answer's time tells nobody which names there are.
_NOBODYS = _HASHER.hash(secrets.token_urlsafe(16))


@dataclass(frozen=True, kw_only=True)
class User:
    """Somebody who may sign in."""

    name: str
    language: Language
    large_text: bool


def add(connection: Connection, name: str, *, password: str | None, language: Language, actor: str) -> None:
    """Lets somebody sign in; somebody who had left, again. ``password``: None where an identity provider
    vouches. Raises ConsoleError for a password that is too short.
    """
    name, actor = person(name), person(actor)
    digest = None if password is None else _digest(password)
    told = {"password": digest, "language": language, "left_at": None, "failures": 0, "closed_until": None}
    adding = postgresql.insert(CONSOLE_USERS).values(name=name, added_by=actor, **told)
    connection.execute(adding.on_conflict_do_update(index_elements=["name"], set_=told))
    _end_sessions(connection, name)
    record_within(connection, actor=actor, action="console user added", details={name: {}})


def remove(connection: Connection, name: str, *, actor: str) -> None:
    """Ends somebody's sessions and tokens and lets him in no more. Raises ConsoleError where nobody is so
    named."""
    name, actor = person(name), person(actor)
    there = (CONSOLE_USERS.c.name == name) & CONSOLE_USERS.c.left_at.is_(None)
    if not connection.execute(update(CONSOLE_USERS).where(there).values(left_at=func.now())).rowcount:
        raise ConsoleError(f"nobody called {name} may sign in; longreach console users shows who may")
    _end_sessions(connection, name)
    tokens.revoke_of(connection, name)
    record_within(connection, actor=actor, action="console user removed", details={name: {}})


def everybody(connection: Connection) -> list[User]:
    """All who may sign in, by name."""
    query = select(CONSOLE_USERS).where(CONSOLE_USERS.c.left_at.is_(None)).order_by(CONSOLE_USERS.c.name)
    return [user_of(row) for row in connection.execute(query).mappings()]


def known(connection: Connection, name: str) -> User | None:
    """The person of exactly this name, as an identity provider says it; None where nobody let him in."""
    query = select(CONSOLE_USERS).where(CONSOLE_USERS.c.name == name, CONSOLE_USERS.c.left_at.is_(None))
    row = connection.execute(query).mappings().first()
    return None if row is None else user_of(row)


def user_of(row: RowMapping) -> User:
    """The person whose line of the ledger this is."""
    return User(name=row["name"], language=row["language"], large_text=row["large_text"] == "yes")


def authenticate(
    connection: Connection, name: str, password: str, *, settings: Console, now: datetime
) -> User | None:
    """The person, where the password is his; None otherwise, and while his name is closed."""
    query = select(CONSOLE_USERS).where(CONSOLE_USERS.c.name == person(name)).with_for_update()
    row = connection.execute(query).mappings().first()
    fits = _fits(password, row["password"] if row and row["password"] else _NOBODYS)
    if row is None or row["left_at"] is not None or row["password"] is None:
        return None
    if row["closed_until"] is not None and row["closed_until"] > now:
        return None
    own = update(CONSOLE_USERS).where(CONSOLE_USERS.c.name == row["name"])
    if fits:
        connection.execute(own.values(failures=0, closed_until=None))
        return user_of(row)
    failures = row["failures"] + 1
    closed = now + timedelta(minutes=settings.closed_minutes) if failures >= settings.attempts else None
    connection.execute(own.values(failures=0 if closed else failures, closed_until=closed))
    detail = {row["name"]: {"closed": closed is not None}}
    record_within(connection, actor=row["name"], action="sign-in refused", details=detail)
    return None


def prefer(connection: Connection, name: str, *, language: Language, large_text: bool) -> None:
    """Keeps how somebody wants the pages."""
    told = {"language": language, "large_text": "yes" if large_text else "no"}
    connection.execute(update(CONSOLE_USERS).where(CONSOLE_USERS.c.name == name).values(**told))


def _digest(password: str) -> str:
    if len(password) < SHORTEST:
        raise ConsoleError(f"a password has {SHORTEST} characters or more; a sentence is easy to remember")
    return _HASHER.hash(password)


def _fits(password: str, digest: str) -> bool:
    try:
        return _HASHER.verify(digest, password)
    except (VerificationError, InvalidHashError):
        return False


def _end_sessions(connection: Connection, name: str) -> None:
    open_ones = (CONSOLE_SESSIONS.c.name == name) & CONSOLE_SESSIONS.c.ended_at.is_(None)
    connection.execute(update(CONSOLE_SESSIONS).where(open_ones).values(ended_at=func.now()))
