"""What a feature can hold, as far as its declaration says: the customers that proofs range over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Protocol

from strategies.atoms import Described
from strategies.tree import Kind, Name
from strategies.truth import Known

Customer = Mapping[str, Known | None]
"""What is known of a customer, by name; None where it is missing."""

# Days ago, counts, ages, hours and levels have ends by their meaning; money and shares may be anything.
_ENDS: dict[str, tuple[float, float]] = {
    "days": (0, inf),
    "count": (0, inf),
    "years": (0, 120),
    "hour": (0, 23),
    "level": (1, 5),
}
# Where an example customer is sought first, so that it looks like somebody.
_USUAL: dict[str, tuple[float, float]] = {
    "CNY": (0, 1_000_000),
    "share": (0, 1),
    "days": (0, 3_650),
    "count": (0, 1_000),
    "years": (18, 90),
}
_STEPS = {"CNY": 100, "share": 10_000, "days": 100}


class Declared(Described, Protocol):
    """What proofs need to know of a feature; ``features.declaration.Feature`` has it."""

    @property
    def nullable(self) -> bool: ...


@dataclass(frozen=True, kw_only=True)
class Domain:
    """The values a name can have. ``low`` to ``high`` hold always; ``usual`` ends and ``steps`` (parts of 1
    in which such values are written) only where an example is wanted. ``whole``: whole numbers only.
    """

    kind: Kind
    whole: bool
    nullable: bool
    low: float = -inf
    high: float = inf
    usual: tuple[float, float] = (-inf, inf)
    steps: int = 1

    def holds(self, value: object) -> bool:
        """Whether a customer may have ``value``."""
        match value:
            case None:
                return self.nullable
            case bool():
                return self.kind == "flag"
            case int() | float():
                fits = self.low <= value <= self.high and (not self.whole or float(value).is_integer())
                return self.kind == "number" and fits
            case str():
                return self.kind == "text"
            case date():
                return self.kind == "date"
            case _:
                return False


def domain(name: Name, features: Mapping[str, Declared]) -> Domain:
    """What ``name`` can hold. A name that is no feature (the segment) is known of everybody."""
    feature = features.get(name.name)
    if feature is None:
        return Domain(kind=name.kind, whole=False, nullable=False)
    low, high = _ENDS.get(feature.unit, (-inf, inf))
    return Domain(
        kind=name.kind,
        whole=feature.type == "long",
        nullable=feature.nullable,
        low=low,
        high=high,
        usual=_USUAL.get(feature.unit, (low, high)),
        steps=1 if feature.type == "long" else _STEPS.get(feature.unit, 1_000),
    )
