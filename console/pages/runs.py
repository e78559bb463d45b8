"""The nights: which steps ran, how long they took, what they wrote, and what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, func, select

from base.errors import ConsoleError
from base.roles import Action, Field
from console.listing import pattern, read_date, turned
from console.pages.page import Shown, Visit, page
from console.words import Said
from console.words.nights import RUN_STATES, STEPS, said
from evaluation.suppress import few
from ledger.schema import QUALITY_RESULTS, RELEASES, RUNS

_INTERNAL = frozenset({Field.INTERNAL, Field.FIGURES})
_PARTLY = "partly"
_WITHIN_NIGHT = "retention"
"""The step that has no command of its own."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a night: its newest run, and how often it ran; without a run where it has not begun.

    ``written``: rows by table, None where they are too few to be shown.
    """

    job: str
    words: Said
    state: Said | None
    run: Row[Any] | None
    runs: int
    written: Mapping[str, int | None]


@page("/runs", title=("Runs", "夜间作业"), fields=_INTERNAL, menu=60)
def runs(visit: Visit) -> Shown:
    """Every night, newest first."""
    nights = select(RUNS.c.as_of).distinct().order_by(RUNS.c.as_of.desc())
    wanted = visit.told.get("q", "").strip()
    if wanted:
        nights = nights.where(func.to_char(RUNS.c.as_of, "YYYY-MM-DD").like(pattern(wanted)))
    if visit.told.get("state") == "failed":
        nights = nights.where(RUNS.c.status == "failed")
    with visit.ledger.engine.connect() as connection:
        turn = turned(connection, nights, visit.told, search=("q", "state"))
        dates = [row.as_of for row in turn.rows]
        newest = _newest(connection, dates)
        unmet = _unmet(connection, dates)
    return Shown(
        template="runs.html",
        values={
            "turn": turn,
            "nights": [_night(as_of, newest[as_of], unmet.get(as_of, 0)) for as_of in dates],
            "q": visit.told.get("q", ""),
            "state": visit.told.get("state", ""),
        },
    )


@page("/runs/{as_of}", title=("Night", "夜间作业详情"), fields=_INTERNAL)
def run(visit: Visit) -> Shown:
    """One night, step by step."""
    as_of = read_date(visit.told["as_of"])
    query = select(RUNS).where(RUNS.c.as_of == as_of).order_by(RUNS.c.id)
    with visit.ledger.engine.connect() as connection:
        every = connection.execute(query).all()
        unmet = _unmet(connection, [as_of]).get(as_of, 0)
        waiting = select(RELEASES.c.as_of).where(RELEASES.c.as_of == as_of, RELEASES.c.state == "frozen")
        waits = connection.execute(waiting.limit(1)).first() is not None
    if not every:
        raise ConsoleError(f"nothing was run for {as_of}; the page of runs shows the nights there are")
    steps = _steps(every)
    return Shown(
        template="run.html",
        values={
            "as_of": as_of,
            "steps": steps,
            "state": _state(steps),
            "unmet": unmet,
            "waits": waits,
            "again": _again(steps, as_of),
            "may_run": visit.may(Action.RUN_NIGHT),
            "earlier": [_as_step(one, runs=1) for one in reversed(every) if one.status == "failed"],
        },
    )


def _newest(connection: Connection, dates: Sequence[date]) -> dict[date, list[Any]]:
    """The newest run of each step, by night."""
    query = (
        select(RUNS.c.as_of, RUNS.c.job, RUNS.c.status, RUNS.c.started_at, RUNS.c.seconds)
        .where(RUNS.c.as_of.in_(dates))
        .distinct(RUNS.c.as_of, RUNS.c.job)
        .order_by(RUNS.c.as_of, RUNS.c.job, RUNS.c.id.desc())
    )
    found: dict[date, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.as_of, []).append(row)
    return found


def _unmet(connection: Connection, dates: Sequence[date]) -> dict[date, int]:
    """How many expectations of data quality were not met, by night."""
    table = QUALITY_RESULTS.c
    query = (
        select(table.as_of, func.count().label("unmet"))
        .where(table.as_of.in_(dates), ~table.success)
        .group_by(table.as_of)
    )
    return {row.as_of: row.unmet for row in connection.execute(query)}


def _night(as_of: date, newest: Sequence[Any], unmet: int) -> dict[str, Any]:
    own = [row for row in newest if row.job in STEPS]
    return {
        "as_of": as_of,
        "state": _state_of([row.status for row in own]),
        "done": sum(row.status == "done" for row in own),
        "steps": len(STEPS),
        "seconds": sum(row.seconds or 0 for row in newest),
        "began": min(row.started_at for row in newest),
        "unmet": unmet,
    }


def _state(steps: Sequence[Step]) -> tuple[str, Said]:
    return _state_of([step.run.status for step in steps if step.run is not None and step.job in STEPS])


def _state_of(statuses: Sequence[str]) -> tuple[str, Said]:
    """Of a night, by the newest run of each of its steps."""
    for name in ("failed", "running"):
        if name in statuses:
            return name, RUN_STATES[name]
    if statuses.count("done") == len(STEPS):
        return "done", RUN_STATES["done"]
    return _PARTLY, Said("not all steps have run", "部分步骤未运行")


def _steps(every: Sequence[Row[Any]]) -> list[Step]:
    """The night's steps in order, then whatever else was run for its date."""
    by_job: dict[str, list[Row[Any]]] = {job: [] for job in STEPS}
    for one in every:
        by_job.setdefault(one.job, []).append(one)
    return [
        _as_step(ran[-1], runs=len(ran))
        if ran
        else Step(job=job, words=said(STEPS, job), state=None, run=None, runs=0, written={})
        for job, ran in by_job.items()
    ]


def _as_step(one: Row[Any], *, runs: int) -> Step:
    return Step(
        job=one.job,
        words=said(STEPS, one.job),
        state=said(RUN_STATES, one.status),
        run=one,
        runs=runs,
        written={
            table: None if few(np.asarray(rows)) else rows for table, rows in (one.written or {}).items()
        },
    )


def _again(steps: Sequence[Step], as_of: date) -> list[str]:
    """The commands that go on from the first step that is not done; none where all are."""
    own = [step for step in steps if step.job in STEPS]
    left = [step.job for step in own if step.run is None or step.run.status != "done"]
    if left == [_WITHIN_NIGHT]:
        return [f"longreach night --as-of {as_of}"]
    return [f"longreach {job} --as-of {as_of}" for job in left if job != _WITHIN_NIGHT]
