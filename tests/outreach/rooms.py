"""A night's choice as tests ask for it: rooms from a few numbers, and no night before."""

from collections.abc import Mapping
from datetime import date

import pyarrow as pa

from outreach.arbitrate.plan import Decision, arbitrate
from outreach.arbitrate.rooms import ChannelRoom, Rooms, StrategyRoom
from outreach.explore import Exploration

DAY = date(2026, 7, 2)
POSSIBLE = pa.schema(
    [
        ("customer", pa.string()),
        ("number", pa.string()),
        ("person", pa.string()),
        ("strategy", pa.string()),
        ("step", pa.int32()),
        ("channel", pa.string()),
        ("segment", pa.string()),
        ("arm", pa.string()),
        ("value", pa.float64()),
        ("cost", pa.float64()),
        ("hour", pa.int32()),
        ("last_fate", pa.string()),
    ]
)
"""What arbitration takes: the night's possible contacts."""


def rooms(
    capacity: Mapping[str, int], limits: Mapping[str, int], beginnings: Mapping[str, int] | None = None
) -> Rooms:
    """So many contacts a night by channel and by strategy, and journeys that may begin."""
    begin = beginnings or {}
    return Rooms(
        channels={name: ChannelRoom(per_night=room) for name, room in capacity.items()},
        strategies={
            name: StrategyRoom(kind="deposit", per_night=most, beginnings=begin.get(name))
            for name, most in limits.items()
        },
    )


def decided(
    candidates: pa.Table,
    of: Rooms,
    *,
    share: float = 0.0,
    salt: str = "",
    day: date = DAY,
    last_prices: Mapping[str, float] | None = None,
) -> Decision:
    """The night's choice among candidates of which none was one the night before."""
    fates = pa.nulls(candidates.num_rows, pa.string())
    if "last_fate" not in candidates.column_names:
        candidates = candidates.append_column("last_fate", fates)
    exploration = Exploration(share=share, salt=salt or day.isoformat())
    return arbitrate(candidates, rooms=of, day=day, exploration=exploration, last_prices=last_prices)
