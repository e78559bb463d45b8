"""Makes the typed tree of a parsed rule, and checks kinds and units on the way."""

from dataclasses import replace
from typing import Any

from sqlglot import exp

from strategies.atoms import RuleError, Term
from strategies.tree import (
    And,
    Arithmetic,
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
    Operation,
    Or,
    Order,
    Shifted,
    Text,
    Truth,
    Value,
)
from strategies.units import UnlikeError, product, quotient, together

_COMPARISONS: dict[type, Order] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_SUMS: dict[type, Operation] = {exp.Add: "+", exp.Sub: "-"}
_DEEPEST = 40
_FURTHEST_DAYS = 36_600
_MOST_LEAVES = 256


class Checker:
    """Walks what the SQL parser made of a rule's shape and turns it into checked terms."""

    def __init__(self, terms: list[Term]) -> None:
        self._terms = terms
        self._depth = 0

    def condition(self, parsed: Any) -> Condition:
        return self._condition(parsed).node  # type: ignore[return-value]

    def _condition(self, parsed: Any) -> Term:
        term = self._term(parsed)
        if term.kind != "flag":
            raise RuleError(
                f"{term.shown!r} is a {term.kind}, not a condition; compare it with something",
                offset=term.offset,
            )
        return term

    def _term(self, parsed: Any) -> Term:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise RuleError("the rule is nested too deeply; take it apart", offset=self._first(parsed).offset)
        term = self._read(parsed)
        self._depth -= 1
        return term

    def _read(self, parsed: Any) -> Term:
        match parsed:
            case exp.Paren():
                return self._term(parsed.this)
            case exp.Column() if parsed.name.isdigit() and not parsed.table:
                return self._terms[int(parsed.name)]
            case exp.And() | exp.Or():
                return self._chain(parsed)
            case exp.Not():
                inner = self._condition(parsed.this)
                return replace(inner, node=Not(inner.node))  # type: ignore[arg-type]
            case exp.Is():
                return self._is_null(parsed)
            case exp.Between():
                return self._between(parsed)
            case exp.In() if parsed.expressions:
                return self._in(parsed)
            case exp.Neg():
                return self._negative(parsed)
            case exp.Add() | exp.Sub():
                return self._sum(parsed)
            case exp.Mul() | exp.Div():
                return self._product(parsed)
        if type(parsed) in _COMPARISONS:
            return self._compare(parsed)
        raise self._refused(parsed)

    def _chain(self, parsed: Any) -> Term:
        """All parts of a chain of ands, or of ors, however long; brackets between them say nothing."""
        kind, waiting, parts = type(parsed), [parsed], []
        while waiting:
            part = waiting.pop()
            if type(part) is kind:
                waiting += [part.expression, part.this]
            else:
                parts.append(self._condition(part))
        return replace(parts[0], node=_joined(And if kind is exp.And else Or, *(part.node for part in parts)))

    def _compare(self, parsed: Any) -> Term:
        left, right = self._term(parsed.this), self._term(parsed.expression)
        order = _COMPARISONS[type(parsed)]
        self._alike(left, right)
        if left.kind in ("flag", "text") and order not in ("=", "<>"):
            what = "yes or no" if left.kind == "flag" else "text"
            raise RuleError(
                f"{left.shown!r} is {what}; it has no order, so compare with = or <>", offset=left.offset
            )
        if left.kind == "flag":
            same = self._same(left, right)
            return replace(left, node=same if order == "=" else _opposite(same))
        return _made(left, Compare(order, left.node, right.node), kind="flag")  # type: ignore[arg-type]

    def _same(self, left: Term, right: Term) -> Condition:
        """That two conditions are both true or both false, in and, or and not."""
        one, other = left.node, right.node
        if isinstance(one, Truth):
            one, other = other, one
        if isinstance(other, Truth):
            return one if other.value else _opposite(one)  # type: ignore[return-value]
        if _leaves(one) + _leaves(other) > _MOST_LEAVES:
            raise RuleError("these two conditions are too long to be compared", offset=left.offset)
        return Or((_joined(And, one, other), _joined(And, _opposite(one), _opposite(other))))

    def _is_null(self, parsed: Any) -> Term:
        inner = self._term(parsed.this)
        if not isinstance(parsed.expression, exp.Null):
            raise RuleError("IS is for IS NULL and IS NOT NULL only", offset=inner.offset)
        if inner.kind == "flag" and not isinstance(inner.node, Name):
            raise RuleError("IS NULL asks about a feature, not about a condition", offset=inner.offset)
        return _made(inner, Missing(inner.node), kind="flag")  # type: ignore[arg-type]

    def _between(self, parsed: Any) -> Term:
        value, low, high = (self._term(parsed.args[part]) for part in ("this", "low", "high"))
        for bound in (low, high):
            self._alike(value, bound)
            if bound.kind not in ("number", "date"):
                raise RuleError(
                    f"{bound.shown!r} is a {bound.kind}; BETWEEN is for numbers and dates",
                    offset=bound.offset,
                )
        match low.node, high.node:
            case (Number(first), Number(last)) | (Day(first), Day(last)) if first > last:  # type: ignore[operator]
                raise RuleError(
                    f"nothing lies between {low.shown} and {high.shown}; the smaller comes first",
                    offset=low.offset,
                )
        return _made(
            value,
            And((Compare(">=", value.node, low.node), Compare("<=", value.node, high.node))),  # type: ignore[arg-type]
            kind="flag",
        )

    def _in(self, parsed: Any) -> Term:
        value, choices = self._term(parsed.this), [self._term(choice) for choice in parsed.expressions]
        for choice in choices:
            self._alike(value, choice)
            if not isinstance(choice.node, Number | Text | Day):
                raise RuleError(
                    f"{choice.shown!r} cannot stand in the list of IN, which holds written numbers, dates or "
                    "texts; use = and or",
                    offset=choice.offset,
                )
        literals = tuple(dict.fromkeys(choice.node for choice in choices))
        return _made(value, OneOf(value.node, literals), kind="flag")  # type: ignore[arg-type]

    def _negative(self, parsed: Any) -> Term:
        inner = self._number(parsed.this)
        if isinstance(inner.node, Number):
            return replace(inner, node=Number(0.0 - inner.node.value), shown=f"-{inner.shown}")
        return replace(inner, node=Negative(inner.node))  # type: ignore[arg-type]

    def _sum(self, parsed: Any) -> Term:
        left, right = self._term(parsed.this), self._term(parsed.expression)
        if left.kind == "date":
            return self._date_sum(left, right, type(parsed))
        for side in (left, right):
            _refuse_all_but_numbers(side)
        unit = self._alike(left, right)
        return replace(left, node=Arithmetic(_SUMS[type(parsed)], left.node, right.node), unit=unit)  # type: ignore[arg-type]

    def _date_sum(self, left: Term, right: Term, sign: type) -> Term:
        if right.kind == "date" and sign is exp.Sub:
            return _made(left, DaysBetween(left.node, right.node), kind="number", unit="days")  # type: ignore[arg-type]
        steps = right.node.value if isinstance(right.node, Number) else None
        if steps is None or steps != int(steps) or right.unit not in (None, "days"):
            raise RuleError(
                f"{right.shown!r}: a date moves by a written number of whole days, as in as_of - 30天",
                offset=right.offset,
            )
        already = left.node.days if isinstance(left.node, Shifted) else 0
        days = already + int(steps) * (1 if sign is exp.Add else -1)
        if abs(days) > _FURTHEST_DAYS:
            raise RuleError(
                f"{right.shown!r} is further than a hundred years; take fewer days", offset=right.offset
            )
        of = left.node.of if isinstance(left.node, Shifted) else left.node
        return replace(left, node=Shifted(of, days))  # type: ignore[arg-type]

    def _product(self, parsed: Any) -> Term:
        left, right = self._number(parsed.this), self._number(parsed.expression)
        operation: Operation = "/" if isinstance(parsed, exp.Div) else "*"
        try:
            unit = (quotient if operation == "/" else product)(left.unit, right.unit)
        except UnlikeError as error:
            raise _unlike(left, right) from error
        return replace(left, node=Arithmetic(operation, left.node, right.node), unit=unit)  # type: ignore[arg-type]

    def _number(self, parsed: Any) -> Term:
        term = self._term(parsed)
        _refuse_all_but_numbers(term)
        return term

    def _alike(self, left: Term, right: Term) -> str | None:
        """The unit of both together."""
        if left.kind != right.kind:
            raise _compared_again(left, right) or _unlike(left, right)
        try:
            return together(left.unit, right.unit)
        except UnlikeError as error:
            raise _unlike(left, right) from error

    def _refused(self, parsed: Any) -> RuleError:
        first = self._first(parsed)
        return RuleError(
            f"near {first.shown!r}: a rule holds comparisons, BETWEEN, IN, IS NULL, + - * / and and/or/not; "
            "no functions, no queries, and an and/or between any two conditions",
            offset=first.offset,
        )

    def _first(self, parsed: Any) -> Term:
        """The leftmost name or literal below ``parsed``, for error messages."""
        numbers = [int(found.name) for found in parsed.find_all(exp.Identifier) if found.name.isdigit()]
        return self._terms[min(numbers, default=0)]


def _made(about: Term, node: Value | Condition, *, kind: Any, unit: str | None = None) -> Term:
    return replace(about, node=node, kind=kind, unit=unit)


def _joined(kind: type[And] | type[Or], *parts: Any) -> Condition:
    """One chain, whatever chains of its kind it is made of."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    return kind(tuple(flat))


def _opposite(condition: Any) -> Condition:
    return condition.of if isinstance(condition, Not) else Not(condition)


def _leaves(condition: Any) -> int:
    match condition:
        case And(parts) | Or(parts):
            return sum(map(_leaves, parts))
        case Not(of):
            return _leaves(of)
    return 1


def _refuse_all_but_numbers(term: Term) -> None:
    if term.kind != "number":
        raise RuleError(f"{term.shown!r} is a {term.kind}; a number belongs here", offset=term.offset)


def _compared_again(left: Term, right: Term) -> RuleError | None:
    """What is wrong with ``age > 30 > 20``; None where neither side is a whole condition."""
    for side, other in ((left, right), (right, left)):
        if side.kind == "flag" and not isinstance(side.node, Name | Truth):
            return RuleError(
                f"the condition that begins with {side.shown!r} cannot be compared again, with "
                f"{other.shown!r}; join two comparisons with and",
                offset=side.offset,
            )
    return None


def _unlike(left: Term, right: Term) -> RuleError:
    return RuleError(
        f"{left.shown!r} ({left.unit or left.kind}) and {right.shown!r} ({right.unit or right.kind}) "
        f"cannot be put together; {_mend(left.kind, right.kind)}",
        offset=left.offset,
    )


def _mend(*kinds: str) -> str:
    if set(kinds) == {"date", "text"}:
        return "write a date without quotes: 2026-07-01"
    if set(kinds) == {"flag", "number"}:
        return "a yes or no stands alone, or with 'not' before it"
    return "compare like with like"
