"""What needs somebody today, and how tonight's run goes."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, select

from base.roles import Action, Field
from console.inbox import waiting
from console.pages.page import Shown, Visit, page
from console.pages.tonight.night import certificate_of
from console.words import Said
from console.words.nights import STEPS, outcome
from jobs.nights import Step, decided_nights, step_under_way
from lake.tables import VERDICTS_TABLE
from ledger.schema import RUNS
from strategies.labels import labels

_NOT_YET = Said("not yet", "未开始")
_READ = {
    "ship": Said("Strategies that work", "已证实有效的策略"),
    "continue": Said("Not proven yet", "尚未证实的策略"),
}


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
        decided = decided_nights(connection)
        named = labels(connection, {one.strategy for group in groups for one in group.needs if one.strategy})
    told = visit.sees(Field.FIGURES) and decided
    return Shown(
        template="home.html",
        values={
            "groups": groups,
            "named": named,
            "as_of": as_of,
            "stages": stages,
            "done": sum(one.name == "done" for one in stages),
            "plan": certificate_of(visit, decided[-1]) if told else None,
            "read": _read(visit) if told else [],
            "may_write": visit.may(Action.WRITE_STRATEGY),
            "may_run": visit.may(Action.RUN_NIGHT),
        },
    )


def _read(visit: Visit) -> list[tuple[Said, int, str]]:
    """How many strategies were read to what end by the last night, and where they stand."""
    dates = visit.lake.dates(VERDICTS_TABLE)
    if not dates:
        return []
    found = visit.lake.read(VERDICTS_TABLE, as_of=dates[-1], columns=("verdict",)).column(0).to_pylist()
    return [(words, found.count(name), f"/experiments?verdict={name}") for name, words in _READ.items()]


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
