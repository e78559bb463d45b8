"""The limits of a night one by one, with their names, units and ends."""

from collections.abc import Iterator
from dataclasses import dataclass

from outreach.arbitrate.ahead import free_load
from outreach.arbitrate.problem import NO_HIGH, NO_LOW, WHOLE
from outreach.arbitrate.rooms import ChannelRoom, Rooms, SkillRoom, StrategyRoom


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One limit: ``low`` and ``high`` in thousandths of ``unit``; ``of``: what it limits, a channel, skill,
    strategy, segment or manager; ``hour`` and ``days`` where it has them.

    ``share``: of a minimum that is a share of those who can be contacted with profit.
    """

    kind: str
    of: str
    unit: str
    low: int = NO_LOW
    high: int = NO_HIGH
    hour: int | None = None
    days: int | None = None
    share: float = 0.0
    every_arm: bool = False

    @property
    def name(self) -> str:
        """Such as channel.human_call@10; skills and channels share the form for their hours."""
        kind = "channel" if self.kind == "hour" else self.kind
        at = "" if self.hour is None else f"@{self.hour}"
        return f"{kind}.{self.of}{at}" + ("" if self.days is None else f"+{self.days}")


def declared(rooms: Rooms) -> tuple[Limit, ...]:
    """All limits of the night, in an order that depends on names alone."""
    return tuple(
        limit
        for found in (
            *(_of_channel(name, room) for name, room in sorted(rooms.channels.items())),
            *(_of_skill(name, room) for name, room in sorted(rooms.skills.items())),
            *(_of_strategy(name, room) for name, room in sorted(rooms.strategies.items())),
            _ahead(rooms),
            _floors(rooms),
        )
        for limit in found
    )


def _of_channel(name: str, room: ChannelRoom) -> Iterator[Limit]:
    yield Limit(kind="channel", of=name, unit="contacts", high=room.per_night * WHOLE)
    for hour, most in sorted(room.per_hour.items()):
        yield Limit(kind="hour", of=name, unit="contacts", high=most * WHOLE, hour=hour)
    if room.budget is not None:
        yield Limit(kind="budget", of=name, unit="CNY", high=round(room.budget * WHOLE))


def _of_skill(name: str, room: SkillRoom) -> Iterator[Limit]:
    yield Limit(kind="skill", of=name, unit="contacts", high=room.per_night * WHOLE)
    for hour, most in sorted(room.per_hour.items()):
        yield Limit(kind="skill", of=name, unit="contacts", high=most * WHOLE, hour=hour)


def _of_strategy(name: str, room: StrategyRoom) -> Iterator[Limit]:
    least, most = room.at_least * WHOLE, room.per_night * WHOLE
    yield Limit(kind="strategy", of=name, unit="contacts", low=least, high=most)
    if room.budget is not None:
        yield Limit(kind="spend", of=name, unit="CNY", high=round(room.budget * WHOLE))
    if room.beginnings is not None:
        yield Limit(kind="begin", of=name, unit="journeys", high=room.beginnings * WHOLE)
    if room.exposures:
        yield Limit(kind="exposures", of=name, unit="customers", low=room.exposures * WHOLE, every_arm=True)


def _ahead(rooms: Rooms) -> Iterator[Limit]:
    for (channel, days), load in free_load(rooms).items():
        yield Limit(kind="ahead", of=channel, unit="calls expected", high=int(load * WHOLE), days=days)


def _floors(rooms: Rooms) -> Iterator[Limit]:
    for kind, shares in (("segment", rooms.floors.segments), ("manager", rooms.floors.managers)):
        for name, share in sorted(shares.items()):
            if share > 0:
                yield Limit(kind=kind, of=name, unit="contacts", share=share)
