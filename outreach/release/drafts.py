"""Lists on their way to being frozen, and the last look at who and what has been stopped meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from outreach.deliver.canaries import Canary
from outreach.stops import Stops, with_numbers_of, without_stopped

KIN = pa.schema([("customer", pa.string()), ("number", pa.string())])


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One recipient's list. ``rows``: of ``LISTED``; ``kin`` (customer, number): everybody who shares a
    number with somebody on it, since an opt-out binds the number."""

    rows: pa.Table
    kin: pa.Table


Drafts = Mapping[str, Draft]
"""By recipient."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A list's sealed file, with who its canaries are. ``handed``: contact, address, customer, number,
    strategy, channel and caller of every row in it, canaries too, as the feed of revocations knows them."""

    content: bytes
    canaries: tuple[Canary, ...]
    handed: pa.Table


Pack = Callable[[str, pa.Table, int], Sealed]
"""Seals a recipient's rows, for the attempt of that number; scanned, and refused with a ReleaseError where
the file would show who somebody is."""


def without(drafts: Drafts, stops: Stops, *, callers: pa.ChunkedArray) -> dict[str, Draft]:
    """Those of the drafts that ``stops`` hit, or whose caller number is not among ``callers`` any more,
    without the rows hit."""
    kept = {
        recipient: _callable(without_stopped(draft.rows, stops=with_numbers_of(stops, draft.kin))[0], callers)
        for recipient, draft in drafts.items()
    }
    return {
        recipient: replace(drafts[recipient], rows=rows)
        for recipient, rows in kept.items()
        if rows.num_rows < drafts[recipient].rows.num_rows
    }


def _callable(rows: pa.Table, callers: pa.ChunkedArray) -> pa.Table:
    usable = pc.is_in(rows["caller"], value_set=callers.combine_chunks())
    return rows.filter(pc.or_(pc.is_null(rows["caller"]), usable))


def kin_of(rows: pa.Table, numbers: pa.Table) -> pa.Table:
    """Those of ``numbers`` (customer, number) who share one with ``rows``."""
    own = rows["number"].drop_null().combine_chunks()
    return numbers.filter(pc.is_in(numbers["number"], value_set=own)).select(KIN.names).cast(KIN)
