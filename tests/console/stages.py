"""A book with a strategy in every stage, a pulled brake and lists that wait, for as long as a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import delete

from features.catalogue import FEATURES
from ledger.schema import (
    RELEASE_APPROVALS,
    RELEASE_CONTENT,
    RELEASE_MOVES,
    RELEASES,
    STRATEGIES,
    STRATEGY_VERSIONS,
)
from outreach.stops import throw_switch
from strategies import lifecycle
from strategies.folder import OWN_BOOK, Written, read_files
from strategies.reader import read
from strategies.versions import import_
from tests.console.desk import Desk
from tests.console.test_releases import freeze
from tests.ledger.owner import as_owner

MANAGER = "segment_manager"
STAGES = ("drafted", "submitted", "approved", "paused")
LATER = date(2026, 8, 4)
"""A night whose lists wait for somebody."""


@contextmanager
def every_stage(desk: Desk) -> Iterator[None]:
    """Takes everything back at the end, as only the ledger's owner can."""
    names = [f"kept_{stage}" for stage in STAGES]
    _write(desk, names)
    ledger = desk.ledger
    lifecycle.submit(ledger, names[1:], actor=MANAGER)
    lifecycle.approve(ledger, names[2:], actor="approver")
    lifecycle.golive(ledger, names[3:], actor=MANAGER)
    lifecycle.pause(ledger, names[3:], actor=MANAGER, reason="the offer has ended")
    throw_switch(ledger, "strategy", names[3], stopped=True, actor=MANAGER, reason="the offer has ended")
    freeze(desk, LATER)
    try:
        yield
    finally:
        throw_switch(ledger, "strategy", names[3], stopped=False, actor="operator", reason="it is over")
        with ledger.engine.begin() as connection:
            as_owner(connection)
            for table in (STRATEGY_VERSIONS, STRATEGIES):
                connection.execute(delete(table).where(table.c.name.in_(names)))
            for table in (RELEASE_APPROVALS, RELEASE_CONTENT, RELEASE_MOVES, RELEASES):
                connection.execute(delete(table).where(table.c.as_of == LATER))


def _write(desk: Desk, names: list[str]) -> None:
    """Two versions of each, made from one that the house has."""
    (first,) = read_files([OWN_BOOK / "mobile_silent_app.yaml"])
    for note, bases in (("", None), ("# again\n", dict.fromkeys(names, 1))):
        texts = [first.text.replace("name: mobile_silent_app", f"name: {name}") + note for name in names]
        documents = [Written(text=text, strategy=read(text, file="x", features=FEATURES)) for text in texts]
        import_(desk.ledger, documents, actor=MANAGER, bases=bases)
