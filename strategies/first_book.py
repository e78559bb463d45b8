"""A book to begin with: documents of a folder, taken through all their stages."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from ledger.database import Ledger
from strategies.folder import Written
from strategies.lifecycle import approve, golive, submit
from strategies.versions import import_

SECOND_READER = "second reader"
"""A made-up person who approves what the documents' managers wrote."""


def put_live(
    ledger: Ledger, documents: Iterable[Written], *, bases: Mapping[str, int] | None = None
) -> Sequence[str]:
    """Writes each document in its manager's name, lets the second reader approve it, and puts it live.

    Returns the names of those that were not in the book like this. Raises BookError like ``import_``.
    """
    written: list[str] = []
    by_manager = sorted(documents, key=lambda document: document.strategy.manager)
    for manager, own in groupby(by_manager, key=lambda document: document.strategy.manager):
        imported = import_(ledger, list(own), actor=manager, bases=bases)
        fresh = [one.name for one in imported if one.outcome != "unchanged"]
        submit(ledger, fresh, actor=manager)
        written += fresh
    approve(ledger, written, actor=SECOND_READER)
    golive(ledger, written, actor=SECOND_READER)
    return written
