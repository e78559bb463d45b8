"""The rule language of ``who``: conditions over features, checked for names, types and units.

A rule is what a manager would write: ``资产总额 between 5000 and 3万 and not has_fund``. It allows
comparisons, BETWEEN, IN, IS [NOT] NULL, AND / OR / NOT (且 / 或 / 非), arithmetic and brackets; nothing else.
A comparison with a missing value is neither true nor false, as in SQL, and selects nobody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlglot
from sqlglot.errors import SqlglotError

from strategies.atoms import Atom, Described, RuleError, split
from strategies.condition import Checker

_LONGEST = 2_000


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A checked rule: a Spark SQL condition over ``customer_features`` and ``segment``, and what it reads."""

    sql: str
    names: frozenset[str]


def parse(text: str, features: Mapping[str, Described]) -> Rule:
    """Check ``text`` against ``features`` (by name) and turn it into Spark SQL.

    Raises RuleError saying what is wrong, where, and what to do.
    """
    if len(text) > _LONGEST:
        raise RuleError(f"the rule is longer than {_LONGEST} characters; split the strategy", offset=_LONGEST)
    shape, atoms = split(text, features)
    if not atoms:
        raise RuleError("the rule is empty; write whom the strategy is for", offset=0)
    try:
        condition = Checker(atoms).condition(sqlglot.parse_one(shape, dialect="spark"))
    except SqlglotError as error:
        raise _unreadable(error, atoms) from error
    except RecursionError as error:
        raise RuleError("the rule is nested too deeply; take it apart", offset=0) from error
    names = {atom.sql for atom in atoms if atom.sql in features}
    return Rule(sql=condition, names=frozenset(names))


def _unreadable(error: SqlglotError, atoms: list[Atom]) -> RuleError:
    """Where the parser gave up, said in the rule's own words."""
    details: list[dict[str, Any]] = getattr(error, "errors", None) or [{}]
    before = details[0].get("start_context") or ""
    passed = re.findall(r"`(\d+)`", before + (details[0].get("highlight") or ""))
    last = atoms[int(passed[-1])] if passed else atoms[0]
    return RuleError(
        f"the rule breaks off near {last.shown!r}: a comparison, a bracket or an and/or is missing there",
        offset=last.offset,
    )
