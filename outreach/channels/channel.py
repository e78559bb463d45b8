"""What a channel is, and how many contacts each one can carry in a night."""

from abc import ABC
from collections.abc import Mapping, Sequence
from math import ceil
from typing import ClassVar, Literal

from base.errors import DeclarationError, SettingsError
from base.registry import subclasses
from base.settings import Settings
from lake.tables.words import CHANNELS, RECIPIENTS

MATERIAL = {
    "contact": "Token of the contact: comes back with the outcome.",
    "address": "Token that the recipient trades for the connection; good for this contact only.",
    "masked_name": "First character of the name, the rest as stars.",
    "masked_phone": "First three and last four digits; for the eye only, never a key.",
    "hour": "Planned hour of the day, bank's wall clock.",
    "strategy": "Name of the strategy.",
    "step": "Touch of the funnel, first is 1.",
    "reason": "What the contact is about: the strategy's title.",
    "offer": "What is offered.",
    "text": "The words: message, script or talk track.",
    "variables": "JSON object: what to put for each {name} in the text. Of a person the surname at most, "
    "where a mask would show it.",
    "seconds": "Length to plan for.",
    "pace": "slow for elderly people, else normal.",
    "caller": "The bank's own number to call or write from; empty where the recipient has its own.",
    "number": "The customer's mobile number, plain.",
    "expires_at": "Until when the row may be used, bank's time with its zone.",
}
"""Everything a recipient can be given: masked, a token, words about the strategy, what is in ``PLAIN``."""

PLAIN = frozenset({"number"})
"""Identifiers, owed to a recipient that cannot do its work without. They stand in the sealed file alone; no
table of the lake or the ledger holds them."""


class Channel(ABC):
    """A way to reach people. One file a channel; a subclass's docstring is what people read of it.

    ``cost`` is the expected cost of one contact, CNY. ``share`` is what it can carry in a night as a share of
    all customers, so that a small bank is as constrained as a large one; ``settings.capacity``
    gives a number instead. ``slack`` is what one hour carries, as a multiple of an even share of that; None
    where hours do not matter. ``seconds`` is the planned length. ``needs`` says what the customer must have,
    ``by_human`` that a person speaks and not a machine. ``emits`` names the material that leaves.
    """

    name: ClassVar[str]
    recipient: ClassVar[str]
    cost: ClassVar[float]
    share: ClassVar[float]
    slack: ClassVar[float | None]
    seconds: ClassVar[int]
    needs: ClassVar[Literal["number", "app"]]
    by_human: ClassVar[bool]
    emits: ClassVar[tuple[str, ...]]


def load_channels() -> dict[str, type[Channel]]:
    """Every declared channel by name.

    Raises DeclarationError where one emits what is no material, lacks the contact's token, or bears a name
    or recipient the tables do not know.
    """
    channels = subclasses("outreach.channels", Channel)
    for channel in channels.values():
        _check(channel)
    return channels


def capacities(settings: Settings, *, customers: int) -> Mapping[str, int]:
    """Contacts each channel can carry in a night, for a bank of ``customers``.

    Raises SettingsError where ``capacity`` names no channel.
    """
    channels = load_channels()
    for name in settings.capacity:
        if name not in channels:
            raise SettingsError(
                f"capacity.{name}: there is no such channel; name one of {', '.join(sorted(channels))}"
            )
    return {name: _per_night(channel, settings, customers) for name, channel in channels.items()}


def hourly(
    asked: int | Mapping[int, int] | None, *, per_night: int, slack: float | None, hours: Sequence[int]
) -> dict[int, int]:
    """Contacts in each of ``hours``: as ``asked``, else ``slack`` times an even share of the night's room.

    An hour that is not in it carries any number. ``slack``: None where the channel knows no hours.
    """
    if isinstance(asked, int):
        return dict.fromkeys(hours, asked)
    if asked is not None:
        return {hour: room for hour, room in asked.items() if hour in hours}
    if slack is None or not hours:
        return {}
    return dict.fromkeys(hours, ceil(slack * per_night / len(hours)))


def _per_night(channel: type[Channel], settings: Settings, customers: int) -> int:
    given = settings.capacity[channel.name].per_night if channel.name in settings.capacity else None
    return round(channel.share * customers) if given is None else given


def _check(channel: type[Channel]) -> None:
    unknown = [field for field in channel.emits if field not in MATERIAL]
    if unknown or "contact" not in channel.emits:
        raise DeclarationError(
            f"channel {channel.name} emits {', '.join(channel.emits)}: it must hold 'contact' and only "
            f"material of outreach/channels/channel.py ({', '.join(MATERIAL)})"
        )
    if channel.name not in CHANNELS or channel.recipient not in RECIPIENTS:
        raise DeclarationError(
            f"channel {channel.name} to {channel.recipient}: add both words to lake/tables/words.py"
        )
