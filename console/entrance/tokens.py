"""Tokens with which programs ask. The ledger keeps their digests: what opens is shown once, to its keeper."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from base.errors import ConsoleError
from lake.tables.words import RECIPIENTS
from ledger.audit import record_within
from ledger.schema import API_TOKENS
from strategies.book import person

LONGEST = 366
"""Days that a token may be good for."""
_MARK = "longreach_"  # so that scanners of code and logs know one when they see it


@dataclass(frozen=True, kw_only=True)
class Token:
    """What is known of a token. ``recipient``: whose dialler keeps it; it then asks about opt-outs alone."""

    id: int
    name: str
    recipient: str | None
    expires_at: datetime


def add(
    connection: Connection, name: str, *, recipient: str | None, days: int, actor: str, now: datetime
) -> str:
    """Makes a token for a program that acts as ``name``; what the program has to keep.

    Raises ConsoleError for a recipient that there is none of, and for a token good for too long.
    """
    name, actor = person(name), person(actor)
    if recipient is not None and recipient not in RECIPIENTS:
        raise ConsoleError(f"{recipient}: lists go to {', '.join(RECIPIENTS)}")
    if not 1 <= days <= LONGEST:
        raise ConsoleError(f"a token is good for 1 to {LONGEST} days, not for {days}")
    kept = _MARK + secrets.token_urlsafe(32)
    told = {"name": name, "recipient": recipient, "expires_at": now + timedelta(days=days)}
    adding = insert(API_TOKENS).values(key=_key(kept), added_by=actor, **told).returning(API_TOKENS.c.id)
    number = connection.execute(adding).scalar_one()
    detail = {"token": number, "recipient": recipient, "days": days}
    record_within(connection, actor=actor, action="api token added", details={name: detail})
    return kept


def revoke(connection: Connection, number: int, *, actor: str) -> None:
    """Ends a token at once. Raises ConsoleError where none of that number is in force."""
    there = (API_TOKENS.c.id == number) & API_TOKENS.c.revoked_at.is_(None)
    ending = update(API_TOKENS).where(there).values(revoked_at=func.now()).returning(API_TOKENS.c.name)
    name = connection.execute(ending).scalar()
    if name is None:
        raise ConsoleError(f"no token {number} is in force; longreach console token list shows which are")
    record_within(
        connection, actor=person(actor), action="api token revoked", details={name: {"token": number}}
    )


def revoke_of(connection: Connection, name: str) -> None:
    """Ends every token of somebody who leaves."""
    own = (API_TOKENS.c.name == name) & API_TOKENS.c.revoked_at.is_(None)
    connection.execute(update(API_TOKENS).where(own).values(revoked_at=func.now()))


def in_force(connection: Connection, *, now: datetime) -> list[Token]:
    """Every token that opens something now, the oldest first."""
    query = select(*_TOLD).where(API_TOKENS.c.revoked_at.is_(None), API_TOKENS.c.expires_at > now)
    return [Token(**row) for row in connection.execute(query.order_by(API_TOKENS.c.id)).mappings()]


def whose(connection: Connection, kept: str, *, now: datetime) -> Token | None:
    """The token that a program showed; None where it has expired, was revoked, or never was."""
    query = select(*_TOLD).where(
        API_TOKENS.c.key == _key(kept), API_TOKENS.c.revoked_at.is_(None), API_TOKENS.c.expires_at > now
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else Token(**row)


_TOLD = (API_TOKENS.c.id, API_TOKENS.c.name, API_TOKENS.c.recipient, API_TOKENS.c.expires_at)


def _key(kept: str) -> str:
    return hashlib.sha256(kept.encode("utf-8", "replace")).hexdigest()
