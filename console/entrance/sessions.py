"""Sessions: what the browser keeps is random and worthless elsewhere; the ledger keeps its digest alone."""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from base.settings.console import Console
from console.entrance.users import User, user_of
from ledger.schema import CONSOLE_SESSIONS, CONSOLE_USERS

COOKIE = "longreach_session"
_SEEN_EVERY = timedelta(minutes=1)  # a page view need not write


def begin(connection: Connection, user: User) -> str:
    """Opens a session; what the browser has to keep."""
    kept = secrets.token_urlsafe(32)
    connection.execute(insert(CONSOLE_SESSIONS).values(key=_key(kept), name=user.name))
    return kept


def end(connection: Connection, kept: str) -> None:
    """Ends the session, if it is open."""
    own = (CONSOLE_SESSIONS.c.key == _key(kept)) & CONSOLE_SESSIONS.c.ended_at.is_(None)
    connection.execute(update(CONSOLE_SESSIONS).where(own).values(ended_at=func.now()))


def who(connection: Connection, kept: str, *, settings: Console, now: datetime) -> User | None:
    """Whose session it is; None where it has ended, was idle too long, or never was."""
    query = (
        select(CONSOLE_SESSIONS.c.began_at, CONSOLE_SESSIONS.c.seen_at, CONSOLE_USERS)
        .join(CONSOLE_USERS, CONSOLE_USERS.c.name == CONSOLE_SESSIONS.c.name)
        .where(CONSOLE_SESSIONS.c.key == _key(kept), CONSOLE_SESSIONS.c.ended_at.is_(None))
        .where(CONSOLE_USERS.c.left_at.is_(None))
    )
    row = connection.execute(query).mappings().first()
    if row is None:
        return None
    idle = now - row["seen_at"] > timedelta(minutes=settings.idle_minutes)
    if idle or now - row["began_at"] > timedelta(hours=settings.session_hours):
        end(connection, kept)
        return None
    if now - row["seen_at"] > _SEEN_EVERY:
        own = CONSOLE_SESSIONS.c.key == _key(kept)
        connection.execute(update(CONSOLE_SESSIONS).where(own).values(seen_at=now))
    return user_of(row)


def form_token(kept: str) -> str:
    """What every form of a session carries, so that no other site can send one in its name."""
    return hmac.new(kept.encode(), b"longreach console form", hashlib.sha256).hexdigest()


def _key(kept: str) -> str:
    return hashlib.sha256(kept.encode()).hexdigest()
