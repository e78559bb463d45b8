"""What a channel is, and how many contacts each one can carry in a night."""

from abc import ABC
from collections.abc import Mapping
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
    "seconds": "Length to plan for.",
}
"""Everything a recipient can be given; all of it masked, a token, or words about the strategy."""


class Channel(ABC):
    """A way to reach people. One file a channel; a subclass's docstring is what people read of it.

    ``cost`` is the expected cost of one contact, CNY. ``share`` is what it can carry in a night as a share of
    all customers, so that a small bank is as constrained as a large one; ``settings.channel_capacity``
    gives a number instead. ``seconds`` is the planned length. ``needs`` says what the customer must have,
    ``by_human`` that a person speaks and not a machine. ``emits`` names the material that leaves.
    """

    name: ClassVar[str]
    recipient: ClassVar[str]
    cost: ClassVar[float]
    share: ClassVar[float]
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

    Raises SettingsError where ``channel_capacity`` names no channel or is below zero.
    """
    channels = load_channels()
    for name, number in settings.channel_capacity.items():
        if name not in channels or number < 0:
            raise SettingsError(
                f"channel_capacity.{name} = {number}: must be 0 or more, "
                f"for one of {', '.join(sorted(channels))}"
            )
    return {
        name: settings.channel_capacity.get(name, round(channel.share * customers))
        for name, channel in channels.items()
    }


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
