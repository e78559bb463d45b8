"""Runs jobs: opens the rooms, reads the declared tables, writes the declared partitions, keeps the record."""

import importlib
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import insert, select, update

from base.errors import DeclarationError, LongreachError, ScheduleError
from base.scrub import scrub
from base.settings import Settings, load_settings
from jobs.job import Job, Night
from jobs.locks import alone, beside_others, undisturbed
from lake.session import open_engine
from lake.store import Store
from ledger.database import open_ledger
from ledger.schema import RUNS

PRIVATE = ("inbox", "lake", "landing", "models", "outbox", "staging", "world")
"""Folders of the home that hold data about people: for the house's own user alone."""
STEPS = ("ingest", "features", "segments", "decide", "release", "learn")


@dataclass(frozen=True)
class RunSummary:
    """What a run did: rows written by table, and how long it took."""

    job: str
    as_of: date
    written: Mapping[str, int]
    seconds: float


def run(
    name: str,
    *,
    as_of: date,
    settings: Settings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> RunSummary:
    """Runs one job for one business date. Running it again for that date changes nothing.

    Raises the LongreachError that the job met, nothing is half-published then; ScheduleError when the step
    before it is not done for that date.
    """
    with open_house(settings or load_settings(), as_of=as_of, progress=progress) as night:
        _require_the_step_before(name, night)
        _require_what_ingest_takes_in(name, night)
        return execute(find_job(name), night)


@contextmanager
def open_house(
    settings: Settings, *, as_of: date, progress: Callable[[str], None] = lambda _: None
) -> Iterator[Night]:
    """Ledger, engine and store, open for as long as the block runs."""
    _keep_private(settings.home)
    with open_ledger(settings) as ledger, open_engine(settings) as spark:
        store = Store(settings.lake_folder, spark, table_format=settings.table_format)
        yield Night(
            as_of=as_of, settings=settings, spark=spark, store=store, ledger=ledger, progress=progress
        )


def _keep_private(home: Path) -> None:
    # Not the home itself: where root runs the house, the embedded PostgreSQL is another user and must pass.
    for name in PRIVATE:
        (home / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def find_job(name: str) -> Job:
    """The job ``name``, from ``jobs/name.py``. Raises DeclarationError when there is none."""
    try:
        found = getattr(importlib.import_module(f"jobs.{name}"), name)
    except (ModuleNotFoundError, AttributeError) as error:
        raise DeclarationError(
            f"there is no job {name!r}: jobs/{name}.py must declare it with @job"
        ) from error
    if not isinstance(found, Job):
        raise DeclarationError(f"jobs/{name}.py: {name} is not declared with @job")
    return found


def execute(job: Job, night: Night) -> RunSummary:
    """Runs the job in an open house."""
    turn = undisturbed if job.deletes else beside_others
    with (
        alone(job.name, night.ledger),
        _recorded(job, night) as written,
        turn(job.name, night.ledger, progress=night.progress),
    ):
        started = time.monotonic()
        frames = {
            read.table: night.store.read(read.table, as_of=night.as_of, scope=read.scope)
            for read in job.reads
        }
        made = job.function(night, frames)
        if set(made) - set(job.writes):
            names = ", ".join(table.name for table in set(made) - set(job.writes))
            raise DeclarationError(f"job {job.name} made {names} without declaring that it writes it")
        for table, frame in made.items():
            written[table.name] = night.store.write(table, frame, as_of=night.as_of)
        shutil.rmtree(night.settings.home / "staging" / job.name, ignore_errors=True)
        return RunSummary(job.name, night.as_of, dict(written), time.monotonic() - started)


def _require_the_step_before(name: str, night: Night) -> None:
    # A step that was killed or refused may have left the tables of the date half old, half new.
    if name == STEPS[0]:
        return
    # A report tells of whatever has been done, if anything was.
    before = STEPS[STEPS.index(name) - 1] if name in STEPS else STEPS[0]
    newest = select(RUNS.c.status).where(RUNS.c.job == before, RUNS.c.as_of == night.as_of)
    with night.ledger.engine.connect() as connection:
        status = connection.execute(newest.order_by(RUNS.c.id.desc()).limit(1)).scalar()
    if status != "done":
        seen = {None: "was not run", "running": "did not finish"}.get(status, "failed")
        raise ScheduleError(
            f"{name} of {night.as_of} cannot start: {before} {seen} for that date; "
            f"run longreach {before} --as-of {night.as_of} first"
        )


def _require_what_ingest_takes_in(name: str, night: Night) -> None:
    # An empty partition and one that was never written read alike, and some tables protect people.
    needed = {read.table.name for read in find_job(name).reads if read.scope == "at"}
    taken_in = {table.name for table in find_job(STEPS[0]).writes}
    query = select(RUNS.c.written).where(
        RUNS.c.job == STEPS[0], RUNS.c.as_of == night.as_of, RUNS.c.status == "done"
    )
    with night.ledger.engine.connect() as connection:
        there = set().union(*connection.execute(query).scalars())
    if missing := sorted(needed & taken_in - there):
        raise ScheduleError(
            f"{name} of {night.as_of} cannot start: {', '.join(missing)} of that date was never written, "
            f"because an earlier version ran it; run longreach {STEPS[0]} --as-of {night.as_of} again"
        )


@contextmanager
def _recorded(job: Job, night: Night) -> Iterator[dict[str, int]]:
    """One line in the ledger's runs, whatever becomes of the job."""
    started = time.monotonic()
    written: dict[str, int] = {}
    with night.ledger.engine.begin() as connection:
        line = insert(RUNS).values(job=job.name, as_of=night.as_of, status="running").returning(RUNS.c.id)
        run_id = connection.execute(line).scalar_one()
    status, error = "failed", None
    try:
        yield written
        status = "done"
    except LongreachError as known:
        error = scrub(str(known))
        raise
    except BaseException as unknown:
        error = type(unknown).__name__  # its text might quote data
        raise
    finally:
        with night.ledger.engine.begin() as connection:
            connection.execute(
                update(RUNS)
                .where(RUNS.c.id == run_id)
                .values(status=status, error=error, written=written, seconds=time.monotonic() - started)
            )
