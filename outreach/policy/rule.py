"""What a policy rule is, and the one expression that all rules together make."""

import inspect
import itertools
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from typing import ClassVar

from pyspark.sql import Column
from pyspark.sql import functions as F

from base.errors import DeclarationError
from base.registry import subclasses
from outreach.policy.facts import Facts


class PolicyRule(ABC):
    """A reason why somebody may not be contacted. A subclass's docstring is the reason shown to people.

    ``order`` says which rule speaks first where several forbid: the graver reason has the lower number.
    ``otherwise``: what would have had to be so for it not to forbid; empty where nothing could be.
    """

    name: ClassVar[str]
    order: ClassVar[int]
    otherwise: ClassVar[str]

    @abstractmethod
    def forbids(self, facts: Facts) -> Column:
        """A boolean expression over the facts; where it is null, too little is known and the rule forbids."""


@cache
def policy_rules() -> tuple[PolicyRule, ...]:
    """Every declared rule in the order in which they speak.

    Raises DeclarationError when two rules claim the same place.
    """
    found = subclasses("outreach.policy", PolicyRule)  # type: ignore[type-abstract]
    rules = sorted((kind() for kind in found.values()), key=lambda rule: rule.order)
    for first, second in itertools.pairwise(rules):
        if first.order == second.order:
            raise DeclarationError(
                f"policy rules {first.name} and {second.name} both have order {first.order}; give one another"
            )
    return tuple(rules)


def dropped_by(facts: Facts) -> Column:
    """Name of the first rule that forbids the contact, null when none does; one expression for the engine."""
    return _first_to_forbid(facts, [rule.name for rule in policy_rules()])


def place_of_first(facts: Facts) -> Column:
    """Place, from 0, of that rule in ``policy_rules()``; null when none forbids."""
    return _first_to_forbid(facts, list(range(len(policy_rules())))).cast("tinyint")


def reasons() -> dict[str, str]:
    """What each rule says to people, by its name, in the order in which they speak."""
    return {rule.name: inspect.cleandoc(type(rule).__doc__ or "") for rule in policy_rules()}


def _first_to_forbid(facts: Facts, words: Sequence[str | int]) -> Column:
    """The word that belongs to the first rule that forbids the contact."""
    first, *others = zip(policy_rules(), words, strict=True)
    chain = F.when(_forbids(first[0], facts), first[1])
    for rule, word in others:
        chain = chain.when(_forbids(rule, facts), word)
    return chain


def _forbids(rule: PolicyRule, facts: Facts) -> Column:
    return F.coalesce(rule.forbids(facts), F.lit(True))
