"""Whose turn it is: a night is decided when the night decided before it has been learned from."""

from datetime import date

from sqlalchemy import func, select

from base.settings import Settings, load_settings
from ledger.database import Ledger, open_ledger
from ledger.schema import RUNS


def may_decide(*, as_of: date, settings: Settings | None = None) -> bool:
    """Whether ``decide`` may run for ``as_of`` now.

    It may when no earlier night was ever decided, or when ``learn`` is done for the last one that was. Who is
    contacted depends on who refused yesterday, so until that is known nobody is chosen.
    """
    with open_ledger(settings or load_settings()) as ledger:
        previous = _last_decided(ledger, before=as_of)
        return previous is None or _is_done(ledger, "learn", as_of=previous)


def _last_decided(ledger: Ledger, *, before: date) -> date | None:
    query = select(func.max(RUNS.c.as_of)).where(
        RUNS.c.job == "decide", RUNS.c.status == "done", RUNS.c.as_of < before
    )
    with ledger.engine.connect() as connection:
        return connection.execute(query).scalar()


def _is_done(ledger: Ledger, job: str, *, as_of: date) -> bool:
    query = (
        select(RUNS.c.id).where(RUNS.c.job == job, RUNS.c.status == "done", RUNS.c.as_of == as_of).limit(1)
    )
    with ledger.engine.connect() as connection:
        return connection.execute(query).first() is not None
