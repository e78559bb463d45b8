"""Looks something up on the trail, a page at a time, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, select

from ledger.schema import AUDIT


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What lines are like; what is not said may be anything. ``since``: at or after, ``until``: before."""

    actor: str = ""
    actions: tuple[str, ...] = ()
    subject: str = ""
    purpose: str = ""
    since: datetime | None = None
    until: datetime | None = None


def lines(connection: Connection, wanted: Wanted, *, below: int | None, last: int) -> list[RowMapping]:
    """The newest lines, columns of AUDIT, with an id under ``below`` where one is given."""
    query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(last)
    if wanted.actor:
        query = query.where(AUDIT.c.actor == wanted.actor)
    if wanted.actions:
        query = query.where(AUDIT.c.action.in_(wanted.actions))
    if wanted.subject:
        query = query.where(AUDIT.c.subject == wanted.subject)
    if wanted.purpose:
        query = query.where(AUDIT.c.detail["purpose"].as_string() == wanted.purpose)
    if wanted.since is not None:
        query = query.where(AUDIT.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(AUDIT.c.at < wanted.until)
    if below is not None:
        query = query.where(AUDIT.c.id < below)
    return list(connection.execute(query).mappings())
