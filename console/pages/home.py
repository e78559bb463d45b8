"""What needs somebody today, and how tonight's run goes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from base.roles import Field
from console.inbox import waiting
from console.pages.page import Shown, Visit, page
from console.words import Said
from console.words.nights import STEPS, outcome
from jobs.nights import Step, step_under_way
from ledger.schema import RUNS

_NOT_YET = Said("not yet", "未开始")


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A step of tonight's run: its state, since when, and for how long; null where it has not begun."""

    words: Said
    name: str
    state: Said
    began: datetime | None
    seconds: float | None


@page("/", title=("Home", "首页"), fields=frozenset({Field.INTERNAL}), menu=10)
def home(visit: Visit) -> Shown:
    """What waits for this person, and the steps of the newest night."""
    with visit.ledger.engine.connect() as connection:
        groups = waiting(visit, connection)
        as_of = connection.execute(select(func.max(RUNS.c.as_of))).scalar()
        stages = _stages(connection, as_of) if as_of else []
    return Shown(
        template="home.html",
        values={
            "groups": groups,
            "as_of": as_of,
            "stages": stages,
            "done": sum(one.name == "done" for one in stages),
        },
    )


def _stages(connection: Connection, as_of: date) -> list[Stage]:
    """The night's steps in order, by the newest run of each."""
    newest = (
        select(RUNS.c.job, RUNS.c.as_of, RUNS.c.status, RUNS.c.started_at, RUNS.c.seconds)
        .where(RUNS.c.as_of == as_of)
        .distinct(RUNS.c.job)
        .order_by(RUNS.c.job, RUNS.c.id.desc())
    )
    ran = {row.job: row for row in connection.execute(newest)}
    now = step_under_way(connection)
    return [_stage(words, ran.get(job), now) for job, words in STEPS.items()]


def _stage(words: Said, run: Any, now: Step | None) -> Stage:
    if run is None:
        return Stage(words=words, name="none", state=_NOT_YET, began=None, seconds=None)
    name, state = outcome(run, now)
    return Stage(words=words, name=name, state=state, began=run.started_at, seconds=run.seconds)
