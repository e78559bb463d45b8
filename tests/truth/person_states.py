"""Made-up people, one candidate contact each, in every state that a rule about contact asks after.

Arrays of one row a person, and of a few places a person for what may happen more than once. Days are
counted from the day of contact: 0 is that day, -1 the night on which it is decided. ``NEVER`` is null.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from lake.tables.words import CHANNELS, PRODUCTS, RESULTS, SUPPRESSION_KINDS

NEVER = -(10**6)
DAYS = (date(2026, 8, 31), date(2026, 7, 1), date(2028, 2, 29))
NUMBER_KINDS = ("mobile", "landline", "overseas", "unknown", "none")
STRATEGIES = 8
STEPS = 3
NO_WORD = -1  # a word that is missing, or none that is known
EVERYWHERE = len(CHANNELS)
SERVICE, MARKETING = 0, 1

Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class Slots:
    """What may be there several times a person: (people, places) arrays; ``here`` says which are filled."""

    here: Flags
    words: dict[str, Ints]

    def __getattr__(self, name: str) -> Ints:
        return self.words[name]


@dataclass(frozen=True, kw_only=True)
class Touches:
    """Every touch of every strategy: arrays of (strategy, step)."""

    channel: Ints
    kind: Ints
    marketing_number: Flags
    switched_off: Flags
    personal: Flags
    valid_from: Ints
    valid_until: Ints


@dataclass(frozen=True, kw_only=True)
class People:
    """One row a person; words are places in the vocabularies of ``lake.tables.words``."""

    day: date
    touches: Touches
    registered: Flags
    born_year: Ints
    born_month: Ints
    risk: Ints
    has_app: Ints
    has_number_row: Flags
    number_kind: Ints
    number: Ints
    person: Ints
    consents: Slots
    suppressions: Slots
    opt_outs: Slots
    contacts: Slots
    outcomes: Slots
    plan: Slots
    assignments: Slots
    begun_again: Slots
    journeys: Slots
    strategy: Ints
    step: Ints
    hour: Ints

    @property
    def people(self) -> int:
        return len(self.strategy)


def make_people(people: int, *, seed: int) -> People:
    """Everybody begins as one who may be contacted, and is then given a trouble or two, often at an edge."""
    chance = np.random.default_rng(seed)
    day = DAYS[seed % len(DAYS)]
    touches = _touches(chance)

    def troubled(share: float) -> Flags:
        return chance.random(people) < share

    def one(choices: Any, size: Any = None) -> Ints:
        return chance.choice(np.asarray(choices, np.int64), size=size or people)

    aged = troubled(0.15)
    edges = [(18, -1), (18, 0), (18, 1), (65, -1), (65, 0), (65, 1), (40, 0), (80, 0), (12, 0), (NEVER, 0)]
    years, months = np.array(edges, np.int64)[one(range(len(edges)))].T
    month_count = day.year * 12 + day.month - 1 + np.where(aged, months, 0) - 12 * np.where(aged, years, 36)
    unknown_age = aged & (years == NEVER)
    mobile = ~troubled(0.06)
    strategy, step = one(range(STRATEGIES)), one(range(STEPS))
    return People(
        day=day,
        touches=touches,
        registered=~troubled(0.01),
        born_year=np.where(unknown_age, NEVER, month_count // 12),
        born_month=np.where(unknown_age, NEVER, month_count % 12 + 1),
        risk=np.where(troubled(0.2), one([NEVER, 1, 2, 3]), 5),
        has_app=np.where(troubled(0.06), one([NEVER, 0, 1]), 1),
        has_number_row=~troubled(0.01),
        number_kind=np.where(mobile, 0, one(range(len(NUMBER_KINDS)))),
        number=np.where(troubled(0.01), NEVER, _numbers(chance, people)),
        person=_persons(np.random.default_rng([seed, 13]), people),
        consents=_consents(chance, people),
        suppressions=_suppressions(chance, people),
        opt_outs=_opt_outs(chance, people),
        contacts=_contacts(chance, people),
        outcomes=_outcomes(chance, people),
        plan=_plan(chance, people),
        assignments=_begun(chance, people, 0.05),
        begun_again=_begun(chance, people, 0.03),
        journeys=_journeys(chance, people),
        strategy=strategy,
        step=step,
        hour=np.where(troubled(0.12), one([NEVER, 0, 7, 8, 9, 18, 19, 20, 21, 23]), one(range(9, 19))),
    )


def when(day: date, offset: int) -> date | None:
    """The date of a day counted from the day of contact; None for ``NEVER``."""
    return None if offset == NEVER else day + timedelta(days=int(offset))


def _touches(chance: np.random.Generator) -> Touches:
    shape = (STRATEGIES, STEPS)
    off, mute = np.zeros(shape, bool), np.ones(shape, bool)
    off[5, 1], mute[4, 0] = True, False
    personal = np.ones(shape, bool)
    personal[6:] = False
    since, until = np.full(shape, -90), np.full(shape, 9000)
    since[0], since[1], until[2], until[3] = 0, 1, 0, -1
    channels = np.array([chance.permutation(len(CHANNELS))[:STEPS] for _ in range(STRATEGIES)])
    kinds = np.repeat(chance.permutation(STRATEGIES) % len(PRODUCTS), STEPS).reshape(shape)
    return Touches(
        channel=channels,
        kind=kinds,
        marketing_number=mute,
        switched_off=off,
        personal=personal,
        valid_from=since,
        valid_until=until,
    )


def _numbers(chance: np.random.Generator, people: int) -> Ints:
    """Some live two or three at a number, neighbours in the order of people."""
    own = np.arange(people)
    group = chance.random(people // 3 + 1)[own // 3]
    shared = np.where(group < 0.1, own // 3 * 3, own)
    return np.where((group >= 0.1) & (group < 0.25) & (own % 3 == 1), own - 1, shared)


def _persons(chance: np.random.Generator, people: int) -> Ints:
    """One in six has another account or two, anywhere among all; the others are ``NEVER``."""
    several = chance.permutation(people)[: people // 6]
    person = np.full(people, NEVER)
    person[several] = np.arange(len(several)) * 2 // 5
    return person


def _slots(chance: np.random.Generator, people: int, share: float, **choices: Any) -> Slots:
    """As many places as the arrays of ``choices`` are wide; each filled with ``share`` or not at all."""
    drawn = {name: np.asarray(value, np.int64) for name, value in choices.items()}
    places = next(iter(drawn.values())).shape[1]
    return Slots(chance.random((people, places)) < share, drawn)


def _consents(chance: np.random.Generator, people: int) -> Slots:
    """For marketing and for service, for every channel: most are in force, some at an edge or missing."""
    places = 2 * len(CHANNELS)
    shape = (people, places)
    weak = (chance.random(people) < 0.2)[:, None] & np.ones(shape, bool)

    def mostly(usual: int, choices: list[int]) -> Ints:
        return np.where(weak & (chance.random(shape) < 0.35), chance.choice(choices, size=shape), usual)

    channel = np.broadcast_to(np.tile(np.arange(len(CHANNELS)), 2), shape)
    purpose = np.broadcast_to(np.repeat([MARKETING, SERVICE], len(CHANNELS)), shape)
    here = chance.random(shape) < 0.96
    words = {
        "channel": channel,
        "purpose": purpose,
        "granted": mostly(1, [0, NEVER]),
        "valid_from": mostly(-400, [-1, 0, 1, NEVER]),
        "valid_until": mostly(NEVER, [-1, 0, 1]),
        "known_on": mostly(-400, [-2, -1, 0, 1, NEVER]),
        "minute": chance.choice([0, 720, 1439], size=shape),
    }
    return Slots(here, {name: np.asarray(value, np.int64) for name, value in words.items()})


def _suppressions(chance: np.random.Generator, people: int) -> Slots:
    shape = (people, 2)
    return _slots(
        chance,
        people,
        0.07,
        kind=chance.choice([*range(len(SUPPRESSION_KINDS)), NO_WORD], size=shape),
        channel=chance.choice([*range(len(CHANNELS)), EVERYWHERE, EVERYWHERE, NO_WORD], size=shape),
        since=chance.choice([-100, -1, 0, 1, NEVER], size=shape),
        until=chance.choice([NEVER, NEVER, -1, 0, 9], size=shape),
        known_on=chance.choice([-100, -1, 0], size=shape),
    )


def _opt_outs(chance: np.random.Generator, people: int) -> Slots:
    """Asked for since the delivery: by the person (1), the number (2) or both (3)."""
    shape = (people, 1)
    return _slots(
        chance,
        people,
        0.03,
        by=chance.integers(1, 4, size=shape),
        channel=chance.choice([*range(len(CHANNELS)), EVERYWHERE], size=shape),
    )


def _contacts(chance: np.random.Generator, people: int) -> Slots:
    shape = (people, 4)
    answer = chance.choice([RESULTS.index("no_answer"), RESULTS.index("heard_out")], size=shape)
    ill = chance.choice([RESULTS.index("refused"), RESULTS.index("complained")], size=shape)
    return _slots(
        chance,
        people,
        0.06,
        channel=np.where(chance.random(shape) < 0.05, NO_WORD, chance.integers(len(CHANNELS), size=shape)),
        purpose=chance.choice([MARKETING, MARKETING, SERVICE, NO_WORD], size=shape),
        result=np.where(chance.random(shape) < 0.3, ill, answer),
        on=chance.choice([-400, *range(-187, -178), *range(-8, 1)], size=shape),
        minute=chance.choice([0, 720, 1439], size=shape),
    )


def _outcomes(chance: np.random.Generator, people: int) -> Slots:
    shape = (people, 1)
    return _slots(
        chance,
        people,
        0.05,
        channel=chance.integers(len(CHANNELS), size=shape),
        result=chance.integers(len(RESULTS), size=shape),
        on=chance.choice([-1, *range(-187, -178), -400], size=shape),
        strategy=chance.integers(STRATEGIES, size=shape),
    )


def _plan(chance: np.random.Generator, people: int) -> Slots:
    """The house's own contacts, made (0) or held out (1), and candidates that lost (2); by day of contact."""
    shape = (people, 4)
    return _slots(
        chance,
        people,
        0.07,
        channel=chance.integers(len(CHANNELS), size=shape),
        fate=chance.integers(3, size=shape),
        on=chance.permuted(np.tile(np.arange(-8, 0), (people, 1)), axis=1)[:, :4],
        strategy=chance.integers(STRATEGIES, size=shape),
        step=chance.integers(STEPS, size=shape),
    )


def _begun(chance: np.random.Generator, people: int, share: float) -> Slots:
    shape = (people, 1)
    return _slots(
        chance,
        people,
        share,
        strategy=chance.integers(STRATEGIES, size=shape),
        first=chance.choice([-40, -8, -7, -6, -3], size=shape),
        window=chance.choice([3, 7, 30], size=shape),
    )


def _journeys(chance: np.random.Generator, people: int) -> Slots:
    """The last touch made in a strategy, first is 1; a strategy in each place, so that none comes twice."""
    shape = (people, STRATEGIES)
    return _slots(
        chance,
        people,
        0.05,
        strategy=np.broadcast_to(np.arange(STRATEGIES), shape),
        last=chance.integers(1, STEPS + 1, size=shape),
    )
