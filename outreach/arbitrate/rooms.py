"""Every limit of a night as it is declared, before any candidate is seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class ChannelRoom:
    """Most contacts of a channel, a night and by hour of the day (an hour that is not here carries any
    number), and most yuan a night (None: any). ``hours``: at which its contacts may be planned, for those
    that are moved to one without a number."""

    per_night: int
    per_hour: Mapping[int, int] = field(default_factory=dict)
    budget: float | None = None
    hours: tuple[int, ...] = ()

    @property
    def moves_to(self) -> frozenset[int]:
        """The hours to which a contact may be moved: none where the channel counts no hours."""
        return frozenset((*self.per_hour, *self.hours)) if self.per_hour else frozenset()


@dataclass(frozen=True, kw_only=True)
class SkillRoom:
    """Agents who may talk about ``kinds`` of product: most of their calls, on ``channels`` together."""

    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    per_night: int
    per_hour: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StrategyRoom:
    """What a strategy may and must have tonight.

    ``kind``: product. ``per_night``, ``at_least``: contacts. ``budget``: yuan. ``beginnings``: journeys that
    may begin (None: any). ``exposures``: least first contacts, made or held back.
    """

    kind: str
    per_night: int
    at_least: int = 0
    budget: float | None = None
    beginnings: int | None = None
    exposures: int = 0


@dataclass(frozen=True, kw_only=True)
class Load:
    """A contact of touch ``step`` leads on to one over ``channel``, ``days`` after it, with this chance."""

    strategy: str
    step: int
    channel: str
    days: int
    chance: float


@dataclass(frozen=True, kw_only=True)
class Floors:
    """The least share of those who could be contacted with profit, by segment and by segments' manager.

    ``managers_of``: who looks after a segment.
    """

    segments: Mapping[str, float] = field(default_factory=dict)
    managers: Mapping[str, float] = field(default_factory=dict)
    managers_of: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """All limits of a night.

    ``loads``: what touches lead to later. ``under_way``: calls that contacts made already will probably lead
    to, by channel and days after tonight's contacts. ``reserve``: the probability with which a later day must
    have room for what it is led to. ``hours_away``: a contact may be moved so many hours from the customer's
    best one; ``hour_costs``: the share of its worth that each of them takes. ``stay_put``: the share of its
    worth that is added to what was chosen, or passed over for room alone, last night.
    """

    channels: Mapping[str, ChannelRoom]
    strategies: Mapping[str, StrategyRoom]
    skills: Mapping[str, SkillRoom] = field(default_factory=dict)
    floors: Floors = Floors()
    loads: tuple[Load, ...] = ()
    under_way: Mapping[tuple[str, int], float] = field(default_factory=dict)
    reserve: float = 0.9
    hours_away: int = 0
    hour_costs: float = 0.0
    stay_put: float = 0.0
