"""What customers do by themselves: money moved, products taken up, the app used, calls and complaints made.

Every function gives what *happened* on ``days`` days from ``start``, with the time the bank learned of it, which
may be up to ``LATE_DAYS`` days later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from lake.table import Table
from lake.tables import APP_EVENTS, COMPLAINTS, INBOUND_CALLS, OPENINGS, TRANSACTIONS
from lake.tables.words import PRODUCTS
from sources.synthetic.archetypes import ARCHETYPES, Habit
from sources.synthetic.draws import Flags, Floats, Ints, chance, day_number, stream
from sources.synthetic.population import PART, Population, first_of_month

LATE_DAYS = 2
SECONDS = 86_400
_CATEGORIES = TRANSACTIONS["category"].values
_CHANNELS = TRANSACTIONS["channel"].values
_DIRECTIONS = TRANSACTIONS["direction"].values
_KINDS = APP_EVENTS["kind"].values
_HOURS = {
    "counter": (9, 17),
    "atm": (7, 22),
    "app": (7, 23.5),
    "web": (8, 23),
    "pos": (10, 22),
    "auto": (1, 5),
}
_OPENED_YUAN = {"deposit": 6_000, "loan": 20_000, "wealth": 8_000, "fund": 2_500, "instalment": 3_000}


@dataclass(frozen=True, kw_only=True)
class Span:
    """Days in a row, and the words that make its draws and numbers its own."""

    start: date
    days: int

    @property
    def first(self) -> int:
        return day_number(self.start)

    def draw(self, people: Population, name: str) -> np.random.Generator:
        """The generator for one table of one part over this span."""
        return stream(people.seed, name, int(people.index[0]) // PART, self.first)

    def serials(self, people: Population, rows: int) -> Ints:
        """Numbers that no other span and part of the world uses for the same table."""
        part = int(people.index[0]) // PART
        serials: Ints = self.first * 10**13 + part * 10**9 + np.arange(rows, dtype=np.int64)
        return serials


def transactions(people: Population, *, span: Span, per_year: float) -> pa.Table:
    """Salaries on paydays, interest on the 21st of quarters' last months, and habits; ``per_year`` on average."""
    draw = span.draw(people, "transactions")
    habits = _scaled(per_year)
    pieces = [
        _repeated(people, habits, span, draw),
        _salaries(people, span, draw),
        _interest(people, span, draw),
    ]
    row, day, second, habit, fen = (np.concatenate([piece[at] for piece in pieces]) for at in range(5))
    joined = day >= people.opened_day[row]
    row, day, second, habit, fen = (array[joined] for array in (row, day, second, habit, fen))
    happened = (day * SECONDS + second) * 1_000_000
    every = (*habits, _SALARY, _INTEREST)
    return extract(
        TRANSACTIONS,
        people,
        row,
        {
            "transaction": span.serials(people, len(row)),
            "occurred_at": happened,
            "direction": words(_DIRECTIONS, np.array([_DIRECTIONS.index(h.direction) for h in every])[habit]),
            "amount_fen": fen,
            "channel": words(_CHANNELS, np.array([_CHANNELS.index(h.channel) for h in every])[habit]),
            "category": words(_CATEGORIES, np.array([_CATEGORIES.index(h.category) for h in every])[habit]),
            "known_at": learned(happened, draw),
        },
    )


_SALARY = Habit(category="salary", direction="credit", channel="auto", per_year=12, yuan=0)
_INTEREST = Habit(category="interest", direction="credit", channel="auto", per_year=4, yuan=0)
_HABITS = tuple(habit for kind in ARCHETYPES for habit in kind.habits)
_OWNER = np.array([at for at, kind in enumerate(ARCHETYPES) for _ in kind.habits])


def _scaled(per_year: float) -> tuple[Habit, ...]:
    """The habits, made so frequent that an average customer's postings come to ``per_year``."""
    weights = np.array([kind.weight for kind in ARCHETYPES])
    weights = weights / weights.sum()
    fixed = 4.0 + sum(12.0 * w * kind.salary[0] for w, kind in zip(weights, ARCHETYPES, strict=True))
    free = float(np.sum(weights[_OWNER] * [habit.per_year for habit in _HABITS]))
    factor = max(per_year - fixed, 0.05 * per_year) / free
    return tuple(
        Habit(
            category=h.category,
            direction=h.direction,
            channel=h.channel,
            per_year=h.per_year * factor,
            yuan=h.yuan,
        )
        for h in _HABITS
    )


def _repeated(
    people: Population, habits: Sequence[Habit], span: Span, draw: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    rows, which = [], []
    members = [np.flatnonzero(people.archetype == position) for position in range(len(ARCHETYPES))]
    for number, habit in enumerate(habits):
        mine = members[_OWNER[number]]
        counts = draw.poisson(people.activity[mine] * (habit.per_year * span.days / 365.0))
        rows.append(np.repeat(mine, counts))
        which.append(np.full(len(rows[-1]), number, dtype=np.int64))
    row, habit_of = np.concatenate(rows), np.concatenate(which)
    day = span.first + draw.integers(0, span.days, len(row))
    opens, closes = (np.array([_HOURS[h.channel][end] for h in habits])[habit_of] for end in (0, 1))
    luck = (draw.random(len(row)) + draw.random(len(row))) / 2
    yuan = np.array([h.yuan for h in habits])[habit_of] * np.exp(0.5 * draw.standard_normal(len(row)))
    return row, day, ((opens + (closes - opens) * luck) * 3600).astype(np.int64), habit_of, fen_of(yuan)


def _salaries(
    people: Population, span: Span, draw: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    paid = np.flatnonzero(people.salary > 0)
    months = np.unique(first_of_month(span.first + np.arange(span.days, dtype=np.int64)))
    row = np.repeat(paid, len(months))
    day = np.tile(months, len(paid)) + people.payday[row] - 1
    inside = (day >= span.first) & (day < span.first + span.days)
    row, day = row[inside], day[inside]
    second = draw.integers(2 * 3600, 6 * 3600, len(row))
    yuan = people.salary[row] * draw.uniform(0.95, 1.05, len(row))
    return row, day, second, np.full(len(row), len(_HABITS)), fen_of(yuan)


def _interest(
    people: Population, span: Span, draw: np.random.Generator
) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    dates = [span.start + timedelta(days=offset) for offset in range(span.days)]
    days = np.array([day_number(d) for d in dates if d.day == 21 and d.month % 3 == 0], dtype=np.int64)
    row = np.tile(np.arange(len(people)), len(days))
    second = draw.integers(3600, 2 * 3600, len(row))
    yuan = people.assets[row] * 0.003 * draw.uniform(0.8, 1.2, len(row))
    return row, np.repeat(days, len(people)), second, np.full(len(row), len(_HABITS) + 1), fen_of(yuan)


def wants(people: Population, *, day: int) -> Flags:
    """What each customer takes up unprompted on ``day``, one column a product of ``PRODUCTS``."""
    columns = [chance(people.seed, f"wants {product}", index=people.index, day=day) for product in PRODUCTS]
    taken: Flags = np.column_stack(columns) < people.base
    return taken & (people.opened_day <= day)[:, None]


def openings(people: Population, *, span: Span) -> pa.Table:
    """Products taken up unprompted over a long span: as many as ``wants`` would give, drawn at once."""
    draw = span.draw(people, "openings")
    counts = draw.binomial(span.days, people.base)
    cell = np.repeat(np.arange(counts.size), counts.ravel())
    row, product = np.divmod(cell, len(PRODUCTS))
    day = span.first + draw.integers(0, span.days, len(row))
    joined = day >= people.opened_day[row]
    return taken_up(people, row[joined], product[joined], day[joined], span=span)


def taken_up(
    people: Population, row: Ints, product: Ints, day: Ints, *, span: Span, second: Ints | None = None
) -> pa.Table:
    """Openings as the bank writes them down; ``second`` of the day is drawn where it is not given.

    Openings whose second is given are the answers to contacts: the bank knows of them at once, and their
    numbers lie apart from the others.
    """
    draw = span.draw(people, "openings, in detail")
    answers = second is not None
    second = draw.integers(9 * 3600, 21 * 3600, len(row)) if second is None else second
    happened = (day * SECONDS + second) * 1_000_000
    yuan = np.array([_OPENED_YUAN.get(name, 0) for name in PRODUCTS])[product] * draw.lognormal(
        0, 0.5, len(row)
    )
    serials = span.serials(people, len(row)) + (5 * 10**8 if answers else 0)
    return extract(
        OPENINGS,
        people,
        row,
        {
            "opening": serials,
            "occurred_at": happened,
            "product": words(PRODUCTS, product),
            "amount_fen": fen_of(yuan) // 10_000 * 10_000,
            "known_at": happened if answers else learned(happened, draw),
        },
    )


def app_events(people: Population, *, span: Span) -> pa.Table:
    """Visits to the app: a login each, then perhaps a look at a product, a search, a transfer or a service."""
    draw = span.draw(people, "app_events")
    visits = (
        np.array([kind.sessions for kind in ARCHETYPES])[people.archetype] * people.has_app * people.activity
    )
    visit = np.repeat(np.arange(len(people)), draw.poisson(visits * span.days / 365.0))
    day = span.first + draw.integers(0, span.days, len(visit))
    second = (7 + 16 * (draw.random(len(visit)) + draw.random(len(visit))) / 2) * 3600
    joined = day >= people.opened_day[visit]
    visit, happened = visit[joined], (day * SECONDS + second.astype(np.int64))[joined]
    deeper = draw.random(len(visit)) < 0.6
    browsed, product = _looked_at(people.archetype[visit[deeper]], draw)
    row = np.concatenate([visit, visit[deeper]])
    kind = np.concatenate([np.zeros(len(visit), dtype=np.int64), browsed])
    happened = np.concatenate([happened, happened[deeper] + draw.integers(5, 240, len(browsed))]) * 1_000_000
    return extract(
        APP_EVENTS,
        people,
        row,
        {
            "event": span.serials(people, len(row)),
            "occurred_at": happened,
            "kind": words(_KINDS, kind),
            "product": words(PRODUCTS, np.concatenate([np.full(len(visit), -1), product])),
            "known_at": learned(happened, draw),
        },
    )


def _looked_at(archetype: Ints, draw: np.random.Generator) -> tuple[Ints, Ints]:
    """Kind of the second event of a visit, and the product it concerns (-1: none)."""
    tastes = (
        np.array([[kind.browses.get(product, 0.0) for product in PRODUCTS] for kind in ARCHETYPES]) + 1e-9
    )
    cumulated = np.cumsum(tastes / tastes.sum(axis=1, keepdims=True), axis=1)[archetype]
    product = np.minimum((draw.random(len(archetype))[:, None] > cumulated).sum(axis=1), len(PRODUCTS) - 1)
    browses = np.array([bool(kind.browses) for kind in ARCHETYPES])[archetype]
    luck = draw.random(len(archetype))
    kind = np.where(luck < 0.75, _KINDS.index("browse"), np.where(luck < 0.85, _KINDS.index("search"), 0))
    kind = np.where((kind == 0) | ~browses, np.where(luck < 0.93, 3, 4), kind)
    named = kind == _KINDS.index("browse")
    return kind, np.where(named, product, -1)


def complaints(people: Population, *, span: Span) -> pa.Table:
    """One customer in thirty complains in a year."""
    row, happened, topic, known = _seldom(people, span, 0.035, len(COMPLAINTS["topic"].values), "complaints")
    topics = words(COMPLAINTS["topic"].values, topic)
    columns = {
        "complaint": span.serials(people, len(row)),
        "opened_at": happened,
        "topic": topics,
        "known_at": known,
    }
    return extract(COMPLAINTS, people, row, columns)


def inbound_calls(people: Population, *, span: Span) -> pa.Table:
    """Two calls in three years from an average customer."""
    row, happened, intent, known = _seldom(
        people, span, 0.7, len(INBOUND_CALLS["intent"].values), "inbound_calls"
    )
    intents = words(INBOUND_CALLS["intent"].values, intent)
    columns = {
        "call": span.serials(people, len(row)),
        "occurred_at": happened,
        "intent": intents,
        "known_at": known,
    }
    return extract(INBOUND_CALLS, people, row, columns)


def _seldom(
    people: Population, span: Span, per_year: float, words_: int, name: str
) -> tuple[Ints, Ints, Ints, Ints]:
    draw = span.draw(people, name)
    row = np.repeat(np.arange(len(people)), draw.poisson(per_year * span.days / 365.0, len(people)))
    day = span.first + draw.integers(0, span.days, len(row))
    joined = day >= people.opened_day[row]
    row, day = row[joined], day[joined]
    happened = (day * SECONDS + draw.integers(8 * 3600, 20 * 3600, len(row))) * 1_000_000
    return row, happened, draw.integers(0, words_, len(row)), learned(happened, draw)


def learned(happened: Ints, draw: np.random.Generator) -> Ints:
    """When the bank knew: within two minutes, but one in fifty half an hour to 40 hours later."""
    late = draw.random(len(happened)) < 0.02
    delay = np.where(
        late, draw.integers(1_800, 40 * 3_600, len(happened)), draw.integers(0, 120, len(happened))
    )
    known: Ints = happened + delay * 1_000_000
    return known


def fen_of(yuan: Floats) -> Ints:
    """Whole fen."""
    return np.rint(yuan * 100).astype(np.int64)


def words(values: Sequence[str], at: NDArray[np.int64]) -> pa.DictionaryArray:
    """Words by their position in ``values``; -1 is null. Held once each, not once a row."""
    positions = pa.array(at.astype(np.int8), mask=at < 0)
    return pa.DictionaryArray.from_arrays(positions, pa.array(values))


def extract(table: Table, people: Population, row: Ints, columns: Mapping[str, object]) -> pa.Table:
    """An extract of ``table``: the customer's number for the token, numbers cast to the declared types."""
    found: dict[str, object] = {
        "customer_no": pa.DictionaryArray.from_arrays(pa.array(row.astype(np.int32)), people.numbers)
    }
    for name in table.names:
        if name != "customer":
            given = columns[name]
            declared = table.arrow_schema().field(name).type
            words_ = isinstance(given, pa.Array)
            found[name] = given if words_ else pa.array(given).cast(declared)
    return pa.table(found)
