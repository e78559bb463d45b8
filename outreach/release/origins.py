"""Whose list rows of unknown origin were taken from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, or_, select

from ledger.schema import RELEASED_CONTACTS, among
from outreach.deliver.watermark import trace
from outreach.release.states import newest

_TOKEN = re.compile(r"(?<![A-Za-z0-9_-])[a-z][A-Za-z0-9_-]{11}(?![A-Za-z0-9_-])")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A list that rows came from, and how that is known, in words."""

    as_of: date
    recipient: str
    how: str


def origins_of(connection: Connection, text: str, *, key: bytes) -> list[Origin]:
    """By tokens where they are there still, else by the watermark, which ``key`` was drawn from."""
    return list(_by_token(connection, text)) or list(_by_watermark(connection, text, key))


def _by_token(connection: Connection, text: str) -> Iterator[Origin]:
    table, tokens = RELEASED_CONTACTS.c, sorted(set(_TOKEN.findall(text)))
    query = (
        select(table.as_of, table.recipient, func.count().label("rows"))
        .where(or_(among(table.contact, tokens), among(table.address, tokens)))
        .group_by(table.as_of, table.recipient)
        .order_by(func.count().desc())
    )
    for row in connection.execute(query):
        yield Origin(as_of=row.as_of, recipient=row.recipient, how=f"{row.rows:,} of its contacts are there")


def _by_watermark(connection: Connection, text: str, key: bytes) -> Iterator[Origin]:
    candidates = [(one.recipient, one.as_of) for one in newest(connection, last=None) if one.attempt]
    for found in trace(text, candidates=candidates, key=key):
        how = f"watermark: {found.fitting} of {found.moments} moments fit; by chance {found.error:.1g}"
        yield Origin(as_of=found.as_of, recipient=found.recipient, how=how)
