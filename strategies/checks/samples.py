"""Customers made up around the thresholds of a book: most wrong guesses about rules fail on one of them.

A rule that is true of a customer of whom another is not cannot be inside the other; so only the few pairs
that no such customer parts need a proof.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa

from strategies.checks.domains import Customer, Domain
from strategies.checks.walk import leaves, values
from strategies.tree import Condition, Day, Name, Number, Text
from strategies.truth import Known

ROWS = 64
"""Customers made for each rule: one word of a bit set."""

_ARROW = {"number": pa.float64(), "flag": pa.bool_(), "text": pa.string(), "date": pa.date32()}
# Of the values of a name that a rule does not read: how many are missing, and how many the least or the most.
_MISSING, _LEAST = 0.1, 0.25
# A rule that speaks of segments is about them: most of its customers are of those it names.
_NAMED = 0.9
_SOME_DAY = date(2000, 1, 1).toordinal()

Choices = Sequence[Known | None]


class Samples:
    """Makes up customers with a value for every name of ``domains``, near those that ``book`` speaks of."""

    def __init__(self, book: Iterable[Condition], *, domains: Mapping[Name, Domain]) -> None:
        around = _around(book)
        self._columns = tuple(domains)
        self._domains = domains
        self._choices = {name: _choices(around.get(name, ()), domains[name]) for name in self._columns}

    def around(self, rules: Sequence[Condition], *, seed: int) -> pa.RecordBatch:
        """``ROWS`` customers for each rule, in order: many of them satisfy it, and hardly anything else."""
        rng = np.random.default_rng(seed)
        rows = len(rules) * ROWS
        columns = {name: self._anything(name, rows, rng) for name in self._columns}
        for place, rule in enumerate(rules):
            block = slice(place * ROWS, (place + 1) * ROWS)
            for name, found in _around([rule]).items():
                columns[name][block] = _drawn(_close(found, self._domains[name]), name, rng)
        return self._batch(columns)

    def like(self, customers: Sequence[Customer], *, rows: int, seed: int) -> pa.RecordBatch:
        """``rows`` customers like each of the given ones, in order: the same in all that those say."""
        rng = np.random.default_rng(seed)
        columns = {name: self._anything(name, len(customers) * rows, rng) for name in self._columns}
        for place, customer in enumerate(customers):
            block = slice(place * rows, (place + 1) * rows)
            for name in self._columns:
                if name.name in customer:
                    columns[name][block] = customer[name.name]
        return self._batch(columns)

    def _batch(self, columns: Mapping[Name, np.ndarray]) -> pa.RecordBatch:
        arrays = [_arrow(columns[name], name) for name in self._columns]
        return pa.RecordBatch.from_arrays(arrays, names=[name.name for name in self._columns])

    def _anything(self, name: Name, rows: int, rng: np.random.Generator) -> np.ndarray:
        choices = self._choices[name]
        luck = rng.random(rows)
        place = rng.integers(0, len(choices), rows)
        place[luck < _MISSING + 2 * _LEAST] = len(choices) - 1
        place[luck < _MISSING + _LEAST] = 0
        drawn = _array(choices)[place]
        if self._domains[name].nullable:
            drawn[luck < _MISSING] = np.nan if drawn.dtype == np.float64 else None
        return drawn


def _around(rules: Iterable[Condition]) -> dict[Name, set[Known]]:
    """What the rules compare each name with."""
    found: dict[Name, set[Known]] = defaultdict(set)
    for rule in rules:
        for leaf in leaves(rule):
            atoms = list(values(leaf))
            literals = {atom.value for atom in atoms if isinstance(atom, Number | Text | Day)}
            for atom in atoms:
                if isinstance(atom, Name):
                    found[atom] |= literals
    return found


def _close(literals: Iterable[Known], own: Domain) -> Choices:
    """The literals and what lies just beside them."""
    if own.kind == "flag":
        return (False, True)
    if own.kind == "text":
        return sorted(map(str, literals)) or ("another",)
    if own.kind == "date":
        days = {literal.toordinal() for literal in literals if isinstance(literal, date)} or {_SOME_DAY}
        near = sorted({day + beside for day in days for beside in (-1, 0, 1)})
        return [date.fromordinal(day) for day in near if 1 <= day <= date.max.toordinal()]
    found = {near for literal in _numbers(literals) for near in _beside(literal, own)}
    return sorted(number for number in found if own.holds(number)) or (_least(own),)


def _beside(number: float, own: Domain) -> tuple[float, ...]:
    if own.whole:
        low, high = float(np.floor(number)), float(np.ceil(number))
        return low - 1, low, high, high + 1
    return number - 1 / own.steps, number, number + 1 / own.steps


def _numbers(literals: Iterable[Known]) -> set[float]:
    return {float(literal) for literal in literals if isinstance(literal, int | float)}


def _choices(literals: Iterable[Known], own: Domain) -> Choices:
    """Values that tell the book's conditions apart: between any two thresholds, and beyond the ends."""
    if own.kind == "text":
        return (*_close(literals, own), "another")
    if own.kind != "number":
        return _close(literals, own)
    marks = sorted(_numbers(literals))
    if not marks:
        return [value for value in (0.0, 1.0, 1_000.0) if own.holds(value)] or (_least(own),)
    width = max(abs(marks[-1]), abs(marks[0]), 1.0)
    middles = [(low + high) / 2 for low, high in pairwise(marks)]
    tried = [own.low, marks[0] - width, *_beside_all(marks, own), *middles, marks[-1] + width, own.high]
    numbers = {float(np.round(value)) if own.whole else value for value in tried if np.isfinite(value)}
    return sorted(value for value in numbers if own.holds(value))


def _beside_all(marks: Iterable[float], own: Domain) -> list[float]:
    return [near for mark in marks for near in _beside(mark, own)]


def _least(own: Domain) -> float:
    return own.low if np.isfinite(own.low) else 0.0


def _drawn(choices: Choices, name: Name, rng: np.random.Generator) -> np.ndarray:
    drawn = _array(choices)[rng.integers(0, len(choices), ROWS)]
    if name.kind == "text":
        drawn[rng.random(ROWS) > _NAMED] = "another"
    return drawn


def _array(choices: Choices) -> np.ndarray:
    numbers = all(isinstance(choice, int | float) for choice in choices)
    return np.array(choices, dtype=np.float64 if numbers else object)


def _arrow(column: np.ndarray, name: Name) -> pa.Array:
    return pa.array(column, from_pandas=True).cast(_ARROW[name.kind])
