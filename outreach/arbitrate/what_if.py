"""What-if questions such as ``human_call.capacity=+20%``, read from text and done to a night's rooms."""

import difflib
import math
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from base.errors import SettingsError
from outreach.arbitrate.rooms import ChannelRoom, Rooms, SkillRoom, StrategyRoom

How = Literal["to", "by", "times"]
_Carrier = TypeVar("_Carrier", ChannelRoom, SkillRoom)

PAUSED = "paused"
_OF_CHANNEL = ("capacity", "budget")
_OF_SKILL = ("capacity",)
_OF_STRATEGY = (PAUSED, "per_night", "at_least", "budget", "expose")
_OF_FLOOR = ("floor",)
_WHOLE = ("capacity", "per_night", "at_least", "expose")
_NAME = re.compile(r"[^.=@]+")
_REST = re.compile(r"\s*(?:\.(?P<what>[^=@]+))?(?:@(?P<hour>[^=]*))?=(?P<value>.*)")
_AMOUNT = re.compile(r"(?P<sign>[+-]?)(?P<number>\d+(?:\.\d+)?)(?P<percent>%?)")
_MOST = 1e9
_LOOKS_LIKE = "human_call.capacity=+20%, human_call.capacity@10=500, NAME.per_night=-30 or NAME=paused"


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change: ``what`` of ``name``, at one hour or (None) as a whole.

    ``how``: the amount is what it becomes, what is added to it, or what it is multiplied by.
    """

    text: str
    name: str
    what: str
    hour: int | None
    how: How
    amount: float

    def of(self, present: float | None) -> float:
        """What ``present`` becomes, 0 at least. Raises SettingsError where there is nothing to start from."""
        if self.how == "to":
            return self.amount
        if present is None:
            raise SettingsError(
                f"what-if {self.text!r}: there is no such limit tonight, so none can be raised or lowered; "
                "write the number that it becomes"
            )
        return max(0.0, present * self.amount if self.how == "times" else present + self.amount)

    def count(self, present: int | None) -> int:
        """The same in whole contacts."""
        return round(self.of(present))


def read_change(text: str, *, rooms: Rooms, hours: Mapping[str, Collection[int]]) -> Change:
    """The change of ``rooms`` that ``text`` asks for; ``hours``: at which contacts of a channel may begin.

    Raises SettingsError for what does not read; it says what is possible.
    """
    plain, words = unicodedata.normalize("NFKC", text).strip(), _changeable(rooms)
    name, parts = _divided(plain, words)
    if name is None or parts is None:
        raise SettingsError(f"what-if {text!r} does not read; write it like {_LOOKS_LIKE}")
    _require(name, words, text=text, kind="channel, skill, strategy or floor")
    what, value = (part and part.strip() for part in parts.group("what", "value"))
    if what is None and parts["hour"] is None and value == PAUSED:
        _require(PAUSED, words[name], text=text, kind=f"change of {name}")
        return Change(text=text, name=name, what=PAUSED, hour=None, how="to", amount=0.0)
    if what is None:
        possible = (f"{name}={one}" if one == PAUSED else f"{name}.{one}" for one in words[name])
        raise SettingsError(f"what-if {text!r}: say what of {name} changes: {', '.join(possible)}")
    _require(what, [one for one in words[name] if one != PAUSED], text=text, kind=f"change of {name}")
    how, amount = _amount(value, text=text, is_share=what in _OF_FLOOR)
    if what in _WHOLE and how != "times" and not amount.is_integer():
        raise SettingsError(f"what-if {text!r}: {what} is counted; write a whole number")
    at = parts["hour"]
    hour = None if at is None else _hour(at.strip(), what, hours=_hours_of(name, rooms, hours), text=text)
    return Change(text=text, name=name, what=what, hour=hour, how=how, amount=amount)


def changed(rooms: Rooms, changes: Iterable[Change]) -> Rooms:
    """The rooms after the changes, one after the other. What is paused keeps its room and has no minimum.

    A whole channel's or skill's capacity takes that of its hours along, in proportion. Raises SettingsError
    where a change starts from a limit that is not there, or a strategy must have more than it may.
    """
    for change in changes:
        rooms = _after(rooms, change)
    for name, room in rooms.strategies.items():
        if room.at_least > room.per_night:
            raise SettingsError(
                f"what-if: {name} would have at_least {room.at_least:,} and per_night {room.per_night:,}; "
                "change the other one as well"
            )
    return rooms


def paused(changes: Iterable[Change]) -> frozenset[str]:
    """The strategies that are paused."""
    return frozenset(change.name for change in changes if change.what == PAUSED)


def _after(rooms: Rooms, change: Change) -> Rooms:
    name = change.name
    if name in rooms.channels:
        return replace(rooms, channels={**rooms.channels, name: _channel(rooms.channels[name], change)})
    if name in rooms.skills:
        return replace(rooms, skills={**rooms.skills, name: _carried(rooms.skills[name], change)})
    if name in rooms.strategies:
        return replace(
            rooms, strategies={**rooms.strategies, name: _strategy(rooms.strategies[name], change)}
        )
    of = "segments" if name in rooms.floors.segments else "managers"
    shares = dict(getattr(rooms.floors, of))
    shares[name] = change.of(shares[name])
    if shares[name] > 1:
        raise SettingsError(
            f"what-if {change.text!r}: the floor of {name} would be {shares[name]:g}; a share goes from 0 to "
            "1, or from 0% to 100%"
        )
    return replace(rooms, floors=replace(rooms.floors, **{of: shares}))


def _channel(room: ChannelRoom, change: Change) -> ChannelRoom:
    return replace(room, budget=change.of(room.budget)) if change.what == "budget" else _carried(room, change)


def _carried(room: _Carrier, change: Change) -> _Carrier:
    if change.hour is not None:
        there = change.count(room.per_hour.get(change.hour))
        return replace(room, per_hour={**room.per_hour, change.hour: there})
    whole = change.count(room.per_night)
    # Where there was no room at all, no hour says how it would be spread.
    per_hour = {
        hour: round(many * whole / room.per_night) if room.per_night else whole
        for hour, many in room.per_hour.items()
    }
    return replace(room, per_night=whole, per_hour=per_hour)


def _strategy(room: StrategyRoom, change: Change) -> StrategyRoom:
    match change.what:
        case "per_night":
            return replace(room, per_night=change.count(room.per_night))
        case "at_least":
            return replace(room, at_least=change.count(room.at_least))
        case "budget":
            return replace(room, budget=change.of(room.budget))
        case "expose":
            return replace(room, exposures=change.count(room.exposures))
        case _:
            return replace(room, at_least=0, exposures=0)


def _changeable(rooms: Rooms) -> Mapping[str, tuple[str, ...]]:
    """What may be changed, by name; where a name is used twice, the first use counts, as in ``_after``."""
    return {
        **dict.fromkeys((*rooms.floors.segments, *rooms.floors.managers), _OF_FLOOR),
        **dict.fromkeys(rooms.strategies, _OF_STRATEGY),
        **dict.fromkeys(rooms.skills, _OF_SKILL),
        **dict.fromkeys(rooms.channels, _OF_CHANNEL),
    }


def _require(word: str, words: Collection[str], *, text: str, kind: str) -> None:
    if word not in words:
        near = difflib.get_close_matches(word, words, n=3)
        possible = " or ".join(near or list(words)[-8:])
        raise SettingsError(f"what-if {text!r}: there is no {kind} {word!r}; there is {possible}")


def _divided(plain: str, words: Collection[str]) -> tuple[str | None, re.Match[str] | None]:
    """The longest known name that ``plain`` begins with, else what stands where a name would, and the rest.

    Names are compared as people type them, full width or not; they may hold dots.
    """
    typed = {unicodedata.normalize("NFKC", word): word for word in words}
    for known in sorted(typed, key=len, reverse=True):
        rest = _REST.fullmatch(plain.removeprefix(known)) if plain.startswith(known) else None
        if rest:
            return typed[known], rest
    unknown = _NAME.match(plain)
    if unknown is None:
        return None, None
    return unknown.group().strip(), _REST.fullmatch(plain, unknown.end())


def _hours_of(name: str, rooms: Rooms, hours: Mapping[str, Collection[int]]) -> list[int]:
    """At which contacts of a channel, or of agents with a skill, may begin."""
    if name in rooms.channels:
        return sorted(hours[name])
    channels = rooms.skills[name].channels if name in rooms.skills else ()
    return sorted({hour for channel in channels for hour in hours[channel]})


def _hour(hour: str, what: str, *, hours: Sequence[int], text: str) -> int:
    if what != "capacity":
        raise SettingsError(f"what-if {text!r}: only capacity has hours; leave '@{hour}' out")
    if not hour.isdecimal() or int(hour) not in hours:
        possible = f"from {hours[0]} to {hours[-1]}" if hours else "at no hour"
        raise SettingsError(f"what-if {text!r}: no such contact begins at {hour!r}; they begin {possible}")
    return int(hour)


def _amount(value: str, *, text: str, is_share: bool) -> tuple[How, float]:
    parts = _AMOUNT.fullmatch(value)
    if parts is None:
        raise SettingsError(
            f"what-if {text!r}: {value!r} is no amount; write 500 for what it becomes, +30 or -30 for what "
            "is added or taken, +20% or -20% for a share of it"
        )
    number = float(parts["number"])
    if number > _MOST:
        raise SettingsError(f"what-if {text!r}: {value} is more than can be counted; write less")
    if parts["percent"] and not parts["sign"] and is_share:
        return "to", number / 100
    if parts["percent"] and not parts["sign"]:
        raise SettingsError(f"what-if {text!r}: write +{value} for as much more, or -{value} for less")
    signed = math.copysign(number, -1 if parts["sign"] == "-" else 1)
    if parts["percent"]:
        return "times", max(0.0, 1 + signed / 100)
    return ("by" if parts["sign"] else "to"), signed
