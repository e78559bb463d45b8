"""From typed trees to one flat program: every distinct comparison once, every shared part once.

Only whether a rule is *true* of a customer matters, so nots are pushed down to the comparisons first: "not
(a < 5)" becomes "a >= 5", which is not true either where ``a`` is missing. What is left are comparisons, alls
and anys, and one bit a customer says all there is to know of each (Kleene's logic is monotone without not).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

import numpy as np

from strategies.evaluate.program import ALL, ANY, INSIDE, MISSING, OUTSIDE, Program
from strategies.evaluate.values import ThreeWay, constant
from strategies.tree import (
    And,
    Arithmetic,
    Compare,
    Condition,
    DaysBetween,
    Missing,
    Name,
    Negative,
    Not,
    OneOf,
    Or,
    Shifted,
    Text,
    Truth,
    Value,
)

_OPPOSITES = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
# A comparison with a constant c as a test against an interval; none of these holds of NaN.
_INTERVALS: dict[str, Callable[[float], tuple[int, float, float]]] = {
    "=": lambda c: (INSIDE, c, c),
    "<>": lambda c: (OUTSIDE, c, c),
    "<=": lambda c: (INSIDE, -inf, c),
    ">=": lambda c: (INSIDE, c, inf),
    "<": lambda c: (OUTSIDE, c, inf),
    ">": lambda c: (OUTSIDE, -inf, c),
}


@dataclass(frozen=True)
class _Leaf:
    value: Value | ThreeWay
    test: int
    low: float
    high: float


@dataclass(frozen=True)
class _Joint:
    kind: int
    parts: tuple[int, ...]


_EVERYBODY, _NOBODY = _Joint(ALL, ()), _Joint(ANY, ())


def compile_rules(rules: Sequence[Condition], *, as_of: date) -> Program:
    """One program for all ``rules``, in their order, read for the business date ``as_of``.

    It selects the rows of which ``truth.truth`` says True.
    """
    book = _Book(as_of)
    roots = [book.true_of(rule) for rule in rules]
    leaves, joints = book.needed_for(roots)
    values = tuple(dict.fromkeys(leaf.value for leaf in leaves))
    slots = {value: slot for slot, value in enumerate(values)}
    kept: list[_Leaf | _Joint] = [*leaves, *joints]
    place = {book.nodes[node]: number for number, node in enumerate(kept)}
    return Program(
        columns=tuple(sorted({name for value in values for name in _names(value)})),
        values=values,
        words=tuple(book.words),
        as_of=as_of,
        slots=np.array([slots[leaf.value] for leaf in leaves], dtype=np.int32),
        tests=np.array([leaf.test for leaf in leaves], dtype=np.int8),
        low=np.array([leaf.low for leaf in leaves], dtype=np.float64),
        high=np.array([leaf.high for leaf in leaves], dtype=np.float64),
        joints=np.array([joint.kind for joint in joints], dtype=np.int8),
        bounds=np.cumsum([0, *(len(joint.parts) for joint in joints)], dtype=np.int32),
        parts=np.array([place[part] for joint in joints for part in joint.parts], dtype=np.int32),
        roots=np.array([place[root] for root in roots], dtype=np.int32),
    )


class _Book:
    """All rules as one graph, in which equal parts are one node, and parts come before what they make."""

    def __init__(self, as_of: date) -> None:
        self.as_of = as_of
        self.words: dict[str, None] = {}
        self.nodes: dict[_Leaf | _Joint, int] = {}
        self._made: list[_Leaf | _Joint] = []
        self._comparisons: dict[tuple[str, Value, Value], int] = {}

    def true_of(self, condition: Condition, *, wanted: bool = True) -> int:
        """The node of those of whom the condition is ``wanted``; it is neither where something is missing."""
        both, either = (ALL, ANY) if wanted else (ANY, ALL)
        match condition:
            case Truth(value):
                return self._node(_EVERYBODY if value is wanted else _NOBODY)
            case Name():
                return self._node(_Leaf(condition, INSIDE, float(wanted), float(wanted)))
            case Not(of):
                return self.true_of(of, wanted=not wanted)
            case And(parts):
                return self._joined(both, [self.true_of(part, wanted=wanted) for part in parts])
            case Or(parts):
                return self._joined(either, [self.true_of(part, wanted=wanted) for part in parts])
            case Missing(value):
                test, low, high = (MISSING, 0.0, 0.0) if wanted else (INSIDE, -inf, inf)
                return self._node(_Leaf(value, test, low, high))
            case Compare(order, left, right):
                return self._compared(order if wanted else _OPPOSITES[order], left, right)
            case OneOf(value, choices):
                order = "=" if wanted else "<>"
                return self._joined(either, [self._compared(order, value, choice) for choice in choices])

    def needed_for(self, roots: Sequence[int]) -> tuple[list[_Leaf], list[_Joint]]:
        """What the roots are made of, in order; leaves on one value stand together."""
        needed = set(roots)
        for node in range(len(self._made) - 1, -1, -1):
            made = self._made[node]
            if node in needed and isinstance(made, _Joint):
                needed.update(made.parts)
        kept = [self._made[node] for node in sorted(needed)]
        leaves = [node for node in kept if isinstance(node, _Leaf)]
        first = {value: place for place, value in reversed(list(enumerate(leaf.value for leaf in leaves)))}
        leaves.sort(key=lambda leaf: first[leaf.value])
        return leaves, [node for node in kept if isinstance(node, _Joint)]

    def _compared(self, order: str, left: Value, right: Value) -> int:
        written = order, left, right
        node = self._comparisons.get(written)
        if node is None:
            node = self._comparisons[written] = self._node(self._leaf(order, left, right))
        return node

    def _leaf(self, order: str, left: Value, right: Value) -> _Leaf:
        if any(_names(right)):
            if any(_names(left)):
                return _Leaf(ThreeWay(left, right), *_INTERVALS[order](0.0))
            return self._leaf(_MIRRORED[order], right, left)
        return _Leaf(self._known(left), *_INTERVALS[order](self._constant(right)))

    def _known(self, value: Value) -> Value:
        if isinstance(value, Text):
            self.words.setdefault(value.value)
        return value

    def _constant(self, value: Value) -> float:
        return constant(self._known(value), words=tuple(self.words), as_of=self.as_of)

    def _joined(self, kind: int, parts: Iterable[int]) -> int:
        """One node for the parts: joints of its kind taken in, all in one order, so that equals are one."""
        flat: set[int] = set()
        for part in parts:
            made = self._made[part]
            flat.update(made.parts if isinstance(made, _Joint) and made.kind == kind else (part,))
        absorbing = self._node(_NOBODY if kind == ALL else _EVERYBODY)
        if absorbing in flat:
            return absorbing
        return flat.pop() if len(flat) == 1 else self._node(_Joint(kind, tuple(sorted(flat))))

    def _node(self, made: _Leaf | _Joint) -> int:
        if made not in self.nodes:
            self.nodes[made] = len(self._made)
            self._made.append(made)
        return self.nodes[made]


def _names(value: Value | ThreeWay) -> Iterator[str]:
    """The columns that a value reads."""
    match value:
        case Name(name):
            yield name
        case Negative(of) | Shifted(of):
            yield from _names(of)
        case Arithmetic(_, left, right) | DaysBetween(left, right) | ThreeWay(left, right):
            yield from _names(left)
            yield from _names(right)
