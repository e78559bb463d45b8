"""How customers answer a contact: who is reached, what they say, and what the contact truly changes.

The planted effect of a contact is defined on the day of the contact: being reached adds taste x strength of
the channel x freshness to the chance of taking up the product that day (or, where negative, puts off what
would have been taken up that day). Everything is a function of the world's seed, the customer and the day, so
the same contact meets the same answer whatever else is on the list.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from lake.tables.words import CHANNELS, PRODUCTS, RESULTS
from sources.synthetic.archetypes import ARCHETYPES
from sources.synthetic.draws import Flags, Floats, Ints, chance
from sources.synthetic.population import Population

Effects = Literal["planted", "none"]

TIRING_DAYS = 14
"""For how long a contact makes the next one less welcome."""

_TASTE = np.array([[kind.taste.get(product, 0.0) for product in PRODUCTS] for kind in ARCHETYPES])
_EASE = np.array([kind.ai_ease for kind in ARCHETYPES])
_ANSWERS = np.array([kind.answers for kind in ARCHETYPES])
_BEST_HOUR = np.array([kind.best_hour for kind in ARCHETYPES])
_STRENGTH = {"push": 0.22, "sms": 0.20, "ai_call": 0.85, "human_call": 1.0}
_READ = {"push": 0.40, "sms": 0.50}
_TALKS = {"hung_up": 8, "heard_out": 45, "interested": 120, "converted": 240, "refused": 20, "complained": 90}
"""Seconds a call of each result lasts, half of that to one and a half."""


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """Contacts of one day, one a customer, in the order of a ``Population``.

    ``product`` and ``channel`` are positions in ``PRODUCTS`` and ``CHANNELS``; ``hour`` is that of the day;
    ``earlier`` counts the customer's contacts in the ``TIRING_DAYS`` before.
    """

    day: int
    product: Ints
    channel: Ints
    hour: Ints
    earlier: Ints


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What came of ``Contacts``, in their order.

    ``result`` is a position in ``RESULTS``, ``second`` that of the day, ``seconds`` the length of the talk.
    ``caused``: took the product up because of the contact; ``stifled``: what they would have taken up that
    day they did not. ``base``: chance a day to take it up unprompted; ``tau``: what the contact added to that
    chance on its day, in expectation over being reached.
    """

    result: Ints
    second: Ints
    seconds: Ints
    caused: Flags
    stifled: Flags
    base: Floats
    tau: Floats


def freshness(earlier: Ints) -> Floats:
    """What is left of willingness after so many contacts in the last two weeks: a fifth less each."""
    left: Floats = 0.8 ** earlier.astype(np.float64)
    return left


def reach(archetype: Ints, *, channel: Ints, hour: Ints, has_app: Flags, earlier: Ints) -> Floats:
    """Chance that a contact gets through to the person: message read, or call heard out."""
    read = np.array([_READ.get(name, 0.0) for name in CHANNELS])[channel]
    read = read * np.where(channel == CHANNELS.index("push"), has_app, True)
    called = picks_up(archetype, hour=hour, earlier=earlier)
    called = called * np.where(channel == CHANNELS.index("ai_call"), _EASE[archetype], 0.97)
    found: Floats = np.where(is_call(channel), called, read)
    return found


def picks_up(archetype: Ints, *, hour: Ints, earlier: Ints) -> Floats:
    """Chance that a call is answered: best at the kind's own hour, half of that six hours off."""
    off = np.abs(hour - _BEST_HOUR[archetype])
    answered: Floats = _ANSWERS[archetype] * (1.0 - 0.5 * np.minimum(off, 6) / 6.0) * 0.9**earlier
    return answered


def is_call(channel: Ints) -> Flags:
    """Whether a position in ``CHANNELS`` is a call, by a machine or a person."""
    calls: Flags = np.array([name.endswith("_call") for name in CHANNELS])[channel]
    return calls


def effect(archetype: Ints, *, product: Ints, channel: Ints, base: Floats, earlier: Ints) -> Floats:
    """Added chance that a *reached* customer takes the product up on the day; never below minus ``base``."""
    strength = np.array([_STRENGTH[name] for name in CHANNELS])[channel]
    wanted = _TASTE[archetype, product] * strength * freshness(earlier)
    added: Floats = np.clip(wanted, -base, 1.0 - base)
    return added


def expected_lift(tau: Floats, base: Floats, window_days: int | Ints) -> Floats:
    """P(taken up within the window | contact on its first day) - P(... | none).

    The other days keep their chance ``base``, so the difference is what the first day adds, counted where no
    later day would have brought it anyway: tau (1 - base)^(window_days - 1).
    """
    lift: Floats = tau * (1.0 - base) ** (window_days - 1)
    return lift


def respond(people: Population, contacts: Contacts, *, effects: Effects = "planted") -> Answers:
    """The world's answer to contacts with ``people``, row by row."""
    archetype, channel = people.archetype, contacts.channel
    base = people.base[np.arange(len(people)), contacts.product]
    luck = {
        name: chance(people.seed, f"answer {name}", index=people.index, day=contacts.day)
        for name in ("reach", "effect", "mood", "time", "length")
    }
    reachable = reach(
        archetype, channel=channel, hour=contacts.hour, has_app=people.has_app, earlier=contacts.earlier
    )
    reached = luck["reach"] < reachable
    added = effect(
        archetype, product=contacts.product, channel=channel, base=base, earlier=contacts.earlier
    ) * (effects == "planted")
    # Unprompted openings are drawn elsewhere, both may fall on one day: base + (1 - base) up = base + added.
    # What is put off is a share of what would have been: base (1 - off) = base + added.
    up, off = np.maximum(added, 0.0) / (1.0 - base), np.maximum(-added, 0.0) / base
    caused, stifled = reached & (luck["effect"] < up), reached & (luck["effect"] < off)
    calls = call_results(
        people,
        channel=channel,
        hour=contacts.hour,
        earlier=contacts.earlier,
        luck=luck["reach"],
        talk=_talk(people, contacts, luck["mood"], caused),
    )
    messages = message_results(people, channel=channel, luck=luck["reach"], mood=luck["mood"])
    result = np.where(is_call(channel), calls, messages)
    talked = np.array([_TALKS.get(name, 0) for name in RESULTS])[result]
    return Answers(
        result=result,
        second=contacts.hour * 3600 + (luck["time"] * 3300).astype(np.int64),
        seconds=np.where(is_call(channel), (talked * (0.5 + luck["length"])).astype(np.int64), 0),
        caused=caused,
        stifled=stifled,
        base=base,
        tau=reachable * added,
    )


def _talk(people: Population, contacts: Contacts, mood: Floats, caused: Flags) -> Ints:
    """What a call that is heard out comes to; disliked products and tired customers end in more refusals."""
    taste = _TASTE[people.archetype, contacts.product]
    refuses = np.clip(0.05 + 0.02 * contacts.earlier - 0.8 * np.minimum(taste, 0.0), 0.0, 0.4)
    interested = np.clip(0.08 + 2.0 * np.maximum(taste, 0.0), 0.0, 0.5)
    talk: Ints = np.select(
        [caused, mood < 0.003, mood < refuses, mood > 1.0 - interested],
        [RESULTS.index(name) for name in ("converted", "complained", "refused", "interested")],
        default=RESULTS.index("heard_out"),
    )
    return talk


def call_results(
    people: Population, *, channel: Ints, hour: Ints, earlier: Ints, luck: Floats, talk: Ints
) -> Ints:
    """Positions in ``RESULTS``: ``talk`` where ``luck`` lets the call through, else hung up or no answer."""
    answered = luck < picks_up(people.archetype, hour=hour, earlier=earlier)
    through = luck < reach(
        people.archetype, channel=channel, hour=hour, has_app=people.has_app, earlier=earlier
    )
    cut_short = np.where(answered, RESULTS.index("hung_up"), RESULTS.index("no_answer"))
    results: Ints = np.where(through, talk, cut_short)
    return results


def message_results(people: Population, *, channel: Ints, luck: Floats, mood: Floats) -> Ints:
    """Positions in ``RESULTS`` of messages: opened or not, answered with a stop, or never delivered."""
    rested = np.zeros(len(people), dtype=np.int64)
    opened = luck < reach(
        people.archetype, channel=channel, hour=rested, has_app=people.has_app, earlier=rested
    )
    lost = ((channel == CHANNELS.index("push")) & ~people.has_app) | (~opened & (mood < 0.02))
    results: Ints = np.select(
        [lost, opened & (mood > 0.99), opened],
        [RESULTS.index(name) for name in ("not_delivered", "refused", "opened")],
        default=RESULTS.index("delivered"),
    )
    return results


def result_words(result: Ints) -> pa.Array:
    """Words of ``RESULTS`` by position."""
    return pa.array(RESULTS).take(pa.array(result))
