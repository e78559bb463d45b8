"""A night as it was decided: with which strategies, and what it knew."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from base.errors import ScheduleError
from base.settings import Settings
from jobs.job import Frames, Night
from jobs.known import READS
from jobs.nights import decided_nights
from jobs.rooms import night_rooms
from jobs.run import open_house
from lake.tables import POSITIONS
from ledger.audit import trail
from ledger.database import Ledger
from outreach.arbitrate.rooms import Rooms
from strategies.book import documents
from strategies.document import Strategy

DECIDED = "night decided"
"""The audit's action of a decision; its ``versions`` say with which version of each strategy."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A decided night, open. ``book``: the strategies in the versions it was decided with, by name."""

    night: Night
    book: tuple[Strategy, ...]

    @cached_property
    def frames(self) -> Frames:
        """What the night was decided from."""
        night = self.night
        return {
            read.table: night.store.read(read.table, as_of=night.as_of, scope=read.scope) for read in READS
        }

    @cached_property
    def rooms(self) -> Rooms:
        """The limits it was decided with, if settings have not changed since."""
        made = self.night.store.read(POSITIONS, as_of=self.night.as_of)
        return night_rooms(self.night, self.frames, self.book, made=made)


@contextmanager
def open_decided(
    settings: Settings, *, as_of: date | None, progress: Callable[[str], None]
) -> Iterator[Decided]:
    """The house, open on ``as_of``, or on the last night that was decided.

    Raises ScheduleError where that night was not decided.
    """
    with open_house(settings, as_of=as_of or date.min, progress=progress) as house:
        night = replace(house, as_of=_decided_night(house.ledger, as_of))
        yield Decided(night=night, book=documents(house.ledger, _versions(night)))


def _decided_night(ledger: Ledger, as_of: date | None) -> date:
    """The night asked for, or the last one, where its newest decision ended well."""
    with ledger.engine.connect() as connection:
        nights = decided_nights(connection)
    if not nights:
        raise ScheduleError("no night is decided yet; run longreach night --as-of DATE first")
    if as_of is not None and as_of not in nights:
        raise ScheduleError(
            f"{as_of} is not decided; decided are {len(nights):,} nights from {nights[0]} to {nights[-1]}: "
            f"take one of them, or run longreach night --as-of {as_of}"
        )
    return as_of or nights[-1]


def _versions(night: Night) -> dict[str, int]:
    lines = trail(night.ledger, action=DECIDED, subject=night.as_of.isoformat(), last=1)
    if not lines:
        raise ScheduleError(
            f"the audit does not say with which strategies {night.as_of} was decided; "
            f"run longreach decide --as-of {night.as_of} again"
        )
    found: dict[str, int] = lines[0]["detail"]["versions"]
    return found
