"""Proofs about rules: whether any customer can satisfy one, whether one includes another, and who shows it.

A rule is translated for z3 as two formulas, when it is true and when it is false; where neither holds it is
unknown. A missing value is a flag beside the value. Numbers are reals (whole ones integers), texts and dates
are integers. Every example is tried on the rule itself before it is shown, since customers hold doubles and
not reals. What z3 cannot decide within its allowance stays undecided: nothing is then said.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import z3

from strategies.checks.domains import Customer, Declared, Domain, domain
from strategies.checks.walk import names
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
from strategies.truth import Known, truth

Both = tuple[z3.BoolRef, z3.BoolRef]
Worth = tuple[Any, z3.BoolRef]

# z3's own measure of effort, so that an answer does not depend on the machine: some hundred milliseconds.
_ALLOWANCE = 1_000_000
_YES, _NO = z3.BoolVal(True), z3.BoolVal(False)


class Prover:
    """Answers questions about conditions over ``features``, for the business date ``as_of``.

    ``segments``: those that exist today, preferred in examples; None where that is not known.
    """

    def __init__(
        self, features: Mapping[str, Declared], *, segments: frozenset[str] | None, as_of: date
    ) -> None:
        self._features = features
        self._segments = sorted(segments or ())
        self._as_of = as_of
        self._codes: dict[str, int] = {}
        self._conditions: dict[Condition, Both] = {}
        self._inside: dict[tuple[Condition, Condition], bool] = {}

    def inside(self, condition: Condition, other: Condition) -> bool:
        """Whether ``other`` is proved true of every customer of whom ``condition`` is true."""
        key = condition, other
        if key not in self._inside:
            solver = self._solver([condition, other])
            solver.add(self._both(condition)[0], z3.Not(self._both(other)[0]))
            self._inside[key] = solver.check() == z3.unsat
        return self._inside[key]

    def contradiction(self, condition: Condition) -> tuple[Condition, ...]:
        """The fewest parts found that no customer satisfies together; empty where none are proved so."""
        parts = condition.parts if isinstance(condition, And) else (condition,)
        return self._core(parts, [self._both(part)[0] for part in parts])

    def tautology(self, condition: Condition) -> tuple[Condition, ...]:
        """The fewest alternatives found of which one holds of everybody; empty where none are proved so.

        Everybody means: whose values are known. A rule that is never false says nothing about anybody else.
        """
        parts = condition.parts if isinstance(condition, Or) else (condition,)
        return self._core(parts, [self._both(part)[1] for part in parts])

    def example(self, conditions: Sequence[Condition]) -> Customer | None:
        """A customer of whom all conditions are true: the values that they read; None where none is found."""
        read = self._names(conditions)
        usual = [wish for name in read for wish in self._wishes(name)]
        for wishes in (usual, []):
            solver = self._solver(conditions)
            solver.add(*(self._both(condition)[0] for condition in conditions), *wishes)
            if solver.check() != z3.sat:
                continue
            customer = {name.name: self._value(name, solver.model()) for name in read}
            if all(truth(condition, customer, as_of=self._as_of) for condition in conditions):
                return customer
        return None

    def domain(self, name: Name) -> Domain:
        """What ``name`` can hold."""
        return domain(name, self._features)

    def _core(self, parts: Sequence[Condition], formulas: Sequence[z3.BoolRef]) -> tuple[Condition, ...]:
        solver = self._solver(parts)
        marks = [z3.Bool(f"part {place}") for place in range(len(parts))]
        solver.add(*map(z3.Implies, marks, formulas))
        if solver.check(*marks) != z3.unsat:
            return ()
        needed = list(marks)
        for mark in marks:
            fewer = [each for each in needed if each is not mark]
            if solver.check(*fewer) == z3.unsat:
                needed = fewer
        return tuple(part for part, mark in zip(parts, marks, strict=True) if any(mark is n for n in needed))

    def _solver(self, conditions: Iterable[Condition]) -> z3.Solver:
        solver = z3.Solver()
        solver.set("rlimit", _ALLOWANCE)
        for name in self._names(conditions):
            own = self.domain(name)
            variable = _variable(name, own)
            if own.low > float("-inf"):
                solver.add(variable >= _exact(own.low))
            if own.high < float("inf"):
                solver.add(variable <= _exact(own.high))
            if name.kind == "date":
                solver.add(variable >= date.min.toordinal(), variable <= date.max.toordinal())
        return solver

    def _wishes(self, name: Name) -> list[z3.BoolRef]:
        """What an example should be like, so that it looks like somebody."""
        own = self.domain(name)
        variable = _variable(name, own)
        wishes: list[z3.BoolRef] = []
        if own.kind == "number":
            wishes += [variable >= _exact(end) for end in own.usual[:1] if end > float("-inf")]
            wishes += [variable <= _exact(end) for end in own.usual[1:] if end < float("inf")]
        if own.kind == "number" and not own.whole:
            wishes.append(variable == z3.ToReal(z3.Int(f"{name.name} in steps")) / own.steps)
        if own.kind == "text" and name.name not in self._features and self._segments:
            wishes.append(z3.Or([variable == self._code(segment) for segment in self._segments]))
        if own.kind == "date":
            wishes.append(variable <= self._as_of.toordinal())
        return wishes

    def _names(self, conditions: Iterable[Condition]) -> list[Name]:
        read = frozenset[Name]().union(*map(names, conditions))
        return sorted(read, key=lambda name: name.name)

    def _both(self, condition: Condition) -> Both:
        """When the condition is true, and when it is false."""
        if condition not in self._conditions:
            self._conditions[condition] = self._translated(condition)
        return self._conditions[condition]

    def _translated(self, condition: Condition) -> Both:
        match condition:
            case Truth(value):
                return (_YES, _NO) if value else (_NO, _YES)
            case Name():
                flag, known = self._worth(condition)
                return z3.And(known, flag), z3.And(known, z3.Not(flag))
            case Not(of):
                true, false = self._both(of)
                return false, true
            case And(parts):
                both = [self._both(part) for part in parts]
                return z3.And([true for true, _ in both]), z3.Or([false for _, false in both])
            case Or(parts):
                both = [self._both(part) for part in parts]
                return z3.Or([true for true, _ in both]), z3.And([false for _, false in both])
            case Missing(value):
                known = self._worth(value)[1]
                return z3.Not(known), known
            case Compare(order, left, right):
                (first, first_known), (second, second_known) = self._worth(left), self._worth(right)
                known = z3.And(first_known, second_known)
                holds = _compared(order, first, second)
                return z3.And(known, holds), z3.And(known, z3.Not(holds))
            case OneOf(value, choices):
                worth, known = self._worth(value)
                holds = z3.Or([worth == self._worth(choice)[0] for choice in choices])
                return z3.And(known, holds), z3.And(known, z3.Not(holds))

    def _worth(self, value: Value) -> Worth:
        """The value, and whether it is known."""
        match value:
            case Number(number):
                return _exact(number), _YES
            case Text(text):
                return z3.IntVal(self._code(text)), _YES
            case Day(day):
                return z3.IntVal(day.toordinal()), _YES
            case AsOf():
                return z3.IntVal(self._as_of.toordinal()), _YES
            case Name():
                own = self.domain(value)
                return _variable(value, own), _known(value) if own.nullable else _YES
            case Negative(of):
                worth, known = self._worth(of)
                return -worth, known
            case Shifted(of, days):
                worth, known = self._worth(of)
                return worth + days, known
            case DaysBetween(end, start):
                (last, last_known), (first, first_known) = self._worth(end), self._worth(start)
                return last - first, z3.And(last_known, first_known)
            case Arithmetic(operation, left, right):
                return _reckoned(operation, self._worth(left), self._worth(right))

    def _code(self, text: str) -> int:
        return self._codes.setdefault(text, len(self._codes))

    def _value(self, name: Name, model: z3.ModelRef) -> Known | None:
        own = self.domain(name)
        if own.nullable and not z3.is_true(model.eval(_known(name), model_completion=True)):
            return None
        found = model.eval(_variable(name, own), model_completion=True)
        match name.kind:
            case "flag":
                return bool(z3.is_true(found))
            case "text":
                texts = {code: text for text, code in self._codes.items()}
                return texts.get(found.as_long(), "another")
            case "date":
                return date.fromordinal(found.as_long())
        exact = found if z3.is_rational_value(found) or z3.is_int_value(found) else found.approx(20)
        number = exact.as_fraction() if z3.is_rational_value(exact) else Fraction(exact.as_long())
        return int(number) if own.whole else float(number)


def _variable(name: Name, own: Domain) -> Any:
    if name.kind == "flag":
        return z3.Bool(name.name)
    return z3.Int(name.name) if own.whole or name.kind in ("text", "date") else z3.Real(name.name)


def _known(name: Name) -> z3.BoolRef:
    return z3.Bool(f"{name.name} is known")


def _exact(number: float) -> z3.RatNumRef:
    """The very number that the double is."""
    exact = Fraction(number)
    return z3.Q(exact.numerator, exact.denominator)


def _compared(order: str, first: Any, second: Any) -> z3.BoolRef:
    match order:
        case "=":
            return first == second
        case "<>":
            return first != second
        case "<":
            return first < second
        case "<=":
            return first <= second
        case ">":
            return first > second
        case _:
            return first >= second


def _reckoned(operation: str, left: Worth, right: Worth) -> Worth:
    (first, first_known), (second, second_known) = left, right
    known = z3.And(first_known, second_known)
    match operation:
        case "+":
            return first + second, known
        case "-":
            return first - second, known
        case "*":
            return first * second, known
        case _:
            return _real(first) / _real(second), z3.And(known, second != 0)


def _real(number: Any) -> Any:
    return z3.ToReal(number) if z3.is_int(number) else number
