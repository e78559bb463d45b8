"""What an experiment shows: the difference between two arms, from aggregates alone, many experiments at once.

One method a kind of metric, so that the p-value and the interval never contradict each other:

- Shares (a customer did it or not): the score test of Miettinen and Nurminen, "Comparative analysis of two
  rates", Statistics in Medicine 4 (1985), and the interval of all differences that it does not reject. At the
  sizes here (50 to 1,500 held out, rates of 1 to 8 %) it covers 93 to 98 %, where Welch's interval falls to
  80 % and Agresti and Caffo's rises to 100 %; docs/strategies.md has the table.
- Means (yuan, counts): Welch's t, Biometrika 34 (1947).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from base.errors import ExperimentError

Floats = NDArray[np.float64]

_HALVINGS = 50


@dataclass(frozen=True, kw_only=True)
class Arm:
    """Aggregates of one arm, one entry an experiment: customers, sum of the metric, sum of its squares."""

    n: ArrayLike
    total: ArrayLike
    squares: ArrayLike


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Treatment minus control, one entry an experiment; NaN where an arm is too small to say anything.

    ``p_value`` is two-sided; ``error`` is the standard error if there were no difference.
    """

    mean: Floats
    control_mean: Floats
    lift: Floats
    low: Floats
    high: Floats
    p_value: Floats
    error: Floats


def difference(treatment: Arm, control: Arm, *, binary: bool, confidence: float = 0.95) -> Difference:
    """The difference of two arms, entry by entry; ``binary`` says that the metric is 0 or 1 a customer.

    Raises ExperimentError where the aggregates cannot be those of such a metric.
    """
    n, total, squares = (np.asarray(each, dtype=np.float64) for each in _parts(treatment))
    m, control_total, control_squares = (np.asarray(each, dtype=np.float64) for each in _parts(control))
    if binary:
        if np.any(total != squares) or np.any(control_total != control_squares):
            raise ExperimentError(
                "a metric of zeros and ones has sum = sum of squares; this one is not binary"
            )
        return _shares(total, n, control_total, m, confidence)
    return _means(n, total, squares, m, control_total, control_squares, confidence)


def pool(differences: Difference, weights: ArrayLike) -> Difference:
    """One difference over several experiments: their weighted mean, each compared within itself.

    Arms of different experiments are never poured together, since their holdouts and customers differ. The
    interval joins theirs by MOVER (Zou and Donner, Statistics in Medicine 27, 2008); experiments that can say
    nothing are left out. Arrays of length 1.
    """
    told = np.isfinite(differences.low) & np.isfinite(differences.high)
    weight = np.where(told, np.asarray(weights, dtype=np.float64), 0.0)
    if weight.sum() <= 0:
        nothing = np.full(1, np.nan)
        return Difference(
            mean=nothing,
            control_mean=nothing,
            lift=nothing,
            low=nothing,
            high=nothing,
            p_value=nothing,
            error=nothing,
        )
    share = weight / weight.sum()

    def mean(values: Floats) -> Floats:
        return np.atleast_1d(np.sum(share * np.where(told, values, 0.0)))

    def width(values: Floats) -> Floats:
        spread: Floats = np.sqrt(np.atleast_1d(np.sum((share * np.where(told, values, 0.0)) ** 2)))
        return spread

    lift, error = mean(differences.lift), width(differences.error)
    return Difference(
        mean=mean(differences.mean),
        control_mean=mean(differences.control_mean),
        lift=lift,
        low=lift - width(differences.lift - differences.low),
        high=lift + width(differences.high - differences.lift),
        p_value=_two_sided(lift, error),
        error=error,
    )


def sample_ratio_p(treated: ArrayLike, held_out: ArrayLike, *, holdout: ArrayLike) -> Floats:
    """P-value that the arms are as large as they were drawn: binomial, two-sided, mid-p; 1 for empty arms.

    A tiny value (below 0.001) means that something lost customers of one arm; then no lift is to be trusted.
    """
    held = np.asarray(held_out, dtype=np.float64)
    drawn = stats.binom(held + np.asarray(treated, dtype=np.float64), np.asarray(holdout, dtype=np.float64))
    half = drawn.pmf(held) / 2
    lower, upper = drawn.cdf(held) - half, drawn.sf(held) + half
    return np.asarray(np.minimum(1.0, 2 * np.minimum(lower, upper)), dtype=np.float64)


def _parts(arm: Arm) -> tuple[ArrayLike, ArrayLike, ArrayLike]:
    return arm.n, arm.total, arm.squares


def _shares(hits: Floats, n: Floats, control_hits: Floats, m: Floats, confidence: float) -> Difference:
    hits, n, control_hits, m = np.broadcast_arrays(hits, n, control_hits, m)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, control_mean = hits / n, control_hits / m
        lift = mean - control_mean
        error = _score_error(mean, n, control_mean, m, np.zeros_like(lift))
        limit = float(stats.norm.isf((1 - confidence) / 2))
        low, high = (
            _last_accepted(mean, n, control_mean, m, np.full_like(lift, end), limit) for end in (-1.0, 1.0)
        )
        return Difference(
            mean=mean,
            control_mean=control_mean,
            lift=lift,
            low=low,
            high=high,
            p_value=_two_sided(lift, error),
            error=error,
        )


def _last_accepted(mean: Floats, n: Floats, control: Floats, m: Floats, end: Floats, limit: float) -> Floats:
    """The difference farthest towards ``end`` that the score test does not reject, by bisection."""
    accepted, rejected = mean - control, end
    for _ in range(_HALVINGS):
        middle = (accepted + rejected) / 2
        far = np.abs(mean - control - middle) > limit * _score_error(mean, n, control, m, middle)
        rejected = np.where(far, middle, rejected)
        accepted = np.where(far, accepted, middle)
    return accepted


def _score_error(mean: Floats, n: Floats, control: Floats, m: Floats, apart: Floats) -> Floats:
    """Standard error of the difference if it were ``apart``, at the likeliest rates that are so far apart.

    Closed form of Farrington and Manning, Statistics in Medicine 9 (1990), with Miettinen and Nurminen's
    (n + m) / (n + m - 1).
    """
    ratio = m / n
    a = 1 + ratio
    b = -(1 + ratio + mean + ratio * control + apart * (ratio + 2))
    c = apart**2 + apart * (2 * mean + ratio + 1) + mean + ratio * control
    d = -mean * apart * (1 + apart)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + d / (2 * a)
    u = np.where(v < 0, -1.0, 1.0) * np.sqrt(np.maximum((b / (3 * a)) ** 2 - c / (3 * a), 0.0))
    cosine = np.clip(np.divide(v, u**3, out=np.zeros_like(v), where=u != 0), -1.0, 1.0)
    angle = (np.pi + np.arccos(cosine)) / 3
    high = np.clip(2 * u * np.cos(angle) - b / (3 * a), 0.0, 1.0)
    low = np.clip(high - apart, 0.0, 1.0)
    variance = (high * (1 - high) / n + low * (1 - low) / m) * (n + m) / (n + m - 1)
    return np.asarray(np.sqrt(variance), dtype=np.float64)


def _means(
    n: Floats,
    total: Floats,
    squares: Floats,
    m: Floats,
    control_total: Floats,
    control_squares: Floats,
    confidence: float,
) -> Difference:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean, control_mean = total / n, control_total / m
        own, other = (
            _variance_of_mean(n, total, squares),
            _variance_of_mean(m, control_total, control_squares),
        )
        error = np.sqrt(own + other)
        freedom = (own + other) ** 2 / (own**2 / (n - 1) + other**2 / (m - 1))
        lift = mean - control_mean
        half = stats.t.isf((1 - confidence) / 2, freedom) * error
        p_value = np.asarray(2 * stats.t.sf(np.abs(lift) / error, freedom), dtype=np.float64)
    return Difference(
        mean=mean,
        control_mean=control_mean,
        lift=lift,
        low=lift - half,
        high=lift + half,
        p_value=p_value,
        error=error,
    )


def _variance_of_mean(n: Floats, total: Floats, squares: Floats) -> Floats:
    return np.maximum(squares - total**2 / n, 0.0) / (n - 1) / n


def _two_sided(lift: Floats, error: Floats) -> Floats:
    """Normal p-value; 1 where both arms are all zeros or all ones, so that nothing speaks of a difference."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * stats.norm.sf(np.abs(lift) / error)
    return np.asarray(np.where((error == 0) & (lift == 0), 1.0, p_value), dtype=np.float64)
