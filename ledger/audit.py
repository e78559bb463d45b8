"""The audit trail: who did what to what. Never an identifier of a person, only tokens and counts."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select

from ledger.database import Ledger
from ledger.schema import AUDIT


def record(ledger: Ledger, *, actor: str, action: str, subject: str, detail: Mapping[str, Any]) -> None:
    """Adds one line to the trail, in a transaction of its own, so that refusals stay recorded too."""
    with ledger.engine.begin() as connection:
        connection.execute(
            insert(AUDIT).values(actor=actor, action=action, subject=subject, detail=dict(detail))
        )


def trail(ledger: Ledger, *, action: str | None = None, last: int = 100) -> list[dict[str, Any]]:
    """The newest lines first, of one action or of all."""
    query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(last)
    if action is not None:
        query = query.where(AUDIT.c.action == action)
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]
