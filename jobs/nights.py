"""Which nights were decided, and which step of one runs now; asked of the ledger alone."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    String,
    cast,
    column,
    func,
    literal,
    select,
    table,
)

from ledger.schema import RUNS

_LOCKS = table(
    "pg_locks", column("locktype"), column("database"), column("classid"), column("objid"), column("objsubid")
)
_DATABASES = table("pg_database", column("oid"), column("datname"))


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step that runs now."""

    job: str
    as_of: date
    since: datetime


def decided_nights(connection: Connection) -> tuple[date, ...]:
    """The nights whose newest decision ended well, ascending."""
    newest = select(RUNS.c.as_of, RUNS.c.status).distinct(RUNS.c.as_of).where(RUNS.c.job == "decide")
    rows = connection.execute(newest.order_by(RUNS.c.as_of, RUNS.c.id.desc())).all()
    return tuple(row.as_of for row in rows if row.status == "done")


def step_under_way(connection: Connection) -> Step | None:
    """The step that began last of those that run now.

    A run that was killed says for ever that it runs; the lock it held fell with it.
    """
    running = select(RUNS.c.job, RUNS.c.as_of, RUNS.c.started_at).where(RUNS.c.status == "running")
    held = select(_LOCKS.c.objid).where(
        _LOCKS.c.locktype == "advisory",
        _LOCKS.c.objsubid == 1,
        _LOCKS.c.database
        == select(_DATABASES.c.oid).where(_DATABASES.c.datname == func.current_database()).scalar_subquery(),
        cast(_LOCKS.c.classid, BigInteger)
        .op("<<")(literal(32, Integer))
        .op("|")(cast(_LOCKS.c.objid, BigInteger))
        == lock_of(RUNS.c.job),
    )
    newest = running.where(held.exists()).order_by(RUNS.c.id.desc()).limit(1)
    row = connection.execute(newest).first()
    return None if row is None else Step(job=row.job, as_of=row.as_of, since=row.started_at)


def lock_of(job: str | ColumnElement[str]) -> ColumnElement[int]:
    """Key of the advisory lock that a process holds while it runs the job."""
    named = literal(job, String) if isinstance(job, str) else job
    return cast(func.hashtext(literal("job ", String) + named), BigInteger)
