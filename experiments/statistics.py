"""What an experiment shows: the difference between two arms, from aggregates alone, many experiments at once.

One method a kind of metric, so that the p-value and the interval never contradict each other:

- Shares (a customer did it or not): the score test of Miettinen and Nurminen, corrected for skewness
  (``experiments.score``), and the interval of all differences that it does not reject. At the sizes here (50
  to 1,500 held out, rates of 1 to 8 %) it covers 95 to 98 %, and hardly more than 2.5 % lie below the truth
  or above it; Welch's interval falls to 80 %, Agresti and Caffo's rises to 100 %; docs/experiments.md has
  the table.
- Amounts that are never negative and often zero (yuan placed): the same test for a variance of
  scale x mean - mean squared, scale = sum of squares / sum over both arms. That is what customers who give
  nothing or an amount have when more or fewer of them give, and shares are the case of scale 1. Welch's t
  covers 88 to 94 % there when few are held out: a small arm's variance is small just when its mean is low.
- Other means: Welch's t, Biometrika 34 (1947); changes of a balance have ``experiments.changes``.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from base.errors import ExperimentError
from experiments.moments import Floats, Moments
from experiments.student import student

# Mean over scale, at most 1: customers would have to give nothing, or one and the same amount, that often.
_EVEN = 0.5
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Treatment minus control, one entry an experiment; NaN where an arm is too small to say anything.

    ``p_value`` is two-sided; ``error`` is the standard error: for shares and amounts the one if there
    were no difference, for other means Welch's.
    """

    mean: Floats
    control_mean: Floats
    lift: Floats
    low: Floats
    high: Floats
    p_value: Floats
    error: Floats


def difference(
    treatment: Moments,
    control: Moments,
    *,
    binary: bool,
    never_negative: bool = False,
    confidence: float = 0.95,
) -> Difference:
    """The difference of two arms, entry by entry.

    ``binary``: the metric is 0 or 1 a customer; ``never_negative``: an amount, of many customers zero. Raises
    ExperimentError where the aggregates cannot be those of such a metric.
    """
    for arm in (treatment, control):
        if binary and np.any(arm.array("total") != arm.array("squares")):
            raise ExperimentError(
                "a metric of zeros and ones has sum = sum of squares; this one is not binary"
            )
        if never_negative and np.any(arm.array("total") < 0):
            raise ExperimentError("a metric that is never negative has no negative sum; this one has")
    if binary:
        return _shares(treatment, control, np.ones(()), confidence, corrected=True)
    return (_amounts if never_negative else _means)(treatment, control, confidence)


def welch(
    mean: Floats,
    own: Floats,
    n: Floats,
    control_mean: Floats,
    other: Floats,
    m: Floats,
    *,
    confidence: float,
) -> Difference:
    """Welch's t for two means with variances of the mean ``own`` and ``other`` of ``n`` and ``m`` customers.

    NaN where an arm has fewer than two customers or neither varies: no spread, nothing to measure by.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(own + other)
        error = np.where(error > 0, error, np.nan)
        freedom = (own + other) ** 2 / (own**2 / (n - 1) + other**2 / (m - 1))
        lift = mean - control_mean
        reach, p_value = student(lift / error, freedom, confidence=confidence)
        half = reach * error
    return Difference(
        mean=mean,
        control_mean=control_mean,
        lift=lift,
        low=lift - half,
        high=lift + half,
        p_value=p_value,
        error=error,
    )


def slope(found: Difference, n: ArrayLike, control_n: ArrayLike) -> Floats:
    """By how much the variance of a lift grows with the true effect, for shares and amounts (else it is 0).

    Their ``error`` is that of no effect: both arms' variance is scale x mean - mean squared at the common
    mean. An effect moves the means apart, and the variances with them. ``shrinkage`` asks for it, since what
    it is for, the chosen ones, are those with an effect.
    """
    treated, held = np.asarray(n, dtype=np.float64), np.asarray(control_n, dtype=np.float64)
    everybody = treated + held
    scale, common = variance_scale(found, treated, held)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (scale - 2 * common) * (held / treated - treated / held) / everybody


def leaning_interval(
    lift: Floats, error: Floats, slope: Floats, *, least: Floats, reach: ArrayLike
) -> tuple[Floats, Floats]:
    """All differences d with (lift - d)^2 <= reach^2 max(error^2 + slope d, least error^2): low and high.

    ``error`` is that of no difference, ``slope`` how the variance grows with the difference; it never falls
    below the ``least`` part, the larger arm's.
    """
    limit = np.asarray(reach, dtype=np.float64)
    lean = limit**2 * slope / 2
    with np.errstate(invalid="ignore"):
        half = np.sqrt(np.maximum(limit**2 * (error**2 + slope * lift), 0.0) + lean**2)
    shortest = limit * np.sqrt(least) * error
    return lift - np.fmax(half - lean, shortest), lift + np.fmax(half + lean, shortest)


def larger_arms_part(n: Floats, m: Floats) -> Floats:
    """What of the variance of no difference is left when nothing happens in the smaller arm."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.minimum(n, m) / np.maximum(n, m))


def slope_of(found: Difference, *, confidence: float = 0.95) -> Floats:
    """The slope of changes of balances, from how their interval leans; 0 for Welch's, which does not."""
    limit = float(special.ndtri((1 + confidence) / 2))
    return (found.low + found.high - 2 * found.lift) / limit**2


def variance_scale(found: Difference, n: Floats, m: Floats) -> tuple[Floats, Floats]:
    """The scale that shares (1) and amounts were tested in, by their error; and both arms' common mean."""
    everybody = n + m
    with np.errstate(divide="ignore", invalid="ignore"):
        common = (n * found.mean + m * found.control_mean) / everybody
        variance = found.error**2 * n * m / everybody * (everybody - 1) / everybody
        return variance / common + common, common


def pool(
    differences: Difference,
    *,
    n: ArrayLike,
    control_n: ArrayLike,
    scored: bool,
    weights: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Difference:
    """One difference over several experiments: their weighted mean, each compared within itself.

    Arms of different experiments are never poured together, since their holdouts and customers differ.
    ``n`` and ``control_n`` are the arms' customers, ``weights`` the treated unless given. ``scored``: the
    differences are of shares or amounts; their interval is Miettinen and Nurminen's stratified one, all means
    that the score test does not reject; joined they are hardly skewed, and not corrected for it. Others have
    a t interval with Satterthwaite's freedom (Biometrics Bulletin 2, 1946), at least the smaller arm's, which
    leans as theirs do. Experiments that can say nothing are left out, not those in which nobody gave
    anything. The last axis is pooled; one-dimensional ones give arrays of length 1.
    """
    each, treated, held = _pooled_axes(differences, n, control_n)
    silent = scored & (each.mean == 0) & (each.control_mean == 0)
    error = np.where(silent, 0.0, each.error)
    told = np.isfinite(each.lift) & np.isfinite(error)
    weight = np.where(told, treated if weights is None else np.asarray(weights, dtype=np.float64), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weight / weight.sum(axis=-1, keepdims=True)

    def mean(values: Floats) -> Floats:
        return np.asarray(np.sum(share * np.where(told, values, 0.0), axis=-1))

    spread = share**2 * np.where(told, error, 0.0) ** 2
    lift, of_all = mean(each.lift), np.sqrt(spread.sum(axis=-1))
    if scored:
        low, high = _stratified_score(each, treated, held, share=share, confidence=confidence)
        p_value = np.where(np.isnan(low), np.nan, _two_sided(lift, of_all))
    else:
        with np.errstate(divide="ignore", invalid="ignore"):
            fewest = np.maximum(np.minimum(treated, held) - 1, 1.0)
            freedom = spread.sum(axis=-1) ** 2 / np.sum(np.where(told, spread**2 / fewest, 0.0), axis=-1)
            reach, p_value = student(lift / of_all, freedom, confidence=confidence)
            least = np.sum(spread * np.where(told, larger_arms_part(treated, held), 0.0), axis=-1) / of_all**2
        slopes = np.sum(share**2 * np.where(told, slope_of(each, confidence=confidence), 0.0), axis=-1)
        low, high = leaning_interval(lift, of_all, slopes, least=least, reach=reach)
    return Difference(
        mean=mean(each.mean),
        control_mean=mean(each.control_mean),
        lift=lift,
        low=low,
        high=high,
        p_value=p_value,
        error=of_all,
    )


def _pooled_axes(found: Difference, n: ArrayLike, control_n: ArrayLike) -> tuple[Difference, Floats, Floats]:
    """Differences and arms' sizes in one shape of at least two axes, the last one of them pooled."""
    shape = np.atleast_2d(found.lift).shape
    each = {name: np.broadcast_to(values, shape) for name, values in vars(found).items()}
    treated, held = (np.broadcast_to(np.asarray(size, dtype=np.float64), shape) for size in (n, control_n))
    return Difference(**each), treated, held


def _stratified_score(
    found: Difference, n: Floats, m: Floats, *, share: Floats, confidence: float
) -> tuple[Floats, Floats]:
    """The interval of the weighted mean of shares or amounts, each stratum in its own scale."""
    # Compiled: who reads tables of results alone need not load the compiler.
    from experiments.score import Strata, pooled_interval

    scale, common = variance_scale(found, n, m)
    known = np.isfinite(scale) & (share > 0)
    size = np.where(known, (n + m) * common, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = np.sum(size * np.where(known, scale, 0.0), axis=-1, keepdims=True) / size.sum(
            axis=-1, keepdims=True
        )
    # Where nobody gave anything amounts have the others' scale; shares, which then have an interval, have 1.
    scale = np.where(known, scale, np.where(np.isfinite(found.low), 1.0, usual))
    # Amounts that hardly vary, and in one arm only, are no more like rates: their error stays what it is.
    rates = np.maximum(found.mean, found.control_mean) <= scale * (1 + _ROUNDING)
    strata = Strata(
        mean=found.mean,
        n=n,
        control=found.control_mean,
        m=m,
        scale=np.where(rates, scale, np.nan),
        fixed=np.where(np.isfinite(found.error), found.error, 0.0) ** 2,
        share=np.nan_to_num(share),
    )
    return pooled_interval(strata, limit=float(special.ndtri((1 + confidence) / 2)))


def _shares(
    treatment: Moments, control: Moments, scale: Floats, confidence: float, *, corrected: bool
) -> Difference:
    """The score test of totals in units of ``scale``, which makes them numbers of customers or like them.

    ``corrected`` for their skewness, which is known where they are customers.
    """
    from experiments.score import score_interval

    limit = float(special.ndtri((1 + confidence) / 2))
    total, control_total = treatment.array("total") / scale, control.array("total") / scale
    counts = np.broadcast_arrays(total, treatment.array("n"), control_total, control.array("n"))
    low, high, error, score = score_interval(*counts, limit=limit, corrected=corrected)
    mean, control_mean = treatment.mean, control.mean
    return Difference(
        mean=mean,
        control_mean=control_mean,
        lift=mean - control_mean,
        low=low * scale,
        high=high * scale,
        p_value=2 * special.ndtr(-np.abs(score)),
        error=error * scale,
    )


def _amounts(treatment: Moments, control: Moments, confidence: float) -> Difference:
    """The score test; Welch's where amounts vary so little that zeros and ones are no likeness of them."""
    total = treatment.array("total") + control.array("total")
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(total > 0, (treatment.array("squares") + control.array("squares")) / total, np.nan)
        even = np.maximum(treatment.mean, control.mean) > _EVEN * scale
    scored = _shares(treatment, control, np.where(even, np.nan, scale), confidence, corrected=False)
    if not even.any():
        return scored
    means = _means(treatment, control, confidence)
    return Difference(
        **{name: np.where(even, value, getattr(scored, name)) for name, value in vars(means).items()}
    )


def _means(treatment: Moments, control: Moments, confidence: float) -> Difference:
    n, m = treatment.array("n"), control.array("n")
    with np.errstate(divide="ignore", invalid="ignore"):
        own, other = treatment.variance / n, control.variance / m
    return welch(treatment.mean, own, n, control.mean, other, m, confidence=confidence)


def _two_sided(lift: Floats, error: Floats) -> Floats:
    """Normal p-value; 1 where both arms are all zeros or all ones, so that nothing speaks of a difference."""
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = 2 * special.ndtr(-np.abs(lift) / error)
    return np.asarray(np.where((error == 0) & (lift == 0), 1.0, p_value), dtype=np.float64)
