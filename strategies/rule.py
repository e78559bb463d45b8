"""The rule language of ``who``: conditions over features, checked for names, types and units.

A rule is what a manager would write: ``资产总额 between 5000 and 3万 and not has_fund``. It allows
comparisons, BETWEEN, IN, IS [NOT] NULL, AND / OR / NOT (且 / 或 / 非), arithmetic and brackets; nothing else.
A comparison with a missing value is neither true nor false, as in SQL, and selects nobody.
"""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from base.errors import StrategyError

Kind = Literal["number", "flag", "text"]

SEGMENT = "segment"
_KEYWORDS = {"and", "or", "not", "between", "in", "is", "null", "true", "false"}
_SCALES = {"": 1, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000}
_UNITS = {
    "": None,
    "元": "CNY",
    "天": "days",
    "次": "count",
    "笔": "count",
    "岁": "years",
    "点": "hour",
    "级": "level",
    "%": "share",
}
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+))(?P<scale>[百千万亿]?)(?P<unit>[元天次笔岁点级%]?)(?!\w)"
    r"|(?P<word>[^\W\d]\w*)"
    r"|(?P<operator><=|>=|<>|!=|==|[<>=≥≤≠+\-*/(),])"
)
_FOLDED = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "、": ","})
_SPELLINGS = {"且": "and", "或": "or", "非": "not", "≥": ">=", "≤": "<=", "≠": "<>", "==": "="}
_LONGEST = 2_000
_COMPARISONS = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}
_SUMS = {exp.Add: "+", exp.Sub: "-"}


class Described(Protocol):
    """What a rule needs to know of a feature."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def label(self) -> str: ...


class RuleError(StrategyError):
    """A rule does not parse or compares what cannot be compared; ``offset`` is where, in characters."""

    def __init__(self, message: str, *, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A checked rule: a Spark SQL condition over ``customer_features`` and ``segment``, and what it reads."""

    text: str
    sql: str
    names: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class _Atom:
    """A name or a literal of the rule: what stands where, and what it is worth."""

    shown: str
    sql: str
    kind: Kind
    unit: str | None
    offset: int


@dataclass(frozen=True, kw_only=True)
class _Term:
    """A checked part of a rule. ``unit`` is None where any unit will do: a bare number."""

    sql: str
    kind: Kind
    unit: str | None
    offset: int
    shown: str


def parse(text: str, features: Mapping[str, Described]) -> Rule:
    """Check ``text`` against ``features`` (by name) and turn it into Spark SQL.

    Raises RuleError saying what is wrong, where, and what to do.
    """
    if len(text) > _LONGEST:
        raise RuleError(f"the rule is longer than {_LONGEST} characters; split the strategy", offset=_LONGEST)
    shape, atoms = _split(text, features)
    if not atoms:
        raise RuleError("the rule is empty; write whom the strategy is for", offset=0)
    try:
        condition = _Checker(atoms).condition(sqlglot.parse_one(shape, dialect="spark"))
    except SqlglotError as error:
        raise _unreadable(error, atoms) from error
    except RecursionError as error:
        raise RuleError("the rule is nested too deeply; take it apart", offset=0) from error
    names = {atom.sql for atom in atoms if atom.sql in features}
    return Rule(text=text, sql=condition, names=frozenset(names))


def _split(text: str, features: Mapping[str, Described]) -> tuple[str, list[_Atom]]:
    """The rule's shape, where every name and literal is the number of its atom, and the atoms.

    The SQL parser sees the shape only, so that no name, text or number can mean anything to it.
    """
    plain = "".join(_plain(character) for character in text)
    labels = _labels(features)
    shape: list[str] = []
    atoms: list[_Atom] = []
    at = 0
    while at < len(plain):
        named = _label_at(plain, at, labels)
        token = None if named else _TOKEN.match(plain, at)
        if named is None and token is None:
            raise RuleError(f"{text[at]!r} does not belong in a rule; see docs/strategies.md", offset=at)
        piece = labels[named] if named else (token.group() if token else "")
        word = _SPELLINGS.get(piece, piece.lower())
        if token is not None and (token["space"] or token["operator"] or word in _KEYWORDS):
            shape.append(word)
        else:
            shape.append(f"`{len(atoms)}`")
            atoms.append(_atom(piece, token, features, at))
        shape.append(" ")
        at = at + len(named) if named else (token.end() if token else at)
    return "".join(shape), atoms


def _plain(character: str) -> str:
    """Full-width letters, digits and punctuation as their plain selves, one character for one."""
    folded = unicodedata.normalize("NFKC", character.translate(_FOLDED))
    return folded if len(folded) == 1 else character


def _labels(features: Mapping[str, Described]) -> dict[str, str]:
    """Feature names by label, longest label first."""
    labels = {"".join(map(_plain, feature.label)): feature.name for feature in features.values()}
    labels.setdefault("客群", SEGMENT)
    return dict(sorted(labels.items(), key=lambda item: -len(item[0])))


def _label_at(text: str, at: int, labels: Mapping[str, str]) -> str | None:
    """The longest label that stands as a whole word at ``at``."""
    if at and (text[at - 1].isalnum() or text[at - 1] == "_") and text[at].isalnum():
        return None
    for label in labels:
        end = at + len(label)
        if (
            label
            and text.startswith(label, at)
            and not (text[end : end + 1].isalnum() and label[-1].isalnum())
        ):
            return label
    return None


def _atom(piece: str, token: "re.Match[str] | None", features: Mapping[str, Described], offset: int) -> _Atom:
    if token is not None and token["number"]:
        unit = _UNITS[token["unit"]]
        value = float(token["number"]) * _SCALES[token["scale"]] / (100 if unit == "share" else 1)
        sql = str(int(value)) if value == int(value) else f"{value!r}D"
        return _Atom(shown=piece, sql=sql, kind="number", unit=unit, offset=offset)
    if token is not None and token["text"]:
        value_text = piece[1:-1]
        if "\\" in value_text or "'" in value_text:
            raise RuleError(f"{piece} may hold neither quotes nor backslashes", offset=offset)
        return _Atom(shown=piece, sql=f"'{value_text}'", kind="text", unit="segment", offset=offset)
    if piece == SEGMENT:
        return _Atom(shown=piece, sql=SEGMENT, kind="text", unit="segment", offset=offset)
    feature = features.get(piece)
    if feature is None:
        raise RuleError(f"no feature is called {piece!r}{_nearest(piece, features)}", offset=offset)
    kind: Kind = {"boolean": "flag", "string": "text"}.get(feature.type, "number")  # type: ignore[assignment]
    return _Atom(shown=piece, sql=feature.name, kind=kind, unit=feature.unit, offset=offset)


def _nearest(word: str, features: Mapping[str, Described]) -> str:
    known = [*features, *(feature.label for feature in features.values()), SEGMENT]
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else "; docs/features.md lists them all"


def _unreadable(error: SqlglotError, atoms: list[_Atom]) -> RuleError:
    """Where the parser gave up, said in the rule's own words."""
    details: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
    before = details[0].get("start_context") or ""
    passed = re.findall(r"`(\d+)`", before + (details[0].get("highlight") or ""))
    last = atoms[int(passed[-1])] if passed else atoms[0]
    return RuleError(
        f"the rule breaks off near {last.shown!r}: a comparison, a bracket or an and/or is missing there",
        offset=last.offset,
    )


class _Checker:
    """Walks a parsed rule, checks it, and writes it out again as SQL with every bracket in place."""

    def __init__(self, atoms: list[_Atom]) -> None:
        self._atoms = atoms

    def condition(self, node: Any) -> str:
        term = self._term(node)
        if term.kind != "flag":
            raise RuleError(
                f"{term.shown!r} is a {term.kind}, not a condition; compare it with something",
                offset=term.offset,
            )
        return term.sql

    def _term(self, node: Any) -> _Term:
        match node:
            case exp.Paren():
                return self._term(node.this)
            case exp.Column():
                return self._leaf(node)
            case exp.Boolean():
                return _Term(
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

    def _leaf(self, node: Any) -> _Term:
        atom = self._atoms[int(node.name)] if node.name.isdigit() and not node.table else None
        if atom is None:
            raise self._refused(node)
        return _Term(sql=atom.sql, kind=atom.kind, unit=atom.unit, offset=atom.offset, shown=atom.shown)

    def _is_null(self, node: Any) -> _Term:
        if not isinstance(node.expression, exp.Null):
            raise RuleError("IS is for IS NULL and IS NOT NULL only", offset=self._first(node).offset)
        inner = self._term(node.this)
        return self._flag(f"({inner.sql} is null)", inner)

    def _between(self, node: Any) -> _Term:
        value, low, high = (
            self._term(node.this),
            self._number(node.args["low"]),
            self._number(node.args["high"]),
        )
        self._alike(value, low)
        self._alike(value, high)
        return self._flag(f"({value.sql} between {low.sql} and {high.sql})", value)

    def _in(self, node: Any) -> _Term:
        value, choices = self._term(node.this), [self._term(choice) for choice in node.expressions]
        for choice in choices:
            self._alike(value, choice)
        return self._flag(f"({value.sql} in ({', '.join(choice.sql for choice in choices)}))", value)

    def _sum(self, node: Any) -> _Term:
        left, right = self._number(node.this), self._number(node.expression)
        self._alike(left, right)
        return self._made(f"({left.sql} {_SUMS[type(node)]} {right.sql})", left, unit=left.unit or right.unit)

    def _product(self, node: Any) -> _Term:
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

    def _number(self, node: Any) -> _Term:
        term = self._term(node)
        if term.kind != "number":
            raise RuleError(f"{term.shown!r} is a {term.kind}; a number belongs here", offset=term.offset)
        return term

    def _alike(self, left: _Term, right: _Term) -> None:
        if left.kind != right.kind or (left.unit != right.unit and None not in (left.unit, right.unit)):
            raise self._unlike(left, right)

    def _unlike(self, left: _Term, right: _Term) -> RuleError:
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

    def _first(self, node: Any) -> _Term:
        """The leftmost atom below ``node``, for error messages."""
        numbers = [int(column.name) for column in node.find_all(exp.Identifier) if column.name.isdigit()]
        atom = self._atoms[min(numbers, default=0)]
        return _Term(sql=atom.sql, kind=atom.kind, unit=atom.unit, offset=atom.offset, shown=atom.shown)

    def _flag(self, sql: str, about: _Term) -> _Term:
        return _Term(sql=sql, kind="flag", unit="flag", offset=about.offset, shown=about.shown)

    def _made(self, sql: str, about: _Term, *, unit: str | None) -> _Term:
        return _Term(sql=sql, kind="number", unit=unit, offset=about.offset, shown=about.shown)
