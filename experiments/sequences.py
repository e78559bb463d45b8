"""Always-valid intervals: however often one looks, and whenever one stops, the promise holds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from experiments.moments import Floats

TUNED_FOR = 500.0


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """One moment of a confidence sequence, entry by entry: an interval, and a p-value to stop by."""

    low: Floats
    high: Floats
    p_value: Floats


def sequence(
    lift: ArrayLike,
    error: ArrayLike,
    n: ArrayLike,
    control_n: ArrayLike,
    *,
    confidence: float = 0.95,
    tuned_for: float = TUNED_FOR,
) -> Sequence:
    """The normal-mixture confidence sequence of a difference with its standard error.

    With N = n m / (n + m) customers of effect and r = N rho squared: all d with
    ((lift - d) / error)^2 < (1 + 1/r) (log(1 + r) + 2 log(1 / alpha)), and
    p = sqrt(1 + r) exp(-z^2 r / (2 (1 + r))). Robbins, Annals of Mathematical Statistics 41 (1970); Howard,
    Ramdas, McAuliffe and Sekhon, Annals of Statistics 49 (2021); asymptotic form by Waudby-Smith, Arbour,
    Sinha, Kennedy and Ramdas, Annals of Statistics 52 (2024). ``tuned_for`` is the N at which the interval is
    tightest in comparison with a fixed one.
    """
    lifts, errors = np.asarray(lift, dtype=np.float64), np.asarray(error, dtype=np.float64)
    treated, held = np.asarray(n, dtype=np.float64), np.asarray(control_n, dtype=np.float64)
    alpha = 1 - confidence
    with np.errstate(divide="ignore", invalid="ignore"):
        r = treated * held / (treated + held) * _tightest(alpha) / tuned_for
        half = errors * np.sqrt((1 + 1 / r) * (np.log1p(r) - 2 * np.log(alpha)))
        z = np.where(errors > 0, lifts / errors, np.where(lifts == 0, 0.0, np.nan))
        p_value = np.minimum(1.0, np.sqrt(1 + r) * np.exp(-(z**2) * r / (2 * (1 + r))))
    return Sequence(low=lifts - half, high=lifts + half, p_value=p_value)


def _tightest(alpha: float) -> float:
    """The r at which half of the interval is shortest for its error: r = log(1 + r) + 2 log(1 / alpha)."""
    return float(-special.lambertw(-(alpha**2) / np.e, -1).real - 1)
