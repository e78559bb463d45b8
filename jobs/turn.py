"""Whose turn it is: what a night has to wait for of the nights before it."""

from datetime import date

from sqlalchemy import func, select

from base.settings import Settings, load_settings
from ledger.database import Ledger, open_ledger
from ledger.schema import RUNS
from sources.source import Source, open_source


def may_ingest(*, as_of: date, settings: Settings | None = None) -> bool:
    """Whether ``ingest`` may run for ``as_of`` now.

    A source that answers contacts itself shows in its next extracts what they brought about, so the last
    night taken in must have been learned from. A source whose outcomes come as files waits for nothing.
    """
    settings = settings or load_settings()
    answers_itself = type(open_source(settings)).answer is not Source.answer
    return not answers_itself or _is_learned_from("ingest", before=as_of, settings=settings)


def may_decide(*, as_of: date, settings: Settings | None = None) -> bool:
    """Whether ``decide`` may run for ``as_of`` now: the last night decided must have been learned from.

    Who is contacted depends on who refused yesterday, so until that is known nobody is chosen.
    """
    return _is_learned_from("decide", before=as_of, settings=settings or load_settings())


def _is_learned_from(job: str, *, before: date, settings: Settings) -> bool:
    """Whether ``learn`` is done for the last night on which ``job`` was; true where there was none."""
    with open_ledger(settings) as ledger:
        last = _last_done(ledger, job, before=before)
        return last is None or _last_done(ledger, "learn", before=before) == last


def _last_done(ledger: Ledger, job: str, *, before: date) -> date | None:
    query = select(func.max(RUNS.c.as_of)).where(
        RUNS.c.job == job, RUNS.c.status == "done", RUNS.c.as_of < before
    )
    with ledger.engine.connect() as connection:
        return connection.execute(query).scalar()
