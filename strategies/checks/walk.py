"""Walks over a typed tree: its parts, the names it reads, and a rule written out again for people."""

from collections.abc import Iterator
from typing import assert_never

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

Leaf = Name | Compare | OneOf | Missing | Truth


def leaves(condition: Condition) -> Iterator[Leaf]:
    """The conditions of which ``condition`` is put together by and, or, not."""
    match condition:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(of):
            yield from leaves(of)
        case _:
            yield condition


def names(condition: Condition) -> frozenset[Name]:
    """The features (and the segment) that the condition reads."""
    return frozenset(value for leaf in leaves(condition) for value in values(leaf) if isinstance(value, Name))


def values(leaf: Leaf) -> Iterator[Value]:
    """Every name and literal of a leaf; a literal with its sign."""
    match leaf:
        case Name():
            yield leaf
        case Compare(_, left, right):
            yield from _atoms(left)
            yield from _atoms(right)
        case OneOf(value, choices):
            yield from _atoms(value)
            yield from choices
        case Missing(value):
            yield from _atoms(value)
        case Truth():
            pass


def _atoms(value: Value) -> Iterator[Value]:
    match value:
        case Arithmetic(_, left, right) | DaysBetween(left, right):
            yield from _atoms(left)
            yield from _atoms(right)
        case Negative(Number(number)):
            yield Number(-number)
        case Negative(of) | Shifted(of, _):
            yield from _atoms(of)
        case _:
            yield value


def written(node: Condition | Value) -> str:
    """The node as a manager might have written it."""
    match node:
        case Name(name) | Text(name):
            return name if isinstance(node, Name) else f"'{name}'"
        case Number(number):
            return f"{number:.15g}"
        case Day(day):
            return day.isoformat()
        case AsOf():
            return "as_of"
        case Truth(value):
            return "true" if value else "false"
        case Negative(of):
            return f"-{written(of)}"
        case Arithmetic(operation, left, right):
            return f"({written(left)} {operation} {written(right)})"
        case Shifted(of, days):
            return f"({written(of)} {'-' if days < 0 else '+'} {abs(days)}天)"
        case DaysBetween(end, start):
            return f"({written(end)} - {written(start)})"
        case Compare(order, left, right):
            return f"{written(left)} {order} {written(right)}"
        case OneOf(value, choices):
            return f"{written(value)} in ({', '.join(map(written, choices))})"
        case Missing(value):
            return f"{written(value)} is null"
        case Not(of):
            return f"not {written(of)}"
        case And(parts):
            return f"({' and '.join(map(written, parts))})"
        case Or(parts):
            return f"({' or '.join(map(written, parts))})"
        case _:
            assert_never(node)
