"""Money that moves: salaries on paydays, interest by the quarter, and habits."""

from typing import NamedTuple

import numpy as np
import pyarrow as pa

from lake.tables import TRANSACTIONS
from sources.synthetic.archetypes import ARCHETYPES, Habit
from sources.synthetic.draws import Ints, day_number
from sources.synthetic.extracts import SECONDS, Span, extract, fen_of, learned, words
from sources.synthetic.population import Population, first_of_month

_HABITS = tuple(habit for kind in ARCHETYPES for habit in kind.habits)
_OWNER = np.array([at for at, kind in enumerate(ARCHETYPES) for _ in kind.habits])
_SALARY = Habit(category="salary", direction="credit", channel="auto", per_year=12, yuan=0)
_INTEREST = Habit(category="interest", direction="credit", channel="auto", per_year=4, yuan=0)
_CAUSES = (*_HABITS, _SALARY, _INTEREST)
_PRESENT = 0.932
"""Share of a year that an average customer is there for: some join during it, some fall silent."""

_HOURS = {
    "counter": (9, 17),
    "atm": (7, 22),
    "app": (7, 23.5),
    "web": (8, 23),
    "pos": (10, 22),
    "auto": (1, 5),
}
"""When a channel is used: most in the middle of these hours."""


class _Postings(NamedTuple):
    """Postings as arrays of one length; ``row`` is the customer's, ``cause`` a position in ``_CAUSES``."""

    row: Ints
    day: Ints
    second: Ints
    cause: Ints
    fen: Ints

    def where(self, kept: np.ndarray) -> "_Postings":
        return _Postings(*(array[kept] for array in self))


def transactions(people: Population, *, span: Span, per_year: float) -> pa.Table:
    """All that moved in ``span``; an average customer comes to ``per_year`` postings."""
    draw = span.draw(people, "transactions")
    pieces = (
        _habitual(people, span, per_year, draw),
        _salaries(people, span, draw),
        _interest(people, span, draw),
    )
    posted = _Postings(*(np.concatenate(arrays) for arrays in zip(*pieces, strict=True)))
    posted = posted.where(posted.day >= people.opened_day[posted.row])
    happened = (posted.day * SECONDS + posted.second) * 1_000_000
    return extract(
        TRANSACTIONS,
        people,
        posted.row,
        {
            "transaction": span.serials(people, len(posted.row)),
            "occurred_at": happened,
            "amount_fen": posted.fen,
            **{name: _said(name, posted.cause) for name in ("direction", "channel", "category")},
            "known_at": learned(happened, draw),
        },
    )


def _said(name: str, cause: Ints) -> pa.DictionaryArray:
    values = TRANSACTIONS[name].values
    return words(values, np.array([values.index(getattr(habit, name)) for habit in _CAUSES])[cause])


def _habitual(people: Population, span: Span, per_year: float, draw: np.random.Generator) -> _Postings:
    members = [np.flatnonzero(people.archetype == position) for position in range(len(ARCHETYPES))]
    years = _frequency(per_year) * span.days / 365.0
    counts = [
        draw.poisson(people.activity[members[owner]] * habit.per_year * years)
        for owner, habit in zip(_OWNER, _HABITS, strict=True)
    ]
    row = np.concatenate([np.repeat(members[owner], n) for owner, n in zip(_OWNER, counts, strict=True)])
    cause = np.repeat(np.arange(len(_HABITS)), [int(n.sum()) for n in counts])
    day = span.days_of(len(row), draw)
    opens, closes = (np.array([_HOURS[habit.channel][end] for habit in _HABITS])[cause] for end in (0, 1))
    hour = opens + (closes - opens) * (draw.random(len(row)) + draw.random(len(row))) / 2
    yuan = np.array([habit.yuan for habit in _HABITS])[cause] * np.exp(0.5 * draw.standard_normal(len(row)))
    posted = _Postings(row, day, (hour * 3600).astype(np.int64), cause, fen_of(yuan))
    return posted.where(day < people.silent_day[row])


def _frequency(per_year: float) -> float:
    """What habits are multiplied by so that, with salary and interest, all comes to ``per_year``."""
    weights = np.array([kind.weight for kind in ARCHETYPES])
    weights = weights / weights.sum()
    paid = sum(weight * kind.salary[0] for weight, kind in zip(weights, ARCHETYPES, strict=True))
    fixed = _SALARY.per_year * paid + _INTEREST.per_year
    free = float(np.sum(weights[_OWNER] * [habit.per_year for habit in _HABITS]))
    return float(max(per_year / _PRESENT - fixed, 0.05 * per_year) / free)


def _salaries(people: Population, span: Span, draw: np.random.Generator) -> _Postings:
    months = np.unique(first_of_month(span.first + np.arange(span.days, dtype=np.int64)))
    paid = np.flatnonzero(people.salary > 0)
    row = np.repeat(paid, len(months))
    day = np.tile(months, len(paid)) + people.payday[row] - 1
    inside = (day >= span.first) & (day < span.first + span.days)
    row, day = row[inside], day[inside]
    yuan = people.salary[row] * draw.uniform(0.95, 1.05, len(row))
    second = draw.integers(2 * 3600, 6 * 3600, len(row))
    return _Postings(row, day, second, np.full(len(row), _CAUSES.index(_SALARY)), fen_of(yuan))


def _interest(people: Population, span: Span, draw: np.random.Generator) -> _Postings:
    """On the 21st of the last month of each quarter, as Chinese banks pay it."""
    due = np.array([day_number(d) for d in span.dates if d.day == 21 and d.month % 3 == 0], dtype=np.int64)
    row = np.tile(np.arange(len(people)), len(due))
    yuan = people.assets[row] * 0.003 * draw.uniform(0.8, 1.2, len(row))
    second = draw.integers(3600, 2 * 3600, len(row))
    cause = np.full(len(row), _CAUSES.index(_INTEREST))
    return _Postings(row, np.repeat(due, len(people)), second, cause, fen_of(yuan))
