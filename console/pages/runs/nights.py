"""The nights: which steps ran, how long they took, what they wrote, and what went wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, func, select

from base.roles import Action, Field
from console.listing import pattern, read_date, turned
from console.pages.page import Shown, Visit, page
from console.words import Refusal, Said
from console.words.nights import RUN_STATES, STEPS, outcome, said
from evaluation.suppress import few
from jobs.nights import Step as UnderWay
from jobs.nights import step_under_way
from ledger.schema import QUALITY_RESULTS, RELEASES, RUNS

_INTERNAL = frozenset({Field.INTERNAL, Field.FIGURES})
_WITHIN_NIGHT = "retention"
"""The step that has no command of its own."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step of a night: its newest run, and how often it ran; all is empty where it has not begun.

    ``state``: as the ledger and as people call it; ``written``: rows by table, None where they are too few to
    be shown.
    """

    job: str
    words: Said
    state: tuple[str, Said] | None = None
    run: Row[Any] | None = None
    runs: int = 0
    written: Mapping[str, int | None] = field(default_factory=dict)


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
        now = step_under_way(connection)
    return Shown(
        template="runs/nights.html",
        values={
            "turn": turn,
            "nights": [_night(as_of, newest[as_of], unmet.get(as_of), now) for as_of in dates],
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
        unmet = _unmet(connection, [as_of]).get(as_of)
        waiting = select(RELEASES.c.as_of).where(RELEASES.c.as_of == as_of, RELEASES.c.state == "frozen")
        waits = connection.execute(waiting.limit(1)).first() is not None
        now = step_under_way(connection)
    if not every:
        raise Refusal(
            f"nothing was run for {as_of}; the page of runs shows the nights there are",
            f"{as_of} 没有运行过；夜间作业页列有全部日期",
        )
    steps = _steps(every, now)
    newest = {step.run.id for step in steps if step.run is not None}
    return Shown(
        template="runs/night.html",
        title=Said(f"Night of {as_of}", f"{as_of} 夜间作业"),
        values={
            "as_of": as_of,
            "steps": steps,
            "state": _state_of([step.state[0] for step in steps if step.state and step.job in STEPS]),
            "unmet": unmet,
            "waits": waits,
            "again": _again(steps, as_of),
            "may_run": visit.may(Action.RUN_NIGHT),
            "airflow": _in_airflow(visit.settings.console.airflow_url, as_of),
            "earlier": [
                _as_step([one], now)
                for one in reversed(every)
                if one.status == "failed" and one.id not in newest
            ],
        },
    )


def _in_airflow(address: str, as_of: date) -> str:
    """Airflow's page of the night's runs, whose partition key is its date; empty where none is told."""
    return address and f"{address.rstrip('/')}/dag_runs?partition_key_pattern={as_of}"


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
    """How many expectations of data quality were not met, by night; nights whose data nobody looked at are
    left out."""
    table = QUALITY_RESULTS.c
    query = (
        select(table.as_of, func.count().filter(~table.success).label("unmet"))
        .where(table.as_of.in_(dates))
        .group_by(table.as_of)
    )
    return {row.as_of: row.unmet for row in connection.execute(query)}


def _night(as_of: date, newest: Sequence[Any], unmet: int | None, now: UnderWay | None) -> dict[str, Any]:
    states = [outcome(row, now)[0] for row in newest if row.job in STEPS]
    return {
        "as_of": as_of,
        "state": _state_of(states),
        "done": states.count("done"),
        "steps": len(STEPS),
        "seconds": sum(row.seconds or 0 for row in newest),
        "began": min(row.started_at for row in newest),
        "unmet": unmet,
    }


def _state_of(states: Sequence[str]) -> tuple[str, Said]:
    """Of a night, by those of its steps."""
    worst = [name for name in ("failed", "broken_off", "running") if name in states]
    name = worst[0] if worst else "done" if states.count("done") == len(STEPS) else "partly"
    return name, RUN_STATES[name]


def _steps(every: Sequence[Row[Any]], now: UnderWay | None) -> list[Step]:
    """The night's steps in order, then whatever else was run for its date."""
    by_job: dict[str, list[Row[Any]]] = {job: [] for job in STEPS}
    for one in every:
        by_job.setdefault(one.job, []).append(one)
    return [
        _as_step(ran, now) if ran else Step(job=job, words=said(STEPS, job)) for job, ran in by_job.items()
    ]


def _as_step(ran: Sequence[Row[Any]], now: UnderWay | None) -> Step:
    newest = ran[-1]
    written = newest.written or {}
    return Step(
        job=newest.job,
        words=said(STEPS, newest.job),
        state=outcome(newest, now),
        run=newest,
        runs=len(ran),
        written={table: None if few(np.asarray(rows)) else rows for table, rows in written.items()},
    )


def _again(steps: Sequence[Step], as_of: date) -> list[str]:
    """The commands that go on from the first step that is not done; none where all are, or one runs."""
    states = {step.job: step.state[0] if step.state else None for step in steps if step.job in STEPS}
    left = [] if "running" in states.values() else [job for job, state in states.items() if state != "done"]
    if left == [_WITHIN_NIGHT]:
        return [f"longreach night --as-of {as_of}"]
    return [f"longreach {job} --as-of {as_of}" for job in left if job != _WITHIN_NIGHT]
