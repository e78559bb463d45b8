"""Reads a rule for one customer in plain Python: the meaning that every faster reader must agree with."""

import math
import operator
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from strategies.tree import (
    And,
    Arithmetic,
    AsOf,
    Compare,
    Condition,
    Day,
    DaysBetween,
    Kind,
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

Known = float | str | bool | date
"""What a customer's feature may hold; None where it is missing."""

Worth = float | str | bool
"""What a value comes to; a date, to the number of its day, so that no sum of days leaves the calendar."""

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def truth(condition: Condition, customer: Mapping[str, Known | None], *, as_of: date) -> bool | None:
    """Whether the condition holds of ``customer`` (values by feature name); None where that is unknown."""
    match condition:
        case Truth(value):
            return value
        case Name(name):
            flag = customer[name]
            return None if flag is None else bool(flag)
        case Not(of):
            inner = truth(of, customer, as_of=as_of)
            return None if inner is None else not inner
        case And(parts):
            found = [truth(part, customer, as_of=as_of) for part in parts]
            return False if False in found else None if None in found else True
        case Or(parts):
            found = [truth(part, customer, as_of=as_of) for part in parts]
            return True if True in found else None if None in found else False
        case Missing(value):
            return worth(value, customer, as_of=as_of) is None
        case Compare(order, left, right):
            first, second = worth(left, customer, as_of=as_of), worth(right, customer, as_of=as_of)
            return None if first is None or second is None else _ORDERS[order](first, second)
        case OneOf(value, choices):
            known = worth(value, customer, as_of=as_of)
            return (
                None
                if known is None
                else known in [worth(choice, customer, as_of=as_of) for choice in choices]
            )


def worth(value: Value, customer: Mapping[str, Known | None], *, as_of: date) -> Worth | None:
    """What the value comes to for ``customer``; None where it is missing."""
    match value:
        case Number(known) | Text(known):
            return known
        case Day(day):
            return day.toordinal()
        case AsOf():
            return as_of.toordinal()
        case Name(name, kind):
            return _held(customer[name], kind)
        case Negative(of):
            inner = worth(of, customer, as_of=as_of)
            return None if inner is None else -inner  # type: ignore[operator]
        case Arithmetic(operation, left, right):
            return _reckoned(
                operation, worth(left, customer, as_of=as_of), worth(right, customer, as_of=as_of)
            )
        case Shifted(of, days):
            start = worth(of, customer, as_of=as_of)
            return None if start is None else start + days  # type: ignore[operator]
        case DaysBetween(end, start_value):
            last, first = worth(end, customer, as_of=as_of), worth(start_value, customer, as_of=as_of)
            return None if last is None or first is None else float(last - first)  # type: ignore[operator]


def _held(found: Known | None, kind: Kind) -> Worth | None:
    if found is None:
        return None
    match kind:
        case "number":
            return _number(float(found))  # type: ignore[arg-type]
        case "date":
            return found.toordinal()  # type: ignore[union-attr]
        case _:
            return found  # type: ignore[return-value]


def _reckoned(operation: str, left: Any, right: Any) -> float | None:
    if left is None or right is None or (operation == "/" and right == 0):
        return None
    match operation:
        case "+":
            return _number(left + right)
        case "-":
            return _number(left - right)
        case "*":
            return _number(left * right)
        case _:
            return _number(left / right)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
