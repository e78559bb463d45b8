"""Lists on their way to being frozen, and the last look at who and what has been stopped meanwhile."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from outreach.deliver.canaries import Canary
from outreach.stops import Stops, with_kin_of, without_stopped

KIN = pa.schema([(name, pa.string()) for name in ("customer", "number", "person")])


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One recipient's list. ``rows``: of ``LISTED``; ``kin`` (columns of ``KIN``): everybody who shares a
    number with somebody on it, and all their accounts, since an opt-out binds the person and his numbers."""

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
        recipient: _callable(without_stopped(draft.rows, stops=with_kin_of(stops, draft.kin))[0], callers)
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


def kin_of(rows: pa.Table, people: pa.Table) -> pa.Table:
    """Those of ``people`` (columns of ``KIN``) who share a number with ``rows``, and all accounts of theirs
    and of the customers of ``rows``."""
    own, numbers = (rows[name].drop_null().combine_chunks() for name in ("customer", "number"))
    at_number = pc.is_in(people["number"], value_set=numbers)
    near = people.filter(pc.or_(at_number, pc.is_in(people["customer"], value_set=own)))
    persons = near["person"].drop_null().combine_chunks()
    found = people.filter(pc.or_(at_number, pc.is_in(people["person"], value_set=persons)))
    return found.select(KIN.names).cast(KIN)
