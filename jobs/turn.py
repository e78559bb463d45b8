"""Whose turn it is: what a night has to wait for of the nights before it."""

from datetime import date

from sqlalchemy import func, select

from base.scrub import scrubbed
from base.settings import Settings, load_settings
from ledger.database import Ledger, open_ledger
from ledger.schema import RUNS
from sources.source import Source, open_source


@scrubbed()
def may_ingest(*, as_of: date, settings: Settings | None = None) -> bool:
    """Whether ``ingest`` may run for ``as_of`` now.

    A source that answers contacts itself shows in its next extracts what they brought about, so the last
    night taken in must have been learned from. A source whose outcomes come as files waits for nothing.
    """
    settings = settings or load_settings()
    answers_itself = type(open_source(settings)).answer is not Source.answer
    if not answers_itself:
        return True
    with open_ledger(settings) as ledger:
        last = _last_done(ledger, "ingest", before=as_of)
        return last is None or _last_done(ledger, "learn", before=as_of) == last


@scrubbed()
def may_decide(*, as_of: date, settings: Settings | None = None) -> bool:
    """Whether ``decide`` may run for ``as_of`` now: the last night decided must have been learned from.

    Who is contacted depends on who refused yesterday, so until that is known nobody is chosen.
    """
    with open_ledger(settings or load_settings()) as ledger:
        return not_learned_from(ledger, before=as_of) is None


def not_learned_from(ledger: Ledger, *, before: date) -> date | None:
    """The last night decided before ``before``, if ``learn`` is not done for it; else None."""
    last = _last_done(ledger, "decide", before=before)
    return None if last is None or _last_done(ledger, "learn", before=before) == last else last


def _last_done(ledger: Ledger, job: str, *, before: date) -> date | None:
    query = select(func.max(RUNS.c.as_of)).where(
        RUNS.c.job == job, RUNS.c.status == "done", RUNS.c.as_of < before
    )
    with ledger.engine.connect() as connection:
        return connection.execute(query).scalar()
