"""Two plans of one night side by side: what became of contacts and customers."""

from collections.abc import Collection
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

_CONTACT = "contact"
_SEEN = ("customer", "strategy", "step", "channel", "hour")


@dataclass(frozen=True, kw_only=True)
class Moved:
    """Contacts of one channel or strategy in the plan as it is, and as it would be; None where not shown."""

    name: str
    before: int | None
    after: int | None


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changes between two plans; all counts are of contacts that are made, so of customers as well.

    ``channels``, and of ``strategies`` those that change or are asked about: the largest change first.
    ``same``: customers of one contact in both, ``other_hour`` of them at another hour; ``another``: with
    another contact; ``gained`` and ``lost``: with a contact in the second plan, or the first, alone; None
    where not shown.
    """

    channels: tuple[Moved, ...]
    strategies: tuple[Moved, ...]
    same: int | None
    other_hour: int | None
    another: int | None
    gained: int | None
    lost: int | None


def compare(
    before: pa.Table, after: pa.Table, *, channels: Collection[str] = (), strategies: Collection[str] = ()
) -> Difference:
    """Two PLANs of a night laid side by side, in whatever order their rows are.

    ``channels`` and ``strategies``: to be told of also where nothing changes.
    """
    first, second = (
        plan.filter(pc.field("fate") == _CONTACT).select(_SEEN).combine_chunks() for plan in (before, after)
    )
    both = first.join(second, "customer", join_type="inner", right_suffix=" then")
    is_same = pc.and_(
        pc.equal(both["strategy"], both["strategy then"]), pc.equal(both["step"], both["step then"])
    )
    same = both.filter(is_same)
    return Difference(
        channels=_moves("channel", first, second, named=channels),
        strategies=tuple(
            one
            for one in _moves("strategy", first, second, named=strategies)
            if one.before != one.after or one.name in strategies
        ),
        same=same.num_rows,
        other_hour=int(pc.sum(pc.not_equal(same["hour"], same["hour then"])).as_py() or 0),
        another=both.num_rows - same.num_rows,
        gained=second.num_rows - both.num_rows,
        lost=first.num_rows - both.num_rows,
    )


def _moves(
    column: str, before: pa.Table, after: pa.Table, *, named: Collection[str] = ()
) -> tuple[Moved, ...]:
    """The largest first, those ``named`` also where there are none."""
    first, second = (_counts(table[column]) for table in (before, after))
    changes = {name: second.get(name, 0) - first.get(name, 0) for name in {*first, *second, *named}}
    return tuple(
        Moved(name=name, before=first.get(name, 0), after=second.get(name, 0))
        for name in sorted(changes, key=lambda name: (-abs(changes[name]), name))
    )


def _counts(column: pa.ChunkedArray) -> dict[str, int]:
    counted = pc.value_counts(column.combine_chunks())
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
