"""Handles that feature functions work on: rows the bank knew at the business date, and nothing else.

A handle gives aggregates only, each already confined to the feature's window, so a feature cannot look
ahead. Aggregates are of integers, which makes them exact whatever the order of the rows and whatever the
engine; divide afterwards.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

from pyspark.sql import Column
from pyspark.sql import functions as F

from base.errors import DeclarationError

_BITS = 60  # days kept in one 64-bit word


@dataclass
class Aggregates:
    """The distinct aggregates that the features of one source ask for: they are computed in one pass."""

    columns: dict[str, Column] = field(default_factory=dict)

    def add(self, aggregate: Column) -> Column:
        """A reference to the aggregate's result; asking twice for one aggregate computes it once."""
        key = str(aggregate)
        self.columns.setdefault(key, aggregate)
        return F.col(f"a{list(self.columns).index(key)}")

    def __iter__(self) -> Iterator[Column]:
        return (column.alias(f"a{i}") for i, column in enumerate(self.columns.values()))


class Rows:
    """Rows of a source, confined to a window. Attributes are the source's columns, for use in conditions."""

    def __init__(self, aggregates: Aggregates, *, as_of: date, window: int | None) -> None:
        self._aggregates = aggregates
        self._window = window
        self.as_of = as_of

    def __getattr__(self, name: str) -> Column:
        if name.startswith("_"):
            raise AttributeError(name)
        return F.col(name)

    def count(self, where: Column | None = None) -> Column:
        """How many rows."""
        return self._aggregates.add(F.count(F.when(self._within(where), 1)))

    def sum(self, amount: Column, where: Column | None = None) -> Column:
        """Sum of an integer column."""
        return self._aggregates.add(F.sum(self._kept(amount, where)))

    def max(self, amount: Column, where: Column | None = None) -> Column:
        return self._aggregates.add(F.max(self._kept(amount, where)))

    def min(self, amount: Column, where: Column | None = None) -> Column:
        return self._aggregates.add(F.min(self._kept(amount, where)))

    def any(self, where: Column) -> Column:
        """Whether there is a row for which ``where`` holds."""
        return self.max(F.lit(1), where) == 1

    def days_since(self, where: Column | None = None) -> Column:
        """Days from the newest row to the business date; null if there is none."""
        return self.min(self.age_days, where)

    def active_days(self, where: Column | None = None) -> Column:
        """On how many different days there are rows: a bit a day, in as many words as the window needs.

        Raises DeclarationError where the feature has no window.
        """
        if self._window is None:
            raise DeclarationError("days of activity are counted within a window only; give the feature one")
        words = (self._word(first, where) for first in range(0, self._window, _BITS))
        return reduce(Column.__add__, (F.coalesce(F.bit_count(word), F.lit(0)) for word in words))

    def commonest(self, value: Column, *, values: range, where: Column | None = None) -> Column:
        """The most frequent of a few integer values, the smallest of equals; null if there is no row."""
        # Count and place in one integer: the largest of these is the most frequent, and the first of equals.
        size = len(values)
        ranked = [
            self.count(self._and(where, value == candidate)) * size + (size - 1 - place)
            for place, candidate in enumerate(values)
        ]
        best = F.greatest(*ranked)
        return F.when(best >= size, F.lit(values[-1]) - best % size * values.step)

    def _word(self, first: int, where: Column | None) -> Column:
        here = self._and(where, (self.age_days >= first) & (self.age_days < first + _BITS))
        bit = F.call_function("shiftleft", F.lit(1).cast("long"), self.age_days - first)
        return self._aggregates.add(F.bit_or(self._kept(bit, here)))

    def _kept(self, amount: Column, where: Column | None) -> Column:
        within = self._within(where)
        return F.when(within, amount)

    def _within(self, where: Column | None) -> Column:
        inside = F.lit(True) if self._window is None else self.age_days < self._window
        return self._and(where, inside)

    @staticmethod
    def _and(where: Column | None, other: Column) -> Column:
        return other if where is None else where & other


class Holdings(Rows):
    """Balances as spans of days: each row holds from ``age_days`` days ago until it is replaced.

    ``until_age_days`` is the age of the record that replaced it, -1 for the one in force.
    """

    def at(self, days_ago: int, amount: Column) -> Column:
        """What was held at the close of the day that long before the business date; null if unknown."""
        held = (self.age_days >= days_ago) & (self.until_age_days < days_ago)
        return self._aggregates.add(F.sum(F.when(held, amount)))

    def mean(self, amount: Column) -> tuple[Column, Column]:
        """Numerator and denominator of the day-weighted mean over the days of the window on record."""
        held = self._held_days()
        weighted = F.sum(F.when(held > 0, amount * held))
        return self._aggregates.add(weighted), self._aggregates.add(F.sum(F.when(held > 0, held)))

    def _within(self, where: Column | None) -> Column:
        return self._and(where, self._held_days() > 0)

    def _held_days(self) -> Column:
        if self._window is None:
            return self.age_days - self.until_age_days
        return F.least(self.age_days, F.lit(self._window - 1)) - self.until_age_days


class Person:
    """The customer's own row of the customers snapshot: attributes are its columns."""

    def __init__(self, *, as_of: date) -> None:
        self.as_of = as_of

    def __getattr__(self, name: str) -> Column:
        return F.col(name)

    def days_since(self, day: Column) -> Column:
        return F.date_diff(F.lit(self.as_of), day)

    def years_since(self, month: Column) -> Column:
        """Whole years since a month."""
        months = (F.lit(self.as_of.year) - F.year(month)) * 12 + F.lit(self.as_of.month) - F.month(month)
        return F.floor(months / 12)


class Others:
    """Other features of the same customer: attributes are their values."""

    def __init__(self) -> None:
        self.used: list[str] = []

    def __getattr__(self, name: str) -> Column:
        if name.startswith("__"):
            raise AttributeError(name)
        self.used.append(name)
        return F.col(name)
