"""Variables that the house fills for each contact: each declared once, below this package.

None is made of a feature or a segment: whoever speaks a script must not learn what the bank knows of people.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

from base.registry import instances
from lake.table import Classification

PACKAGE = "strategies.variables"


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """All that a variable may be made of. ``masked_name``: as people are shown it; ``last_day``: of use."""

    title: str
    offer: str
    masked_name: str
    last_day: date


@dataclass(frozen=True, kw_only=True)
class Variable:
    """What the house puts for ``{name}`` or, in Chinese, for ``{label}``. ``doc`` is shown to managers."""

    name: str
    label: str
    classification: Classification
    doc: str
    of: Callable[[Occasion], str]

    @property
    def is_personal(self) -> bool:
        """Whether it differs from person to person."""
        return self.classification is not Classification.INTERNAL


EXAMPLE = Occasion(
    title="定期存款 · Time deposits", offer="一年期定期存款。", masked_name="张**", last_day=date(2026, 7, 2)
)


@cache
def house_variables() -> dict[str, Variable]:
    """Every variable of the house, by its name and again by its label."""
    declared = instances(PACKAGE, Variable).values()
    return {word: variable for variable in declared for word in (variable.name, variable.label)}
