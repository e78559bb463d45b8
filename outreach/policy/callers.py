"""The register of sender numbers: which number serves which channel, for what, and how often a day."""

from dataclasses import dataclass
from typing import Literal

from lake.tables.words import CHANNELS


@dataclass(frozen=True, kw_only=True)
class CallerNumber:
    """A number, or a pool of them, that shows on the customer's side. ``daily_limit`` is contacts a day."""

    name: str
    channel: str
    purpose: Literal["marketing", "service"]
    daily_limit: int


# Names stand for numbers: the numbers themselves are the operators' settings, not the house's.
REGISTER: tuple[CallerNumber, ...] = (
    CallerNumber(name="app-offers", channel="push", purpose="marketing", daily_limit=10_000_000),
    CallerNumber(name="app-notices", channel="push", purpose="service", daily_limit=50_000_000),
    CallerNumber(name="sms-offers", channel="sms", purpose="marketing", daily_limit=5_000_000),
    CallerNumber(name="sms-notices", channel="sms", purpose="service", daily_limit=50_000_000),
    CallerNumber(name="voice-robot", channel="ai_call", purpose="marketing", daily_limit=500_000),
    CallerNumber(name="voice-desk", channel="human_call", purpose="marketing", daily_limit=100_000),
    CallerNumber(name="hotline", channel="human_call", purpose="service", daily_limit=100_000),
)


def marketing_limits(register: tuple[CallerNumber, ...] = REGISTER) -> dict[str, int]:
    """Contacts a day that the marketing numbers of each channel may make; a channel without one has none."""
    limits = dict.fromkeys(CHANNELS, 0)
    for caller in register:
        if caller.purpose == "marketing":
            limits[caller.channel] += caller.daily_limit
    return limits
