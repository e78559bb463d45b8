"""How large an experiment must be: smallest effect it can detect, and customers it needs for one.

Normal approximation for two independent shares with unequal arms; Fleiss, Levin and Paik, "Statistical
Methods for Rates and Proportions" (2003), chapter 4.
"""

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from base.errors import ExperimentError
from experiments.moments import Floats

_HALVINGS = 60
_NORMAL = NormalDist()


def power(customers: int, *, holdout: float, base: float, lift: float, confidence: float = 0.95) -> float:
    """The probability that ``customers``, split by ``holdout``, show ``lift`` on a rate of ``base``."""
    _check(holdout, base)
    treated, held = customers * (1 - holdout), customers * holdout
    rate = min(max(base + lift, 0.0), 1.0)
    mixed = rate * (1 - holdout) + base * holdout
    under_none = math.sqrt(mixed * (1 - mixed) * (1 / treated + 1 / held))
    under_lift = math.sqrt(rate * (1 - rate) / treated + base * (1 - base) / held)
    limit = _NORMAL.inv_cdf((1 + confidence) / 2) * under_none
    return _NORMAL.cdf((abs(rate - base) - limit) / under_lift)


def detectable_lift(
    customers: int, *, holdout: float, base: float, power_wanted: float = 0.8, confidence: float = 0.95
) -> float:
    """The smallest positive lift on ``base`` shown with probability ``power_wanted``.

    Raises ExperimentError when even the largest possible lift would go unseen.
    """
    low, high = 0.0, 1.0 - base
    if power(customers, holdout=holdout, base=base, lift=high, confidence=confidence) < power_wanted:
        raise ExperimentError(f"{customers} customers show no lift at all; widen the rule or the holdout")
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if power(customers, holdout=holdout, base=base, lift=middle, confidence=confidence) < power_wanted:
            low = middle
        else:
            high = middle
    return high


def customers_needed(
    lift: float, *, holdout: float, base: float, power_wanted: float = 0.8, confidence: float = 0.95
) -> int:
    """The customers, both arms together, that show ``lift`` on ``base`` with probability ``power_wanted``."""
    _check(holdout, base)
    if lift == 0 or not 0 <= base + lift <= 1:
        raise ExperimentError(f"a lift of {lift} on a rate of {base} is none, or leaves 0 to 1")
    low, high = 2, 4
    while power(high, holdout=holdout, base=base, lift=lift, confidence=confidence) < power_wanted:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if power(middle, holdout=holdout, base=base, lift=lift, confidence=confidence) < power_wanted:
            low = middle
        else:
            high = middle
    return high


def power_of(lift: ArrayLike, error: ArrayLike, *, confidence: float = 0.95) -> Floats:
    """The probability that an estimate with this standard error shows ``lift``, whatever the metric.

    Phi(lift / error - z) + Phi(-lift / error - z), z the normal quantile of the confidence.
    """
    from scipy import special  # takes longer to load than all the rest of a question about sizes

    limit = special.ndtri((1 + confidence) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = np.asarray(lift, dtype=np.float64) / np.asarray(error, dtype=np.float64)
    return np.asarray(special.ndtr(apart - limit) + special.ndtr(-apart - limit))


def detectable(error: ArrayLike, *, power_wanted: float = 0.8, confidence: float = 0.95) -> Floats:
    """The smallest lift that estimates with such standard errors show with probability ``power_wanted``."""
    low, high = 0.0, 40.0
    for _ in range(_HALVINGS):
        apart = (low + high) / 2
        if power_of(apart, 1.0, confidence=confidence) < power_wanted:
            low = apart
        else:
            high = apart
    return np.asarray(high * np.asarray(error, dtype=np.float64))


def _check(holdout: float, base: float) -> None:
    if not 0 < holdout < 1 or not 0 < base < 1:
        raise ExperimentError(f"holdout ({holdout}) and base rate ({base}) must lie between 0 and 1")
