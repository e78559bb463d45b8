"""What is wrong with a document, place by place, as a page shows it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from base.errors import StrategyError
from console.words import Said
from console.words.errors import in_both
from features.catalogue import FEATURES
from strategies.atoms import RuleError
from strategies.document import Strategy
from strategies.reader import read
from strategies.rule import parse

_PLACED = re.compile(r"[^:\n]*:(\d+):(\d+): ")
_LACKS = re.compile(r"'([\w.]+)' is missing")
_NAMED = re.compile(r"(\w[\w. ]*): ")
_MISSPELT = re.compile(r"unknown key '(?:[\w.]+\.)?(\w+)'; did you mean '(\w+)'\?")
_BOUND = re.compile(r"Input should be (?:less|greater) than or equal to ([0-9.]+)")
_MEANT = re.compile(r"did you mean '([^']+)'\?")
_WORD = re.compile(r"'[^']*'|[^\s()=<>,，（）且或]+|.")


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One mistake of a document: its line, first is 1 (0: no line of its own), what it is, and the line.

    ``place``: the part of the document that is named, with points between; ``brief``: what is wrong with it,
    without its name; ``nearest``: the number nearest to the one given that may stand there; ``mended``: the
    whole document with the key that was probably meant; both empty where nobody knows.
    """

    line: int
    words: Said
    text: str
    place: str
    brief: Said
    nearest: str
    mended: str


@dataclass(frozen=True, kw_only=True)
class RuleSlip:
    """What is wrong with a rule: the part before, the word that is wrong, the part after.

    ``meant``: the whole rule with the word that was probably meant; empty where nobody knows.
    """

    words: Said
    before: str
    wrong: str
    after: str
    meant: str


def slips_of(text: str, *, file: str) -> tuple[Strategy | None, tuple[Slip, ...]]:
    """The strategy, or what is wrong with its document."""
    try:
        return read(text, file=file, features=FEATURES), ()
    except StrategyError as error:
        return None, slips_in(error, text)


def slips_in(error: StrategyError, text: str) -> tuple[Slip, ...]:
    """What the error says, line by line."""
    return tuple(_slip(said, text) for said in str(error).split("\n"))


def _slip(told: str, text: str) -> Slip:
    placed = _PLACED.match(told)
    said = told[placed.end() :] if placed else told
    line, column = (int(placed[1]), int(placed[2])) if placed else (0, 0)
    lines = text.split("\n")
    lacks, named = _LACKS.match(said), _NAMED.match(said)
    brief = said[named.end() :] if named else said
    bound, misspelt = _BOUND.fullmatch(brief), _MISSPELT.fullmatch(said)
    return Slip(
        line=line,
        words=in_both(said),
        text=lines[line - 1].strip() if 0 < line <= len(lines) else "",
        place=lacks[1] if lacks else named[1] if named else "",
        brief=Said("It is missing.", "请填写。") if lacks else in_both(brief),
        nearest=bound[1] if bound else "",
        mended=_respelt(lines, line, column, wrong=misspelt[1], meant=misspelt[2]) if misspelt else "",
    )


def _respelt(lines: Sequence[str], line: int, column: int, *, wrong: str, meant: str) -> str:
    """The document with another word at that place; empty where the wrong one does not stand there."""
    before, after = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
    if not after.startswith(wrong):
        return ""
    return "\n".join([*lines[: line - 1], before + meant + after.removeprefix(wrong), *lines[line:]])


def rule_slip(rule: str) -> RuleSlip | None:
    """What is wrong with the rule by itself; None where it reads."""
    try:
        parse(rule, FEATURES)
    except RuleError as error:
        return rule_slip_of(rule, error)
    return None


def rule_slip_of(rule: str, error: RuleError) -> RuleSlip:
    """The error beside the word it is about."""
    start = min(error.offset, max(len(rule) - 1, 0))
    word = _WORD.match(rule, start)
    end = start + error.length if error.length else word.end() if word else len(rule)
    meant = _MEANT.search(str(error))
    return RuleSlip(
        words=in_both(str(error)),
        before=rule[:start],
        wrong=rule[start:end],
        after=rule[end:],
        meant=f"{rule[:start]}{meant[1]}{rule[end:]}" if meant else "",
    )
