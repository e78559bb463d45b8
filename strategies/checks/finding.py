"""What a check finds, and how it is said to people."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self

from base.registry import subclasses
from strategies.checks.domains import Customer
from strategies.checks.facts import Facts


@dataclass(frozen=True, kw_only=True)
class Finding(ABC):
    """One mistake. A subclass is a kind of mistake; its docstring is the message shown to managers.

    ``strategies``: the names concerned, the one to mend first. ``witness``: an example customer who proves it
    (None for a missing value), or None where the proof needs nobody. ``detail``: what exactly, in the rules'
    own words. ``grave``: it can never be meant; anything else may be, and is for its manager to judge.
    """

    name: ClassVar[str]
    grave: ClassVar[bool]

    strategies: tuple[str, ...]
    detail: str = ""
    witness: Customer | None = None

    @classmethod
    @abstractmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        """Every mistake of this kind that concerns the strategies asked about."""

    @property
    def kind(self) -> str:
        return self.name

    def message(self) -> str:
        """The finding in one line: who, what, why, and the example customer."""
        said = f"{', '.join(self.strategies)}: {' '.join((type(self).__doc__ or '').split())}"
        why = f" [{self.detail}]" if self.detail else ""
        return f"{said}{why}{_example(self.witness)}"


@cache
def kinds() -> dict[str, type[Finding]]:
    """Every kind of finding, by name."""
    return subclasses("strategies.checks", Finding)  # type: ignore[type-abstract]


def _example(witness: Mapping[str, object] | None) -> str:
    if witness is None:
        return ""
    values = ", ".join(f"{name} = {_shown(value)}" for name, value in witness.items())
    return f" For example (例): {values}"


def _shown(value: object) -> str:
    match value:
        case None:
            return "missing"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.15g}"
        case _:
            return str(value)
