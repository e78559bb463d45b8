"""Whose turn it is: locks in the ledger, which fall with the process that holds them."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Function, func, select

from base.errors import LedgerError
from jobs.nights import lock_of, step_under_way
from ledger.database import Ledger

_HOUSE = lock_of("of any name")
"""Held by jobs and exports together, and by whoever deletes from the house alone."""
_TOGETHER = func.pg_try_advisory_lock_shared(_HOUSE), func.pg_advisory_unlock_shared(_HOUSE)
_ALONE = func.pg_try_advisory_lock(_HOUSE), func.pg_advisory_unlock(_HOUSE)
LONGEST_WAIT = 600.0
"""Seconds that who deletes every night waits for others: what was not deleted tonight goes tomorrow."""
_LOOKS_AGAIN = 1.0
_WAITS = "{} waits for other work in the house to end"


def alone(job: str, ledger: Ledger) -> AbstractContextManager[None]:
    """Two processes never run the same job at once. Raises LedgerError where another process runs it."""
    key = lock_of(job)

    def take(connection: Connection) -> None:
        if not _got(connection, func.pg_try_advisory_lock(key)):
            raise LedgerError(f"job {job} is already running in another process; wait for it to end")

    return _held(ledger, take, func.pg_advisory_unlock(key))


def beside_others(
    work: str, ledger: Ledger, *, progress: Callable[[str], None]
) -> AbstractContextManager[None]:
    """For jobs: others run, too. Waits while somebody deletes from the house."""
    lock, unlock = _TOGETHER

    def take(connection: Connection) -> None:
        if not _got(connection, lock):
            progress(_WAITS.format(work))
            connection.execute(select(func.pg_advisory_lock_shared(_HOUSE)))

    return _held(ledger, take, unlock)


def undisturbed(
    work: str, ledger: Ledger, *, progress: Callable[[str], None]
) -> AbstractContextManager[None]:
    """No job runs meanwhile: what is deleted for good takes the files of older versions with it, and could
    take those of a table that is being written. Waits for those that run, and keeps none waiting until then.

    Raises LedgerError where they leave no gap for ``LONGEST_WAIT``.
    """
    lock, unlock = _ALONE

    def take(connection: Connection) -> None:
        until = time.monotonic() + LONGEST_WAIT
        if _got(connection, lock):
            return
        progress(_WAITS.format(work))
        # Standing in line for it would keep all who come later waiting as well, perhaps for a job that hangs.
        while not _got(connection, lock):
            if time.monotonic() > until:
                raise LedgerError(
                    f"{work} waited {LONGEST_WAIT:g} seconds for other work in the house; see what hangs"
                )
            time.sleep(_LOOKS_AGAIN)

    return _held(ledger, take, unlock)


def beside_others_at_once(ledger: Ledger) -> AbstractContextManager[None]:
    """For somebody who can come again. Raises LedgerError while somebody deletes from the house."""
    return _at_once(ledger, *_TOGETHER)


def undisturbed_at_once(ledger: Ledger) -> AbstractContextManager[None]:
    """For somebody who can come again. Raises LedgerError while a job or an export runs."""
    return _at_once(ledger, *_ALONE)


def _at_once(ledger: Ledger, lock: Function[bool], unlock: Function[bool]) -> AbstractContextManager[None]:
    def take(connection: Connection) -> None:
        if not _got(connection, lock):
            running = step_under_way(connection)
            if running is None:
                raise LedgerError("another process exports or deletes people's data; wait for it to end")
            raise LedgerError(f"job {running.job} is already running in another process; wait for it to end")

    return _held(ledger, take, unlock)


def _got(connection: Connection, lock: Function[bool]) -> bool:
    return bool(connection.execute(select(lock)).scalar())


@contextmanager
def _held(ledger: Ledger, take: Callable[[Connection], None], unlock: Function[bool]) -> Iterator[None]:
    with ledger.engine.connect() as connection:
        take(connection)
        try:
            yield
        finally:
            connection.execute(select(unlock))
