"""Checks a parsed rule for types and units, and writes it out again as Spark SQL."""

from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from strategies.atoms import Atom, Kind, RuleError

_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_SUMS = {exp.Add: "+", exp.Sub: "-"}


@dataclass(frozen=True, kw_only=True)
class Term:
    """A checked part of a rule. ``unit`` is None where any unit will do: a bare number."""

    sql: str
    kind: Kind
    unit: str | None
    offset: int
    shown: str


class Checker:
    """Walks a parsed rule, checks it, and writes it out again as SQL with every bracket in place."""

    def __init__(self, atoms: list[Atom]) -> None:
        self._atoms = atoms

    def condition(self, node: Any) -> str:
        term = self._term(node)
        if term.kind != "flag":
            raise RuleError(
                f"{term.shown!r} is a {term.kind}, not a condition; compare it with something",
                offset=term.offset,
            )
        return term.sql

    def _term(self, node: Any) -> Term:
        match node:
            case exp.Paren():
                return self._term(node.this)
            case exp.Column():
                return self._leaf(node)
            case exp.Boolean():
                return Term(
                    sql="true" if node.this else "false",
                    kind="flag",
                    unit="flag",
                    offset=0,
                    shown="true/false",
                )
            case exp.And() | exp.Or():
                word = "and" if isinstance(node, exp.And) else "or"
                first = self._first(node)
                sql = f"({self.condition(node.this)} {word} {self.condition(node.expression)})"
                return self._flag(sql, first)
            case exp.Not():
                return self._flag(f"(not {self.condition(node.this)})", self._first(node))
            case exp.Is():
                return self._is_null(node)
            case exp.Between():
                return self._between(node)
            case exp.In() if node.expressions:
                return self._in(node)
            case exp.Neg():
                inner = self._number(node.this)
                return self._made(f"(- {inner.sql})", inner, unit=inner.unit)
            case exp.Add() | exp.Sub():
                return self._sum(node)
            case exp.Mul() | exp.Div():
                return self._product(node)
        if type(node) in _COMPARISONS:
            left, right = self._term(node.this), self._term(node.expression)
            self._alike(left, right)
            if left.kind == "flag" and not isinstance(node, exp.EQ | exp.NEQ):
                raise RuleError(f"{left.shown!r} is yes or no; it has no order", offset=left.offset)
            return self._flag(f"({left.sql} {_COMPARISONS[type(node)]} {right.sql})", left)
        raise self._refused(node)

    def _leaf(self, node: Any) -> Term:
        atom = self._atoms[int(node.name)] if node.name.isdigit() and not node.table else None
        if atom is None:
            raise self._refused(node)
        return Term(sql=atom.sql, kind=atom.kind, unit=atom.unit, offset=atom.offset, shown=atom.shown)

    def _is_null(self, node: Any) -> Term:
        if not isinstance(node.expression, exp.Null):
            raise RuleError("IS is for IS NULL and IS NOT NULL only", offset=self._first(node).offset)
        inner = self._term(node.this)
        return self._flag(f"({inner.sql} is null)", inner)

    def _between(self, node: Any) -> Term:
        value, low, high = (
            self._term(node.this),
            self._number(node.args["low"]),
            self._number(node.args["high"]),
        )
        self._alike(value, low)
        self._alike(value, high)
        return self._flag(f"({value.sql} between {low.sql} and {high.sql})", value)

    def _in(self, node: Any) -> Term:
        value, choices = self._term(node.this), [self._term(choice) for choice in node.expressions]
        for choice in choices:
            self._alike(value, choice)
        return self._flag(f"({value.sql} in ({', '.join(choice.sql for choice in choices)}))", value)

    def _sum(self, node: Any) -> Term:
        left, right = self._number(node.this), self._number(node.expression)
        self._alike(left, right)
        return self._made(f"({left.sql} {_SUMS[type(node)]} {right.sql})", left, unit=left.unit or right.unit)

    def _product(self, node: Any) -> Term:
        left, right = self._number(node.this), self._number(node.expression)
        if isinstance(node, exp.Div):
            if right.unit is not None and left.unit != right.unit:
                raise self._unlike(left, right)
            unit = "share" if right.unit is not None else left.unit
            # A division by zero is a missing value here, on every engine.
            return self._made(f"(cast({left.sql} as double) / nullif({right.sql}, 0))", left, unit=unit)
        if None not in (left.unit, right.unit) and "share" not in (left.unit, right.unit):
            raise self._unlike(left, right)
        unit = right.unit if left.unit in (None, "share") else left.unit
        return self._made(f"({left.sql} * {right.sql})", left, unit=unit)

    def _number(self, node: Any) -> Term:
        term = self._term(node)
        if term.kind != "number":
            raise RuleError(f"{term.shown!r} is a {term.kind}; a number belongs here", offset=term.offset)
        return term

    def _alike(self, left: Term, right: Term) -> None:
        if left.kind != right.kind or (left.unit != right.unit and None not in (left.unit, right.unit)):
            raise self._unlike(left, right)

    def _unlike(self, left: Term, right: Term) -> RuleError:
        return RuleError(
            f"{left.shown!r} ({left.unit or left.kind}) and {right.shown!r} ({right.unit or right.kind}) "
            "cannot be put together; compare like with like",
            offset=left.offset,
        )

    def _refused(self, node: Any) -> RuleError:
        first = self._first(node)
        return RuleError(
            f"near {first.shown!r}: a rule holds comparisons, BETWEEN, IN, IS NULL, + - * / and and/or/not; "
            "no functions, no queries, and an and/or between any two conditions",
            offset=first.offset,
        )

    def _first(self, node: Any) -> Term:
        """The leftmost atom below ``node``, for error messages."""
        numbers = [int(column.name) for column in node.find_all(exp.Identifier) if column.name.isdigit()]
        atom = self._atoms[min(numbers, default=0)]
        return Term(sql=atom.sql, kind=atom.kind, unit=atom.unit, offset=atom.offset, shown=atom.shown)

    def _flag(self, sql: str, about: Term) -> Term:
        return Term(sql=sql, kind="flag", unit="flag", offset=about.offset, shown=about.shown)

    def _made(self, sql: str, about: Term, *, unit: str | None) -> Term:
        return Term(sql=sql, kind="number", unit=unit, offset=about.offset, shown=about.shown)
