"""What is wrong with a document, place by place, as a page shows it."""

import re
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
_BOUND = re.compile(r"Input should be (?:less|greater) than or equal to ([0-9.]+)")
_MEANT = re.compile(r"did you mean '([^']+)'\?")
_WORD = re.compile(r"'[^']*'|[^\s()=<>,，（）且或]+|.")


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One mistake of a document: its line, first is 1 (0: no line of its own), what it is, and the line.

    ``place``: the part of the document that is named, with points between; ``brief``: what is wrong with it,
    without its name; ``nearest``: the number nearest to the one given that may stand there.
    """

    line: int
    words: Said
    text: str
    place: str
    brief: Said
    nearest: str


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
    lines = text.split("\n")
    found = []
    for said in str(error).split("\n"):
        place = _PLACED.match(said)
        number = int(place[1]) if place else 0
        shown = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        found.append(_slip(said[place.end() :] if place else said, line=number, text=shown))
    return tuple(found)


def _slip(said: str, *, line: int, text: str) -> Slip:
    lacks, named = _LACKS.match(said), _NAMED.match(said)
    brief = said[named.end() :] if named else said
    bound = _BOUND.fullmatch(brief)
    return Slip(
        line=line,
        words=in_both(said),
        text=text,
        place=lacks[1] if lacks else named[1] if named else "",
        brief=Said("It is missing.", "请填写。") if lacks else in_both(brief),
        nearest=bound[1] if bound else "",
    )


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
    end = word.end() if word else len(rule)
    meant = _MEANT.search(str(error))
    return RuleSlip(
        words=in_both(str(error)),
        before=rule[:start],
        wrong=rule[start:end],
        after=rule[end:],
        meant=f"{rule[:start]}{meant[1]}{rule[end:]}" if meant else "",
    )
