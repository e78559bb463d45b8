"""What can be carried in a night, and how contacts are chosen within it."""

from typing import Annotated

from pydantic import BaseModel, Field

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
Hour = Annotated[int, Field(ge=0, le=23)]
Yuan = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class ChannelCapacity(BaseModel, extra="forbid"):
    """What a channel carries: contacts a night, in each hour (one number, or some hours' own) and yuan a
    night. What is left out, the channel's own declaration says."""

    per_night: Count | None = None
    per_hour: Count | dict[Hour, Count] | None = None
    budget: Yuan | None = None


class Skill(BaseModel, extra="forbid"):
    """Human agents who may talk about ``kinds`` of product: calls they take a night and in each hour."""

    kinds: tuple[str, ...] = Field(min_length=1)
    per_night: Count
    per_hour: Count | dict[Hour, Count] | None = None


class LeastShares(BaseModel, extra="forbid"):
    """The least share, of those who could be contacted with profit, who are: by segment and by manager."""

    segments: dict[str, Share] = Field(default_factory=dict)
    managers: dict[str, Share] = Field(default_factory=dict)


class Arbitration(BaseModel, extra="forbid"):
    """How contacts are chosen. ``reserve_quantile``: the probability with which a coming day must have room
    for the calls that tonight's contacts lead to. ``hours_away``: how far a contact may be moved from the
    customer's best hour, at ``hour_costs``, a share of its worth, each. ``stay_put``: the share of its worth
    added to what last night chose or had no room for."""

    reserve_quantile: float = Field(0.9, ge=0.5, lt=1.0)
    hours_away: int = Field(1, ge=0, le=6)
    hour_costs: float = Field(0.05, ge=0.0, lt=1.0)
    stay_put: float = Field(0.01, ge=0.0, le=0.5)
