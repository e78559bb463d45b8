"""The words of a rule: names of features (or their Chinese labels), numbers with units, and text."""

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

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
    r"|(?P<number>\d{1,12}(?:\.\d{1,9})?)(?P<scale>[百千万亿]?)(?P<unit>[元天次笔岁点级%]?)(?![^\W且或非])"
    r"|(?P<operator><=|>=|<>|!=|==|[<>=≥≤≠+\-*/(),]|[且或非])"
    r"|(?P<word>[^\W\d]\w*?(?=[且或]|\b))"
)
_FOLDED = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "、": ","})
_JOINTS = "且或非"
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


class RuleError(StrategyError):
    """A rule does not parse or compares what cannot be compared; ``offset`` is where, in characters."""

    def __init__(self, message: str, *, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, kw_only=True)
class Atom:
    """A name or a literal of the rule: what stands where, and what it is worth."""

    shown: str
    sql: str
    kind: Kind
    unit: str | None
    offset: int


def split(text: str, features: Mapping[str, Described]) -> tuple[str, list[Atom]]:
    """The rule's shape, where every name and literal is the number of its atom, and the atoms.

    The SQL parser sees the shape only, so that no name, text or number can mean anything to it.
    """
    plain = "".join(_plain(character) for character in text)
    labels = _labels(features)
    shape: list[str] = []
    atoms: list[Atom] = []
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
    return {label: labels[label] for label in sorted(labels, key=len, reverse=True) if label}


def _label_at(text: str, at: int, labels: Mapping[str, str]) -> str | None:
    """The longest label that stands as a whole word at ``at``; 且, 或 and 非 need no space around them."""
    if at and _goes_on(text[at - 1]) and _goes_on(text[at]):
        return None
    for label in labels:
        after = text[at + len(label) : at + len(label) + 1]
        if text.startswith(label, at) and not (_goes_on(after) and _goes_on(label[-1])):
            return label
    return None


def _goes_on(character: str) -> bool:
    return (character.isalnum() or character == "_") and character not in _JOINTS


def _atom(piece: str, token: "re.Match[str] | None", features: Mapping[str, Described], offset: int) -> Atom:
    if token is not None and token["number"]:
        unit = _UNITS[token["unit"]]
        value = Decimal(token["number"]) * _SCALES[token["scale"]] / (100 if unit == "share" else 1)
        sql = str(int(value)) if value == int(value) else f"{value:f}D"
        return Atom(shown=piece, sql=sql, kind="number", unit=unit, offset=offset)
    if token is not None and token["text"]:
        value_text = piece[1:-1]
        if "\\" in value_text or "'" in value_text:
            raise RuleError(f"{piece} may hold neither quotes nor backslashes", offset=offset)
        return Atom(shown=piece, sql=f"'{value_text}'", kind="text", unit="segment", offset=offset)
    if piece == SEGMENT:
        return Atom(shown=piece, sql=SEGMENT, kind="text", unit="segment", offset=offset)
    feature = features.get(piece)
    if feature is None:
        raise RuleError(f"no feature is called {piece!r}{_nearest(piece, features)}", offset=offset)
    kind: Kind = {"boolean": "flag", "string": "text"}.get(feature.type, "number")  # type: ignore[assignment]
    return Atom(shown=piece, sql=feature.name, kind=kind, unit=feature.unit, offset=offset)


def _nearest(word: str, features: Mapping[str, Described]) -> str:
    known = [*features, *(feature.label for feature in features.values()), SEGMENT]
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else "; docs/features.md lists them all"
