"""Whose turn it is: locks in the ledger, which fall with the process that holds them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from psycopg.errors import LockNotAvailable
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import OperationalError

from base.errors import LedgerError
from jobs.nights import lock_of, step_under_way
from ledger.database import Ledger

_HOUSE = lock_of("of any name")
"""Held by jobs and exports together, and by whoever deletes from the house alone."""
LONGEST_WAIT = "10min"
"""Of who deletes. What was not deleted tonight goes tomorrow; jobs that begin meanwhile stand behind him."""
_WAITS = "{} waits for other work in the house to end"


@contextmanager
def alone(job: str, ledger: Ledger) -> Iterator[None]:
    """Two processes never run the same job at once. Raises LedgerError where another process runs it."""
    with ledger.engine.connect() as connection:
        key = lock_of(job)
        if not connection.execute(select(func.pg_try_advisory_lock(key))).scalar():
            raise LedgerError(f"job {job} is already running in another process; wait for it to end")
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(key)))


@contextmanager
def beside_others(work: str, ledger: Ledger, *, progress: Callable[[str], None]) -> Iterator[None]:
    """Others who do so come in too; waits while somebody deletes from the house, or waits to."""
    with ledger.engine.connect() as connection:
        if not connection.execute(select(func.pg_try_advisory_lock_shared(_HOUSE))).scalar():
            progress(_WAITS.format(work))
            connection.execute(select(func.pg_advisory_lock_shared(_HOUSE)))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock_shared(_HOUSE)))


@contextmanager
def undisturbed(work: str, ledger: Ledger, *, progress: Callable[[str], None]) -> Iterator[None]:
    """No job runs meanwhile: what is deleted for good takes the files of older versions with it, and could
    take those of a table that is being written. Waits for those that run; later ones wait for it.

    Raises LedgerError where they do not end for long: a night must not wait behind something that hangs.
    """
    with ledger.engine.connect() as connection:
        if not _house_is_free(connection):
            progress(_WAITS.format(work))
            _wait_for_the_house(work, connection)
        yield from _until_done(connection)


@contextmanager
def undisturbed_at_once(ledger: Ledger) -> Iterator[None]:
    """The same for somebody who can come again. Raises LedgerError while a job or an export runs."""
    with ledger.engine.connect() as connection:
        if not _house_is_free(connection):
            running = step_under_way(connection)
            if running is None:
                raise LedgerError("another process exports or deletes people's data; wait for it to end")
            raise LedgerError(f"job {running.job} is already running in another process; wait for it to end")
        yield from _until_done(connection)


def _house_is_free(connection: Connection) -> bool:
    return bool(connection.execute(select(func.pg_try_advisory_lock(_HOUSE))).scalar())


def _wait_for_the_house(work: str, connection: Connection) -> None:
    connection.execute(text(f"set local lock_timeout = '{LONGEST_WAIT}'"))
    try:
        connection.execute(select(func.pg_advisory_lock(_HOUSE)))
    except OperationalError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise LedgerError(
                f"{work} waited {LONGEST_WAIT} for other work in the house to end; see what hangs, "
                "run it again"
            ) from error
        raise


def _until_done(connection: Connection) -> Iterator[None]:
    try:
        yield
    finally:
        connection.execute(select(func.pg_advisory_unlock(_HOUSE)))
