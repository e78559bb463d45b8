"""Room that coming days must keep for the calls tonight's contacts lead to."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from outreach.arbitrate.rooms import Load, Rooms
from strategies.document import Strategy

Floats = npt.NDArray[np.float64]


class Returned(NamedTuple):
    """So many contacts of a touch on a day came back with ``result``, None for those that have not yet."""

    strategy: str
    step: int
    contact_day: date
    result: str | None
    contacts: int


class _Lead(NamedTuple):
    """``results`` of touch ``step``, over ``answered_on``, lead to a contact over ``channel``."""

    strategy: str
    step: int
    answered_on: str
    channel: str
    days: int
    results: frozenset[str]


USUAL_CHANCE = 0.2
"""How often a contact leads on to the touch after it, where nothing of its kind has come back yet."""

PRIOR_CONTACTS = 50
"""How many contacts of its own a touch needs to count as much as all touches over its channel."""


def loads(
    book: Sequence[Strategy], returned: Iterable[Returned], *, scarce: Collection[str]
) -> tuple[Load, ...]:
    """What the touches of the book lead to over the ``scarce`` channels, with their chances.

    A touch's chance is its own share, drawn towards the share of all touches over its channel by
    PRIOR_CONTACTS contacts (the mean of a beta posterior); where the channel has none, towards USUAL_CHANCE.
    """
    own, by_channel = _counted(book, returned)
    return tuple(
        Load(
            strategy=lead.strategy,
            step=lead.step,
            channel=lead.channel,
            days=lead.days,
            chance=_chance(own[lead.strategy, lead.step], by_channel[lead.answered_on], results=lead.results),
        )
        for lead in _leads(book, scarce)
    )


def under_way(
    book: Sequence[Strategy],
    returned: Iterable[Returned],
    expected: Iterable[Load],
    *,
    scarce: Collection[str],
    day: date,
) -> dict[tuple[str, int], float]:
    """Mean calls that contacts made before ``day`` lead to after it, by channel and days after ``day``."""
    chances = {(load.strategy, load.step, load.channel, load.days): load.chance for load in expected}
    leads: dict[tuple[str, int], list[_Lead]] = {}
    for lead in _leads(book, scarce):
        leads.setdefault((lead.strategy, lead.step), []).append(lead)
    found: dict[tuple[str, int], float] = {}
    for each in returned:
        for lead in leads.get((each.strategy, each.step), ()):
            days = (each.contact_day - day).days + lead.days
            known = 1.0 if each.result in lead.results else 0.0
            chance = chances[lead.strategy, lead.step, lead.channel, lead.days]
            if days > 0:
                load = each.contacts * (chance if each.result is None else known)
                found[lead.channel, days] = found.get((lead.channel, days), 0.0) + load
    return found


def _leads(book: Sequence[Strategy], scarce: Collection[str]) -> Iterator[_Lead]:
    for strategy in book:
        results: dict[tuple[int, int], set[str]] = {}
        for way in strategy.ways():
            results.setdefault((way.answered, way.step), set()).add(way.result)
        for (answered, step), leading in results.items():
            touch = strategy.funnel[step - 1]
            if touch.channel in scarce:
                yield _Lead(
                    strategy.name,
                    answered,
                    strategy.funnel[answered - 1].channel,
                    touch.channel,
                    touch.wait_days,
                    frozenset(leading),
                )


def _counted(
    book: Sequence[Strategy], returned: Iterable[Returned]
) -> tuple[Mapping[tuple[str, int], Counter[str]], Mapping[str, Counter[str]]]:
    """Results that have come back, by touch and by channel."""
    channels = {
        (each.name, n): touch.channel for each in book for n, touch in enumerate(each.funnel, start=1)
    }
    own: dict[tuple[str, int], Counter[str]] = {touch: Counter() for touch in channels}
    by_channel: dict[str, Counter[str]] = {channel: Counter() for channel in channels.values()}
    for each in returned:
        touch = (each.strategy, each.step)
        if each.result is not None and touch in channels:
            own[touch][each.result] += each.contacts
            by_channel[channels[touch]][each.result] += each.contacts
    return own, by_channel


def _chance(own: Counter[str], channel: Counter[str], *, results: frozenset[str]) -> float:
    many = channel.total()
    usual = sum(channel[result] for result in results) / many if many else USUAL_CHANCE
    led_on = sum(own[result] for result in results)
    return (led_on + PRIOR_CONTACTS * usual) / (own.total() + PRIOR_CONTACTS)


def allowed_load(room: npt.ArrayLike, *, quantile: float) -> Floats:
    """The largest mean number of calls that fit into ``room`` with probability ``quantile``.

    Many independent contacts that each lead to a call with some chance come to about a Poisson number, and to
    no more than that beyond its mean (Hoeffding 1956; quantiles of a half or more). P(Poisson(m) <= room) =
    Q(room + 1, m), the regularised upper gamma function, which falls in m: solved for m.
    """
    return np.asarray(special.gammainccinv(np.asarray(room, dtype=np.float64) + 1, quantile))


def free_load(rooms: Rooms) -> dict[tuple[str, int], float]:
    """Mean calls that tonight's contacts may lead to, by channel and days after them: what fits there, less
    what is under way to it already."""
    asked = sorted({(load.channel, load.days) for load in rooms.loads if load.channel in rooms.channels})
    room = [rooms.channels[channel].per_night for channel, _ in asked]
    fits = allowed_load(room, quantile=rooms.reserve)
    return {
        place: max(0.0, float(load) - rooms.under_way.get(place, 0.0))
        for place, load in zip(asked, fits, strict=True)
    }
