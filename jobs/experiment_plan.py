"""How large an experiment must be: for one look at its end, and for verdicts that may be read every night."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy import special

from base.errors import ExperimentError
from experiments.design import customers_needed, detectable_lift, power
from experiments.sequences import sequence

_MOST = 1_000_000_000  # customers; more than any bank has
_HALVINGS = 50


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What is asked: rate of those left alone, share left alone, with which probability a lift is to be seen.

    ``confidence`` is that of intervals. What is shipped must be a discovery as well: at most the share
    ``false_discovery`` of those shipped, of so many ``strategies``, may be wrong.
    """

    base: float
    holdout: float
    power: float
    confidence: float
    false_discovery: float
    strategies: int

    @property
    def level(self) -> float:
        """The p-value of a discovery should no other strategy be one: Benjamini and Hochberg's first."""
        return self.false_discovery / self.strategies


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``customers``, both arms together, show ``lift`` with probability ``power``, if looked at once.

    ``nightly_customers`` are needed, and ``nightly_lift`` is shown by ``customers``, where verdicts are read
    every night over all strategies; None where no bank has so many, or no lift is large enough.
    """

    terms: Terms
    power: float
    lift: float
    customers: int
    nightly_lift: float | None
    nightly_customers: int | None


def plan_for_lift(lift: float, terms: Terms) -> Plan:
    """How many customers it takes to show ``lift``.

    Raises ExperimentError for one that there cannot be, or that no bank has the customers for.
    """
    customers = customers_needed(
        lift,
        base=terms.base,
        holdout=terms.holdout,
        power_wanted=terms.power,
        confidence=terms.confidence,
    )
    if customers > _MOST:
        raise ExperimentError(
            f"a lift of {100 * lift:+g} of 100 takes more customers than any bank has ({_MOST:,}); ask for "
            "the smallest lift that would be worth having"
        )
    return _plan(customers, lift, terms)


def plan_for_customers(customers: int, terms: Terms) -> Plan:
    """Which lift ``customers`` show. Raises ExperimentError where they would show none."""
    lift = detectable_lift(
        customers,
        base=terms.base,
        holdout=terms.holdout,
        power_wanted=terms.power,
        confidence=terms.confidence,
    )
    return _plan(customers, lift, terms)


def _plan(customers: int, lift: float, terms: Terms) -> Plan:
    sign = math.copysign(1.0, lift)
    largest = 1 - terms.base if lift > 0 else terms.base
    size = _smallest(lambda tried: _shown_nightly(customers, sign * tried, terms), abs(lift), largest)
    needed = _smallest(lambda tried: _shown_nightly(tried, lift, terms), customers, _MOST)
    return Plan(
        terms=terms,
        power=power(
            customers, holdout=terms.holdout, base=terms.base, lift=lift, confidence=terms.confidence
        ),
        lift=lift,
        customers=customers,
        nightly_lift=None if size is None else sign * size,
        nightly_customers=None if needed is None else math.ceil(needed),
    )


def _shown_nightly(customers: float, lift: float, terms: Terms) -> bool:
    """Whether, by then, the always-valid interval excludes zero and the lift is a discovery, with the wanted
    probability."""
    treated, held = customers * (1 - terms.holdout), customers * terms.holdout
    rate = terms.base + lift
    error = math.sqrt(rate * (1 - rate) / treated + terms.base * (1 - terms.base) / held)
    mostly = abs(lift) - float(special.ndtri(terms.power)) * error
    seen = sequence(mostly, error, treated, held, confidence=terms.confidence)
    return bool(seen.low >= 0 and seen.p_value <= terms.level)


def _smallest(enough: Callable[[float], bool], low: float, high: float) -> float | None:
    """The smallest number from ``low`` to ``high`` that is enough; None where none is."""
    if not enough(high):
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high
