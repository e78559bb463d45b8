"""Writes a rule out as SQL that means on Sail, Spark and DuckDB what truth() says of it.

The engines differ on NaN (equal to itself, above everything) and its sign, on minus zero (Sail tells it from
zero), on division by zero (an error, an infinity) and on escapes in texts; what is written here leaves them
no choice. Dates are compared as day numbers, so that no shift leaves an engine's calendar.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from strategies.tree import (
    And,
    Arithmetic,
    AsOf,
    Compare,
    Condition,
    Day,
    DaysBetween,
    Missing,
    Name,
    Negative,
    Not,
    Number,
    OneOf,
    Or,
    Shifted,
    Text,
    Truth,
    Value,
)

Dialect = Literal["spark", "duckdb"]

_EPOCH = date(1970, 1, 1)
_ZERO = "cast('0' as double)"


@dataclass(frozen=True, kw_only=True)
class _Words:
    """What the two dialects write differently."""

    name: Callable[[str], str]
    text: Callable[[str], str]
    day_number: str


_DIALECTS: dict[Dialect, _Words] = {
    "spark": _Words(
        name=lambda name: f"`{name}`",
        text=lambda text: "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'",
        day_number="unix_date({})",
    ),
    "duckdb": _Words(
        name=lambda name: f'"{name}"',
        text=lambda text: "'" + text.replace("'", "''") + "'",
        day_number="({} - date '1970-01-01')",
    ),
}


def sql(condition: Condition, *, as_of: date, dialect: Dialect = "spark", nan_free: bool = False) -> str:
    """A boolean SQL expression over columns called like the features, with the meaning of truth().

    ``nan_free``: the caller knows that no column holds NaN or minus zero, so that columns are compared as
    they are; the expression is shorter and quicker then.
    """
    return _Writer(words=_DIALECTS[dialect], as_of=as_of, nan_free=nan_free).condition(condition)


@dataclass(frozen=True, kw_only=True)
class _Writer:
    words: _Words
    as_of: date
    nan_free: bool

    def condition(self, condition: Condition) -> str:
        match condition:
            case Truth(value):
                return "true" if value else "false"
            case Name(name):
                return self.words.name(name)
            case Not(of):
                return f"(not {self.condition(of)})"
            case And(parts):
                return f"({' and '.join(map(self.condition, parts))})"
            case Or(parts):
                return f"({' or '.join(map(self.condition, parts))})"
            case Missing(value):
                return f"({self._known(value)} is null)"
            case Compare(order, left, right):
                return f"({self._known(left)} {order} {self._known(right)})"
            case OneOf(value, choices):
                return f"({self._known(value)} in ({', '.join(map(self._known, choices))}))"

    def _known(self, value: Value) -> str:
        """The value with null where it is missing, and one zero only."""
        written = self._value(value)
        match value:
            case Negative() | Arithmetic():
                pass
            case Name(_, "number") if not self.nan_free:
                pass
            case _:
                return written
        return f"(case when not isnan({written}) then {written} + {_ZERO} end)"

    def _value(self, value: Value) -> str:
        """The value, perhaps NaN where it is missing: arithmetic passes both on. What is written is no minus
        zero: Sail would not find zero ``in`` a list that has it."""
        match value:
            case Number(number):
                return f"cast('{number + 0.0!r}' as double)"
            case Text(text):
                return self.words.text(text)
            case Day(day):
                return str((day - _EPOCH).days)
            case AsOf():
                return str((self.as_of - _EPOCH).days)
            case Name(name, "number"):
                return f"cast({self.words.name(name)} as double)"
            case Name(name, "date"):
                return self.words.day_number.format(self.words.name(name))
            case Name(name):
                return self.words.name(name)
            case Negative(of):
                return f"(- {self._value(of)})"
            case Arithmetic("/", left, right):
                return f"({self._value(left)} / nullif({self._value(right)} + {_ZERO}, {_ZERO}))"
            case Arithmetic(operation, left, right):
                return f"({self._value(left)} {operation} {self._value(right)})"
            case Shifted(of, days):
                return f"({self._value(of)} + {days})"
            case DaysBetween(end, start):
                return f"cast({self._value(end)} - {self._value(start)} as double)"
