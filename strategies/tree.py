"""A checked rule as one typed tree, and what every reader of it means by it.

Values are known or missing. Null is missing, and so is NaN, a division by zero, and whatever arithmetic makes
NaN of; an infinity and an empty text are values like any other. Numbers are compared and reckoned as doubles,
minus zero equals zero. A comparison with something missing is neither true nor false (Kleene's three values,
as in SQL); only customers of whom the whole rule is true are selected.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["number", "flag", "text", "date"]
Order = Literal["=", "<>", "<", "<=", ">", ">="]
Operation = Literal["+", "-", "*", "/"]


@dataclass(frozen=True)
class Name:
    """A feature, or ``segment``; alone it is a condition where its kind is flag."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class Number:
    """A number as written, its scale and percent worked in."""

    value: float


@dataclass(frozen=True)
class Text:
    """A text as written, without its quotes."""

    value: str


@dataclass(frozen=True)
class Day:
    """A date as written."""

    value: date


@dataclass(frozen=True)
class AsOf:
    """The business date for which the rule is read."""


@dataclass(frozen=True)
class Arithmetic:
    """Two numbers put together."""

    operation: Operation
    left: "Value"
    right: "Value"


@dataclass(frozen=True)
class Negative:
    """A number with its sign turned."""

    of: "Value"


@dataclass(frozen=True)
class Shifted:
    """A date, some whole days later (or earlier, where ``days`` is negative)."""

    of: "Value"
    days: int


@dataclass(frozen=True)
class DaysBetween:
    """The number of days from ``start`` to ``end``; negative where ``end`` comes first."""

    end: "Value"
    start: "Value"


@dataclass(frozen=True)
class Compare:
    """Two values of one kind: numbers or dates in any order, texts for equality only."""

    order: Order
    left: "Value"
    right: "Value"


@dataclass(frozen=True)
class OneOf:
    """Whether a value is among literals of its kind."""

    value: "Value"
    choices: tuple["Number | Text | Day", ...]


@dataclass(frozen=True)
class Missing:
    """Whether a value is missing; never unknown itself."""

    value: "Value"


@dataclass(frozen=True)
class Truth:
    """``true`` (or ``everybody``) or ``false`` as written."""

    value: bool


@dataclass(frozen=True)
class Not:
    """The opposite; unknown stays unknown."""

    of: "Condition"


@dataclass(frozen=True)
class And:
    """All of two or more; a chain of them is one node."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Or:
    """Any of two or more; a chain of them is one node."""

    parts: tuple["Condition", ...]


Value = Name | Number | Text | Day | AsOf | Arithmetic | Negative | Shifted | DaysBetween
Condition = Name | Compare | OneOf | Missing | Truth | Not | And | Or
