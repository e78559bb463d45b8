"""How large an experiment must be: for one look at its end, and for verdicts that may be read every night."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import special

from experiments.design import customers_needed, detectable_lift, power
from experiments.sequences import sequence

_MOST = 1_000_000_000  # customers; more than any bank has
_HALVINGS = 50


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``customers``, both arms together, show ``lift`` on a rate of ``base`` with probability ``power``.

    ``nightly_customers`` are needed, and ``nightly_lift`` is shown by ``customers``, where the always-valid
    interval is read every night; None where no bank has so many, or no lift is large enough.
    """

    base: float
    holdout: float
    power: float
    lift: float
    customers: int
    nightly_lift: float | None
    nightly_customers: int | None


def plan_for_lift(
    lift: float, *, base: float, holdout: float, power_wanted: float, confidence: float
) -> Plan:
    """How many customers it takes to show ``lift``. Raises ExperimentError for one that there cannot be."""
    customers = customers_needed(
        lift, base=base, holdout=holdout, power_wanted=power_wanted, confidence=confidence
    )
    return _plan(customers, lift, base, holdout, power_wanted, confidence)


def plan_for_customers(
    customers: int, *, base: float, holdout: float, power_wanted: float, confidence: float
) -> Plan:
    """Which lift ``customers`` show. Raises ExperimentError where they would show none."""
    lift = detectable_lift(
        customers, base=base, holdout=holdout, power_wanted=power_wanted, confidence=confidence
    )
    return _plan(customers, lift, base, holdout, power_wanted, confidence)


def _plan(
    customers: int, lift: float, base: float, holdout: float, power_wanted: float, confidence: float
) -> Plan:
    def shown(customers: float, lift: float) -> bool:
        return _shown_nightly(customers, lift, base, holdout, power_wanted, confidence)

    return Plan(
        base=base,
        holdout=holdout,
        power=power(customers, holdout=holdout, base=base, lift=lift, confidence=confidence),
        lift=lift,
        customers=customers,
        nightly_lift=_smallest(lambda tried: shown(customers, tried), lift, 1 - base),
        nightly_customers=_ceiling(_smallest(lambda tried: shown(tried, lift), customers, _MOST)),
    )


def _shown_nightly(
    customers: float, lift: float, base: float, holdout: float, power_wanted: float, confidence: float
) -> bool:
    """Whether the always-valid interval excludes zero by then with the wanted probability."""
    treated, held = customers * (1 - holdout), customers * holdout
    rate = base + lift
    error = math.sqrt(rate * (1 - rate) / treated + base * (1 - base) / held)
    low = sequence(abs(lift), error, treated, held, confidence=confidence).low
    return bool(low >= special.ndtri(power_wanted) * error)


def _smallest(enough: Callable[[float], bool], low: float, high: float) -> float | None:
    """The smallest number from ``low`` to ``high`` that is enough; None where none is."""
    if not enough(high):
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _ceiling(number: float | None) -> int | None:
    return None if number is None else math.ceil(number)
