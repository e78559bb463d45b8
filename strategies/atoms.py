"""The words of a rule: names of features (or their Chinese labels), numbers with units, dates, and text."""

import difflib
import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Protocol

from base.errors import StrategyError
from strategies.characters import plain, unseen
from strategies.comparisons import CHINESE, SPOKEN, sign_of
from strategies.tree import AsOf, Condition, Day, Kind, Name, Number, Text, Truth, Value
from strategies.units import SCALES, UNITS, UnlikeError, of_scaled

SEGMENT, AS_OF, EVERYBODY = "segment", "as_of", "everybody"
_LABELS = {"客群": SEGMENT, "基准日": AS_OF, "所有客户": EVERYBODY}
_TRUTHS = {EVERYBODY: True, "true": True, "false": False}
_KEYWORDS = {"and", "or", "not", "between", "in", "is", "null"}
_KINDS: dict[str, Kind] = {"boolean": "flag", "string": "text", "date": "date"}
_DEEPEST = 16
_LONGEST_NUMBER = 12
_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<comment>--|/\*|\*/)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")"
    r"|(?P<open>['\"])"
    r"|(?P<day>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2})(?![0-9])"
    r"|(?P<number>[0-9]++(?:\.[0-9]++)?+)(?P<scale>[百千]?万?亿?)(?P<unit>[元天次笔岁点级%]?)(?![^\W且或非])"
    r"|(?P<garbled>[0-9][\w.%]*)"
    r"|(?P<operator><=|>=|<>|!=|==|[<>=≥≤≠+\-*/(),]|[且或非])"
    rf"|(?P<word>[^\W\d]\w*?(?=[且或]|{CHINESE}|\b))"
)
_JOINTS = "且或非"
_NO_MORE = rf"(?:(?={CHINESE})|(?![^\W{_JOINTS}]))"
# As long as what they stand for, so that places in the rule stay what they are; texts are left alone.
_LONG_JOINTS = {"并且": " 且", "或者": "或 "}
_LONG_JOINT = re.compile(r"'[^']*'|\"[^\"]*\"|并且|或者")
_SPELLINGS = {"且": "and", "或": "or", "非": "not", "≥": ">=", "≤": "<=", "≠": "<>", "==": "="}


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
    @property
    def channels(self) -> Collection[str]: ...


class RuleError(StrategyError):
    """A rule does not parse or compares what cannot be compared; ``offset`` is where, in characters.

    ``length``: of what is wrong there; 0 where that is the word.
    """

    def __init__(self, message: str, *, offset: int, length: int = 0) -> None:
        super().__init__(message)
        self.offset, self.length = offset, length


@dataclass(frozen=True, kw_only=True)
class Term:
    """A part of a rule and where it stands. ``unit`` is None where any unit will do: a bare number."""

    node: Value | Condition
    kind: Kind
    unit: str | None
    offset: int
    shown: str


def split(text: str, features: Mapping[str, Described]) -> tuple[str, list[Term]]:
    """The rule's shape, where every name and literal is the number of its term, and the terms.

    The SQL parser sees the shape only, so that no name, text or number can mean anything to it.
    """
    _refuse_unseen(text)
    folded = _LONG_JOINT.sub(lambda found: _LONG_JOINTS.get(found[0], found[0]), plain(text))
    names, label = _labels(tuple((feature.label, feature.name) for feature in features.values()))
    shape: list[str] = []
    terms: list[Term] = []
    at = depth = 0
    while at < len(folded):
        named = _label_at(folded, at, label)
        if named is None:
            _refuse_spoken(folded, at)
        token = None if named else _TOKEN.match(folded, at)
        if named is None and token is None:
            raise RuleError(f"{text[at]!r} does not belong in a rule; see docs/strategies.md", offset=at)
        piece = names[named] if named else (token.group() if token else "")
        word = _SPELLINGS.get(piece, piece.lower())
        if token is not None and (token["space"] or token["operator"] or word in _KEYWORDS):
            _refuse_null(word, shape, at)
            depth = _nested(depth, word, at)
            if not token["space"]:
                shape.append(word)
        else:
            shape.append(f"`{len(terms)}`")
            term = _term(piece, token, features, at)
            terms.append(replace(term, shown=named) if named else term)
        at = at + len(named) if named else (token.end() if token else at)
    return " ".join(shape), terms


def _refuse_unseen(text: str) -> None:
    found = unseen(text)
    if found:
        raise RuleError(f"an invisible character stands here: {found[1]}; delete it", offset=found[0])


def _refuse_spoken(text: str, at: int) -> None:
    found = SPOKEN.match(text, at)
    if found:
        raise RuleError(
            f"a comparison is written with a sign, not with {found[0]!r}; did you mean "
            f"{sign_of(found[0])!r}?",
            offset=at,
            length=len(found[0]),
        )


def _refuse_null(word: str, shape: Sequence[str], at: int) -> None:
    if word == "null" and shape[-1:] != ["is"] and shape[-2:] != ["is", "not"]:
        raise RuleError(
            "nothing is ever equal to null; write 'is null' or 'is not null' after the name", offset=at
        )


def _nested(depth: int, word: str, at: int) -> int:
    depth += {"(": 1, ")": -1}.get(word, 0)
    if depth > _DEEPEST:
        raise RuleError(f"brackets are nested more than {_DEEPEST} deep; take the rule apart", offset=at)
    return depth


@cache
def _labels(described: tuple[tuple[str, str], ...]) -> tuple[dict[str, str], re.Pattern[str]]:
    """Names by label, and what finds the longest label that stands as a whole word."""
    labels = _LABELS | {plain(label): name for label, name in described}
    longest_first = sorted(filter(None, labels), key=len, reverse=True)
    ways = (re.escape(label) + (_NO_MORE if _goes_on(label[-1]) else "") for label in longest_first)
    return labels, re.compile("|".join(ways))


def _label_at(text: str, at: int, labels: re.Pattern[str]) -> str | None:
    """The label that stands at ``at``; 且, 或 and 非 need no space around them."""
    if at and _goes_on(text[at - 1]) and _goes_on(text[at]):
        return None
    found = labels.match(text, at)
    return found.group() if found else None


def _goes_on(character: str) -> bool:
    return (character.isalnum() or character == "_") and character not in _JOINTS


def _term(piece: str, token: "re.Match[str] | None", features: Mapping[str, Described], offset: int) -> Term:
    """The name or literal that ``piece`` is."""
    read = _READERS.get(token.lastgroup or "") if token is not None else None
    if token is not None and read is not None:
        return read(token, offset)
    if piece.lower() in _TRUTHS:
        return Term(node=Truth(_TRUTHS[piece.lower()]), kind="flag", unit=None, offset=offset, shown=piece)
    if piece == AS_OF:
        return Term(node=AsOf(), kind="date", unit=None, offset=offset, shown=piece)
    if piece == SEGMENT:
        return Term(node=Name(SEGMENT, "text"), kind="text", unit=None, offset=offset, shown=piece)
    feature = features.get(piece)
    if feature is None:
        raise RuleError(f"no feature is called {_short(piece)!r}{_nearest(piece, features)}", offset=offset)
    kind = _KINDS.get(feature.type, "number")
    unit = feature.unit if kind == "number" else None
    return Term(node=Name(feature.name, kind), kind=kind, unit=unit, offset=offset, shown=piece)


def _number(token: "re.Match[str]", offset: int) -> Term:
    written, scale, unit = token["number"], token["scale"], UNITS[token["unit"]]
    whole, _, fraction = written.partition(".")
    if len(whole) > _LONGEST_NUMBER or len(fraction) > _LONGEST_NUMBER:
        raise RuleError(
            f"the number {_short(written)} is too long; at most {_LONGEST_NUMBER} digits before the point, "
            "and as many after it",
            offset=offset,
        )
    if "万" in scale or "亿" in scale:
        try:
            unit = of_scaled(unit)
        except UnlikeError as error:
            raise RuleError(
                f"{token.group()!r}: 万 and 亿 are for money and counts, not for {unit}", offset=offset
            ) from error
    scaled = Decimal(written) * math.prod(SCALES[each] for each in scale)
    value = float(scaled / 100 if unit == "share" else scaled)
    return Term(node=Number(value), kind="number", unit=unit, offset=offset, shown=token.group())


def _garbled(token: "re.Match[str]", offset: int) -> Term:
    raise RuleError(
        f"{_short(token.group())!r} is no number: write digits, a point, one of 百千万亿, and a unit "
        "(元 天 次 笔 岁 点 级 %)",
        offset=offset,
    )


def _text(token: "re.Match[str]", offset: int) -> Term:
    value = token.group()[1:-1]
    if "\\" in value or "'" in value:
        raise RuleError(f"{_short(token.group())} may hold neither quotes nor backslashes", offset=offset)
    return Term(node=Text(value), kind="text", unit=None, offset=offset, shown=token.group())


def _open(token: "re.Match[str]", offset: int) -> Term:
    raise RuleError(f"the text that begins here lacks its closing {token.group()}", offset=offset)


def _comment(token: "re.Match[str]", offset: int) -> Term:
    raise RuleError(f"a rule holds no comments; remove {token.group()!r}", offset=offset)


def _day(token: "re.Match[str]", offset: int) -> Term:
    try:
        value = date(*map(int, token.group().split("-")))
    except ValueError as error:
        raise RuleError(f"there is no day {token.group()}; write YYYY-MM-DD", offset=offset) from error
    return Term(node=Day(value), kind="date", unit=None, offset=offset, shown=token.group())


_READERS: dict[str, Callable[["re.Match[str]", int], Term]] = {
    "comment": _comment,
    "text": _text,
    "open": _open,
    "day": _day,
    "unit": _number,
    "garbled": _garbled,
}


def _short(piece: str) -> str:
    return piece if len(piece) <= 40 else f"{piece[:40]}…"


def _nearest(word: str, features: Mapping[str, Described]) -> str:
    known = [*features, *(feature.label for feature in features.values()), SEGMENT, AS_OF, EVERYBODY]
    folded = {name.casefold(): name for name in known}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.5)
    return f"; did you mean {folded[close[0]]!r}?" if close else "; docs/features.md lists them all"
