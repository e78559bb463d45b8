"""Raises alerts as things happen: into the log, the table ``alerts`` and the webhook of the settings."""

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from base.errors import DeclarationError
from base.registry import subclasses
from ledger.database import Ledger
from ledger.post import post
from ledger.schema import ALERTS
from outreach.watch.kinds.kind import AlertKind

_AT_ONCE = 100
_log = logging.getLogger(__name__)


def kinds() -> dict[str, type[AlertKind]]:
    """Every kind of alert, by name."""
    return subclasses("outreach.watch.kinds", AlertKind)


def raise_alert(to: Ledger | Connection, *, kind: str, subject: str, detail: Mapping[str, Any]) -> bool:
    """Raises an alert; whether it was news: within a kind's quiet time a subject is told of once.

    Given a connection it stands or falls with that transaction, and the webhook hears of it with the next
    alert or at the end of the night. ``subject`` and ``detail`` never identify a person.
    Raises DeclarationError for a kind that is not declared.
    """
    if kind not in kinds():
        raise DeclarationError(f"{kind!r} is no kind of alert; there are: {', '.join(kinds())}")
    if isinstance(to, Connection):
        return _enter(to, kind, subject, detail)
    with to.engine.begin() as connection:
        fresh = _enter(connection, kind, subject, detail)
    tell(to)
    return fresh


def tell(ledger: Ledger) -> int:
    """Sends the webhook what it has not heard yet, oldest first; how many it took. Nothing without one."""
    address = ledger.settings.watch.webhook
    if address is None:
        return 0
    told = 0
    with ledger.engine.begin() as connection:
        untold = select(ALERTS).where(ALERTS.c.told_at.is_(None)).order_by(ALERTS.c.id).limit(_AT_ONCE)
        for row in connection.execute(untold.with_for_update(skip_locked=True)).all():
            if not post(address, _document(row)):
                break
            connection.execute(update(ALERTS).where(ALERTS.c.id == row.id).values(told_at=func.now()))
            told += 1
    return told


def alerts(ledger: Ledger, *, kind: str | None = None, last: int = 100) -> list[dict[str, Any]]:
    """The newest alerts first, of one kind or of all."""
    query = select(ALERTS).order_by(ALERTS.c.id.desc()).limit(last)
    if kind is not None:
        query = query.where(ALERTS.c.kind == kind)
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _enter(connection: Connection, kind: str, subject: str, detail: Mapping[str, Any]) -> bool:
    quiet = kinds()[kind].quiet
    # Not one of a later time than it is now: it was told before the clock was moved back, who knows when.
    earlier = select(ALERTS.c.id).where(
        ALERTS.c.kind == kind,
        ALERTS.c.subject == subject,
        ALERTS.c.at.between(func.now() - quiet, func.clock_timestamp()),
    )
    if quiet and connection.execute(earlier.limit(1)).first():
        return False
    connection.execute(insert(ALERTS).values(kind=kind, subject=subject, detail=dict(detail)))
    _log.warning("alert %s: %s %s", kind, subject, dict(detail))
    return True


def _document(row: Row[Any]) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "subject": row.subject,
        "detail": row.detail,
        "at": row.at.isoformat(),
        "id": row.id,
    }
