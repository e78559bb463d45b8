"""Lines of the audit trail: who did what to what. Never an identifier of a person, only tokens and counts.

Whoever writes a line, by whatever program: as its transaction ends, the database adds it to the chain.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from ledger.database import Ledger
from ledger.schema import AUDIT


def record(ledger: Ledger, *, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Adds one line to the trail, in a transaction of its own, so that refusals stay recorded too."""
    with ledger.engine.begin() as connection:
        connection.execute(
            insert(AUDIT).values(actor=actor, action=action, subject=subject, detail=dict(detail))
        )


def record_within(
    connection: Connection, *, actor: str, action: str, details: Mapping[str, Mapping[str, Any]]
) -> None:
    """Adds a line for each subject of ``details``, kept or lost with the transaction's other work."""
    lines = [
        {"actor": actor, "action": action, "subject": subject, "detail": dict(detail)}
        for subject, detail in details.items()
    ]
    if lines:
        connection.execute(insert(AUDIT), lines)


def trail(
    ledger: Ledger, *, action: str | None = None, subject: str | None = None, last: int = 100
) -> list[dict[str, Any]]:
    """The newest lines first, of one action or subject or of all."""
    query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(last)
    if action is not None:
        query = query.where(AUDIT.c.action == action)
    if subject is not None:
        query = query.where(AUDIT.c.subject == subject)
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
