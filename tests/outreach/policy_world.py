"""Made-up people in all states a policy rule asks about, at the very edges of dates and limits."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CONSENTS,
    CONTACTS,
    CUSTOMERS,
    NUMBERS,
    OUTCOMES,
    PERSONS,
    PLAN,
    SUPPRESSIONS,
)
from lake.tables.words import CHANNELS, PRODUCTS, SUPPRESSION_KINDS

AS_OF = date(2026, 8, 30)
DAY = AS_OF + timedelta(days=1)
STRATEGIES = tuple(f"strategy_{number}" for number in range(8))
RESULTS = ("refused", "complained", "no_answer", "heard_out")
EDGE = (-31, -8, -7, -6, -5, -1, 0, 1)

NO_CALLER = (STRATEGIES[4], 1)
SWITCHED_OFF = (STRATEGIES[5], 2)
GENERAL = STRATEGIES[6:]

Row = dict[str, Any]


_TABLES = (CUSTOMERS, NUMBERS, PERSONS, CONSENTS, SUPPRESSIONS, CONTACTS, OUTCOMES, PLAN, ASSIGNMENTS)


@dataclass
class World:
    """Rows of every table policy reads, and the candidates it judges."""

    rows: dict[Table, list[Row]] = field(default_factory=lambda: {table: [] for table in _TABLES})
    opt_outs: list[Row] = field(default_factory=list)
    touches: list[Row] = field(default_factory=list)
    journeys: list[Row] = field(default_factory=list)
    begun_again: list[Row] = field(default_factory=list)
    candidates: list[Row] = field(default_factory=list)


def make_world(people: int, *, seed: int) -> World:
    """Every person starts without a reason against contact and is given about one, sometimes several."""
    chance = np.random.default_rng(seed)
    world = World()
    for strategy in STRATEGIES:
        world.touches += _touches(chance, strategy)
    for number in range(people):
        one = _Person(chance, world, f"c{number:05d}", f"n{number - (number % 7 == 3):05d}")
        if number % 10 in (5, 8, 9):  # some of them at a number with somebody else, too
            one.add(PERSONS, person=f"p{number // 10:04d}")
        one.live()
    return world


def day(offset: int) -> date:
    return DAY + timedelta(days=offset)


VALID = {
    STRATEGIES[0]: (day(0), date.max),
    STRATEGIES[1]: (day(1), date.max),
    STRATEGIES[2]: (day(-90), day(0)),
    STRATEGIES[3]: (day(-90), day(-1)),
}


def noon(on: date) -> datetime:
    return datetime.combine(on, time(12))


def _touches(chance: np.random.Generator, strategy: str) -> list[Row]:
    valid_from, valid_until = VALID.get(strategy, (day(-90), date.max))
    kind = str(chance.choice(PRODUCTS))
    return [
        {
            "strategy": strategy,
            "step": step,
            "kind": kind,
            "channel": channel,
            "channel_bit": 1 << CHANNELS.index(channel),
            "planned_seconds": {"ai_call": 90, "human_call": 300}.get(channel, 0),
            "by_human": channel == "human_call",
            "needs": "app" if channel == "push" else "number",
            "caller_purpose": None if (strategy, step) == NO_CALLER else "marketing",
            "switched_off": (strategy, step) == SWITCHED_OFF,
            "personal": strategy not in GENERAL,
            "valid_from": valid_from,
            "valid_until": valid_until,
        }
        for step, channel in enumerate(chance.permutation(CHANNELS)[:3].tolist(), start=1)
    ]


class _Person:
    """Writes one person's rows into the world."""

    def __init__(self, chance: np.random.Generator, world: World, customer: str, number: str) -> None:
        self.chance, self.world, self.customer, self.number = chance, world, customer, number
        self.facts: Row = {
            "birth_month": date(1990, 1, 1),
            "risk_level": 3,
            "has_app": True,
            "kind": "mobile",
        }
        self.consent: Row = {
            "granted": True,
            "valid_from": day(-400),
            "valid_until": None,
            "known_at": noon(day(-400)),
        }

    def live(self) -> None:
        troubles = (
            self.age,
            self.risk,
            self.means,
            self.weak_consent,
            self.suppressed,
            self.opted_out_since,
            self.contacted_by_others,
            self.answered,
            self.planned,
            self.under_way,
            self.begun,
        )
        for trouble in self.chance.choice(len(troubles), size=self.chance.integers(0, 4), replace=False):
            troubles[trouble]()
        self.registered()
        for touch in self.chance.choice(len(self.world.touches), size=4, replace=False):
            row = self.world.touches[touch]
            hour = self.one([None, 8, 9, 12, 18, 19, 20], p=[0.02, 0.05, 0.2, 0.48, 0.1, 0.1, 0.05])
            self.world.candidates.append(
                {
                    "customer": self.customer,
                    **{name: row[name] for name in ("strategy", "step", "channel", "kind")},
                }
                | {"hour": hour}
            )

    def one(self, choices: Any, p: Any = None) -> Any:
        return choices[self.chance.choice(len(choices), p=p)]

    def add(self, table: Table, **values: Any) -> None:
        as_of = values.pop("as_of", AS_OF)
        row = dict.fromkeys(table.names) | {"customer": self.customer} | values | {"as_of": as_of}
        self.world.rows[table].append(row)

    def registered(self) -> None:
        if self.chance.random() < 0.01:
            return  # a candidate of whom the bank knows nothing
        known = {name: self.facts[name] for name in ("birth_month", "risk_level", "has_app")}
        self.add(CUSTOMERS, **known, opened_on=day(-900), known_at=noon(day(-900)))
        if self.chance.random() > 0.02:
            number = None if self.facts["kind"] == "none" else self.number
            self.add(NUMBERS, number=number, kind=self.facts["kind"])
        for channel in CHANNELS:
            if self.chance.random() < 0.95:
                self.add(CONSENTS, purpose="marketing", channel=channel, **self.consent)
            self.add(CONSENTS, purpose="service", channel=channel, **self.consent | {"granted": True})

    def age(self) -> None:
        young = [date(2008, 7, 1), date(2008, 8, 1), date(2008, 9, 1)]
        old = [date(1961, 7, 1), date(1961, 8, 1), date(1961, 9, 1), date(1940, 2, 1)]
        self.facts["birth_month"] = self.one([None, *young, *old])

    def risk(self) -> None:
        self.facts["risk_level"] = self.one([None, 1, 2, 3])

    def means(self) -> None:
        self.facts["has_app"] = self.one([None, False, True])
        self.facts["kind"] = self.one(["landline", "overseas", "unknown", "none", "mobile"])

    def weak_consent(self) -> None:
        change: list[Row] = [
            {"granted": False},
            {"valid_from": day(self.one((-1, 0, 1)))},
            {"valid_until": day(self.one((-1, 0, 1)))},
            {"known_at": noon(day(self.one((-1, 0, 1))))},
        ]
        self.consent |= self.one(change)

    def suppressed(self) -> None:
        for _ in range(self.chance.integers(1, 3)):
            self.add(
                SUPPRESSIONS,
                kind=self.one(SUPPRESSION_KINDS),
                channel=self.one([*CHANNELS, "all", "all"]),
                since=day(self.one((-100, -1, 0, 1))),
                until=self.one([None, day(-1), day(0), day(9)]),
                known_at=noon(day(-1)),
            )

    def opted_out_since(self) -> None:
        by_number = self.chance.random() < 0.5
        customer, number = (None, self.number) if by_number else (self.customer, None)
        channel = self.one([*CHANNELS, "all"])
        self.world.opt_outs.append({"customer": customer, "number": number, "channel": channel})

    def contacted_by_others(self) -> None:
        for _ in range(self.chance.integers(1, 6)):
            on = day(self.one((*EDGE[1:-1], -180, -181, -184, -185, -400)))
            self.add(
                CONTACTS,
                contact=len(self.world.rows[CONTACTS]),
                contacted_at=noon(on),
                channel=self.one(CHANNELS),
                purpose=self.one(["marketing", "marketing", "service", None]),
                result=self.one(RESULTS, p=[0.15, 0.05, 0.4, 0.4]),
                known_at=noon(on),
            )

    def answered(self) -> None:
        on = day(self.one((-1, -180, -181, -184, -185)))
        result = self.one(RESULTS)
        self.add(
            OUTCOMES,
            contact=f"k{len(self.world.rows[OUTCOMES])}",
            strategy=self.one(STRATEGIES),
            step=1,
            channel=self.one(CHANNELS),
            result=result,
            happened_at=noon(on),
            seconds=0,
            as_of=on - timedelta(days=1),
        )

    def planned(self) -> None:
        for offset in self.chance.choice(EDGE[:-2], size=self.chance.integers(1, 5), replace=False):
            self.add(
                PLAN,
                strategy=self.one(STRATEGIES),
                step=int(self.chance.integers(1, 4)),
                channel=self.one(CHANNELS),
                fate=self.one(["contact", "held_out", "capacity", "lower_value"]),
                as_of=day(int(offset) - 1),
            )

    def under_way(self) -> None:
        first, window = self.one((-40, -8, -7, -6, -3, 0)), self.one((3, 7, 30))
        self.add(
            ASSIGNMENTS,
            strategy=self.one(STRATEGIES),
            arm="treatment",
            first_exposed=day(first),
            window_days=window,
            as_of=day(first - 1),
        )

    def begun(self) -> None:
        """Journeys: those that may not begin again, and those after the first, ended or not."""
        for strategy in self.chance.choice(STRATEGIES, size=self.chance.integers(1, 5), replace=False):
            own = {"customer": self.customer, "strategy": str(strategy)}
            if self.chance.random() < 0.7:
                self.world.journeys.append({**own, "last_step": int(self.one((1, 1, 2, 3)))})
            if self.chance.random() < 0.4:
                first, window = self.one((-40, -8, -7, -6, -3, 0)), self.one((3, 7, 30))
                self.world.begun_again.append({**own, "first_exposed": day(first), "window_days": window})
