"""The rule language of ``who``: conditions over features, checked for names, types, units and consent.

A rule is what a manager would write: ``资产总额 between 5000 and 3万 and not has_fund``. It allows
comparisons, BETWEEN, IN, IS [NOT] NULL, AND / OR / NOT (且 / 或 / 非), arithmetic, dates and brackets;
nothing else. What it means is said in strategies/tree.py and strategies/truth.py.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot.errors import SqlglotError

from strategies.atoms import Described, RuleError, Term, split
from strategies.condition import Checker
from strategies.tree import Condition, Name

# As people write 5,000; behind a bracket or a comma it is a list.
_IN_THOUSANDS = re.compile(r"(?<=[<>=])\s*\b([0-9]{1,3}(?:,[0-9]{3})+)\b(?!,)")
_LONGEST = 2_000


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A checked rule: its text, what it means, and the names of the features it reads.

    ``personal``: whether it asks anything about a customer, be it his segment; else it is for everybody.
    """

    text: str
    condition: Condition
    names: frozenset[str]
    personal: bool


def parse(text: str, features: Mapping[str, Described], *, channels: Collection[str] = ()) -> Rule:
    """Check ``text`` against ``features`` (by name) and read it as a tree.

    ``channels``: those on which the rule is to select customers; consent must permit its features on all.
    Raises RuleError saying what is wrong, where, and what to do.
    """
    if len(text) > _LONGEST:
        raise RuleError(f"the rule is longer than {_LONGEST} characters; split the strategy", offset=_LONGEST)
    shape, terms = split(text, features)
    if not terms:
        raise RuleError("the rule is empty; write whom the strategy is for", offset=0)
    try:
        condition = Checker(terms).condition(sqlglot.parse_one(shape, dialect="spark"))
    except SqlglotError as error:
        raise _unreadable(error, terms, text) from error
    except RecursionError as error:
        raise RuleError("the rule is nested too deeply; take it apart", offset=0) from error
    used = {term.node.name: term for term in reversed(terms) if isinstance(term.node, Name)}
    names = used.keys() & features.keys()
    for name in names:
        _refuse_without_consent(used[name], features[name], channels)
    return Rule(text=text, condition=condition, names=frozenset(names), personal=bool(used))


def _refuse_without_consent(term: Term, feature: Described, channels: Collection[str]) -> None:
    refused = sorted(set(channels) - set(feature.channels))
    if refused:
        raise RuleError(
            f"consent permits {term.shown!r} on {', '.join(feature.channels) or 'no channel'} only, not on "
            f"{', '.join(refused)}; take it out of the rule, or those touches out of the funnel",
            offset=term.offset,
        )


def _unreadable(error: SqlglotError, terms: list[Term], text: str) -> RuleError:
    """Where the parser gave up, said in the rule's own words."""
    details: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
    before = details[0].get("start_context") or ""
    passed = re.findall(r"`(\d+)`", before + (details[0].get("highlight") or ""))
    last = terms[int(passed[-1])] if passed else terms[0]
    for number in _IN_THOUSANDS.finditer(text):
        if number.start() <= last.offset < number.end():
            return RuleError(
                f"a number has no commas in it, unlike {number[1]!r}; did you mean "
                f"{number[1].replace(',', '')!r}?",
                offset=number.start(1),
                length=len(number[1]),
            )
    return RuleError(
        f"the rule breaks off near {last.shown!r}: a comparison, a bracket or an and/or is missing there",
        offset=last.offset,
    )
