"""The chain over the audit trail: every line's hash holds the hash of the line before.

    hash(0) = 32 bytes of zero,  hash(n) = SHA-256(hash(n - 1) || content(n))

``content`` is seven netstrings (``length:bytes,``) end to end: number, id, microseconds since 1970 UTC,
actor, action, subject, and the detail exactly as it is kept; all UTF-8, numbers in decimal. PostgreSQL adds a
line's hash as its transaction commits (migration 0006). Here it is reckoned again, outside the database,
because whoever bends the trail may bend the database's functions too.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, Text, cast, extract, select

from ledger.schema import AUDIT, AUDIT_CHAIN

START = bytes(32)
_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Link:
    """A line in its place: ``content`` without the number, None where the line is gone; the ``hash`` kept."""

    number: int
    content: bytes | None
    hash: bytes


def chained(before: bytes, number: int, content: bytes) -> bytes:
    """The hash of the line ``content`` as number ``number`` after a line of hash ``before``."""
    return hashlib.sha256(before + _netstring(str(number).encode()) + content).digest()


def head(connection: Connection) -> tuple[int, bytes]:
    """Number and hash of the newest line; 0 and :data:`START` where there is none."""
    query = select(AUDIT_CHAIN.c.number, AUDIT_CHAIN.c.hash).order_by(AUDIT_CHAIN.c.number.desc()).limit(1)
    row = connection.execute(query).first()
    return (row.number, row.hash) if row else (0, START)


def links(connection: Connection, *, after: int = 0) -> Iterator[Link]:
    """Every link above number ``after``, in order, with what its line says now."""
    query = (
        select(AUDIT_CHAIN.c.number, AUDIT_CHAIN.c.hash, *_FIELDS)
        .outerjoin_from(AUDIT_CHAIN, AUDIT, AUDIT.c.id == AUDIT_CHAIN.c.line)
        .where(AUDIT_CHAIN.c.number > after)
        .order_by(AUDIT_CHAIN.c.number)
    )
    streamed = connection.execution_options(stream_results=True, yield_per=_AT_ONCE).execute(query)
    for number, kept, *fields in streamed:
        yield Link(number, None if fields[0] is None else _content(fields), kept)


def unchained(connection: Connection) -> list[int]:
    """Lines of the trail that are no link of the chain: they came in past it."""
    query = (
        select(AUDIT.c.id)
        .outerjoin(AUDIT_CHAIN, AUDIT_CHAIN.c.line == AUDIT.c.id)
        .where(AUDIT_CHAIN.c.number.is_(None))
        .order_by(AUDIT.c.id)
    )
    return list(connection.execute(query).scalars())


_FIELDS = (
    cast(AUDIT.c.id, Text),
    cast(cast(extract("epoch", AUDIT.c.at) * 1_000_000, BigInteger), Text),
    AUDIT.c.actor,
    AUDIT.c.action,
    AUDIT.c.subject,
    cast(AUDIT.c.detail, Text),
)


def _content(fields: list[str | None]) -> bytes:
    return b"".join([_netstring((field or "").encode()) for field in fields])


def _netstring(field: bytes) -> bytes:
    return b"%d:%s," % (len(field), field)
