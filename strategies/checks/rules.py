"""Mistakes in a rule by itself."""

from collections.abc import Iterator
from typing import Self

from strategies.checks.facts import Facts
from strategies.checks.finding import Finding
from strategies.checks.walk import leaves, names, written
from strategies.checks.walk import values as values_of
from strategies.tree import Condition, Name, Text


class Nobody(Finding):
    """No customer can satisfy the rule: these conditions contradict each other. 规则自相矛盾，无人符合"""

    name = "nobody"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        for entry in facts.asked:
            if not facts.selects_somebody(entry):
                core = facts.prover.contradiction(entry.condition)
                if core:
                    yield cls(strategies=(entry.name,), detail=_joined(core, " and "))


class Everybody(Finding):
    """The rule asks something and is false of nobody: it selects all customers whose values are known.
    规则对所有客户成立
    """

    name = "everybody"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        for entry in facts.may_select_everybody():
            # A rule that names nothing is for everybody on purpose.
            core = names(entry.condition) and facts.prover.tautology(entry.condition)
            if core:
                yield cls(
                    strategies=(entry.name,),
                    detail=_joined(core, " or "),
                    witness=facts.prover.example([entry.condition]),
                )


class NoSegment(Finding):
    """The rule, or the experiment, names a segment that does not exist today. 规则或实验引用的客群已不存在"""

    name = "no_segment"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        today = facts.told.segments
        for entry in facts.asked if today is not None else ():
            named = _segments(entry.condition) | set(entry.strategy.experiment.by_segment)
            gone = sorted(named - (today or frozenset()))
            if gone:
                yield cls(strategies=(entry.name,), detail=", ".join(gone))


def _segments(condition: Condition) -> set[str]:
    """The segments that the rule names."""
    found: set[str] = set()
    for leaf in leaves(condition):
        atoms = list(values_of(leaf))
        if any(isinstance(atom, Name) and atom.name == "segment" for atom in atoms):
            found |= {atom.value for atom in atoms if isinstance(atom, Text)}
    return found


def _joined(conditions: tuple[Condition, ...], word: str) -> str:
    return word.join(map(written, conditions))
