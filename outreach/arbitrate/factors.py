"""Which limits a possible contact uses: by its touch, its place, the skill it takes and its segment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from outreach.arbitrate.problem import WHOLE, Factor, Floats, Ints
from outreach.arbitrate.rooms import Rooms
from outreach.coded import Words

Entries = Iterable[tuple[int, str, int]]


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """Possible contacts as codes, one entry each; ``cost`` in thousandths of a yuan."""

    strategy: Words
    channel: Words
    segment: Words
    step: Ints
    hour: Ints
    cost: Ints


def factors_of(contacts: Contacts, *, rooms: Rooms, places: Mapping[str, int]) -> tuple[Factor, ...]:
    """The factors; ``places``: where each limit stands, by name. A limit that has no name there is none."""
    found = [_touch(contacts, rooms, places), _place(contacts, places)]
    if rooms.skills:
        found.append(_skill(contacts, rooms, places))
    if rooms.floors.segments or rooms.floors.managers:
        found.append(_segment(contacts, rooms, places))
    return tuple(found)


def prices_of(factors: Sequence[Factor], prices: Floats) -> Floats:
    """CNY an entry of the factors, at ``prices`` a whole unit of each limit."""
    return np.asarray(sum((factor.usage @ (prices / WHOLE))[factor.codes] for factor in factors))


def _touch(contacts: Contacts, rooms: Rooms, places: Mapping[str, int]) -> Factor:
    """Strategy and step: quotas, beginnings, exposures, money, and the calls they lead to."""
    codes, (strategies, steps, costs) = _distinct(contacts.strategy.codes, contacts.step, contacts.cost)
    leads: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for load in rooms.loads:
        name = f"ahead.{load.channel}+{load.days}"
        leads.setdefault((load.strategy, load.step), []).append((name, round(load.chance * WHOLE)))

    def entries() -> Entries:
        for code, (at, step, cost) in enumerate(zip(strategies, steps, costs, strict=True)):
            name = contacts.strategy.words[at]
            yield code, f"strategy.{name}", WHOLE
            yield code, f"spend.{name}", int(cost)
            if step == 1:
                yield code, f"begin.{name}", WHOLE
                yield code, f"exposures.{name}", WHOLE
            for ahead, load in leads.get((name, int(step)), ()):
                yield code, ahead, load

    return _factor("touch", codes, entries(), places)


def _place(contacts: Contacts, places: Mapping[str, int]) -> Factor:
    """Channel and hour: the night's room, the hour's, the channel's money."""
    codes, (channels, hours, costs) = _distinct(contacts.channel.codes, contacts.hour, contacts.cost)

    def entries() -> Entries:
        for code, (at, hour, cost) in enumerate(zip(channels, hours, costs, strict=True)):
            name = contacts.channel.words[at]
            yield code, f"channel.{name}", WHOLE
            yield code, f"channel.{name}@{hour}", WHOLE
            yield code, f"budget.{name}", int(cost)

    return _factor("place", codes, entries(), places)


def _skill(contacts: Contacts, rooms: Rooms, places: Mapping[str, int]) -> Factor:
    """Who may talk about it, where agents have skills, and when."""
    names = ("", *sorted(rooms.skills))
    needed = np.zeros((len(contacts.strategy.words), len(contacts.channel.words)), dtype=np.int64)
    for at, strategy in enumerate(contacts.strategy.words):
        for channel, word in enumerate(contacts.channel.words):
            for place, name in enumerate(names[1:], start=1):
                skill = rooms.skills[name]
                if rooms.strategies[strategy].kind in skill.kinds and word in skill.channels:
                    needed[at, channel] = place
    codes, (skills, hours) = _distinct(needed[contacts.strategy.codes, contacts.channel.codes], contacts.hour)

    def entries() -> Entries:
        for code, (at, hour) in enumerate(zip(skills, hours, strict=True)):
            yield code, f"skill.{names[at]}", WHOLE
            yield code, f"skill.{names[at]}@{hour}", WHOLE

    return _factor("skill", codes, entries(), places)


def _segment(contacts: Contacts, rooms: Rooms, places: Mapping[str, int]) -> Factor:
    """The customer's segment, and who looks after it."""
    codes, (segments,) = _distinct(contacts.segment.codes)

    def entries() -> Entries:
        for code, at in enumerate(segments):
            name = contacts.segment.words[at]
            yield code, f"segment.{name}", WHOLE
            yield code, f"manager.{rooms.floors.managers_of.get(name, '')}", WHOLE

    return _factor("segment", codes, entries(), places)


def _distinct(*parts: Ints) -> tuple[Ints, Sequence[Ints]]:
    """A code a row for what its parts are together, and the parts of each code; none is below zero."""
    sizes = [int(part.max(initial=0)) + 1 for part in parts]
    key = parts[0]
    for part, size in zip(parts[1:], sizes[1:], strict=True):
        key = key * size + part
    codes, kinds = pd.factorize(key, sort=True)
    found = []
    for size in reversed(sizes[1:]):
        kinds, part = np.divmod(kinds, size)
        found.append(part)
    return codes, (kinds, *reversed(found))


def _factor(name: str, codes: Ints, entries: Entries, places: Mapping[str, int]) -> Factor:
    known = [(code, places[limit], amount) for code, limit, amount in entries if limit in places]
    at, limits, amounts = np.array(known, dtype=np.int64).reshape(-1, 3).T
    kinds = int(codes.max(initial=-1)) + 1
    usage = sparse.coo_array((amounts, (at, limits)), shape=(kinds, len(places))).tocsr()
    return Factor(name=name, codes=codes.astype(np.int32), usage=usage)
