"""Always-valid intervals: however often one looks, and whenever one stops, the promise holds."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from experiments.moments import Floats
from experiments.statistics import Difference, leaning_interval, variance_scale

TUNED_FOR = 500.0
_ROUNDING = 1e-9


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
    slope: ArrayLike = 0.0,
    confidence: float = 0.95,
    tuned_for: float = TUNED_FOR,
) -> Sequence:
    """The normal-mixture confidence sequence of a difference with its standard error.

    With N = n m / (n + m) customers of effect and r = N rho squared: all d with
    ((lift - d) / error)^2 < (1 + 1/r) (log(1 + r) + 2 log(1 / alpha)), and
    p = sqrt(1 + r) exp(-z^2 r / (2 (1 + r))). Robbins, Annals of Mathematical Statistics 41 (1970); Howard,
    Ramdas, McAuliffe and Sekhon, Annals of Statistics 49 (2021); asymptotic form by Waudby-Smith, Arbour,
    Sinha, Kennedy and Ramdas, Annals of Statistics 52 (2024). ``tuned_for`` is the N at which the interval is
    tightest in comparison with a fixed one. With a ``slope`` error^2 is that of no difference, and that of d
    is error^2 + slope d where it is more.
    """
    lifts, errors = np.asarray(lift, dtype=np.float64), np.asarray(error, dtype=np.float64)
    treated, held = np.asarray(n, dtype=np.float64), np.asarray(control_n, dtype=np.float64)
    alpha = 1 - confidence
    with np.errstate(divide="ignore", invalid="ignore"):
        r = _information(treated, held, alpha, tuned_for)
        slopes, reach = np.asarray(slope, dtype=np.float64), _reach(r, alpha)
        low, high = leaning_interval(lifts, errors, slopes, least=np.ones(()), reach=reach)
        z = np.where(errors > 0, lifts / errors, np.where(lifts == 0, 0.0, np.nan))
        return Sequence(low=low, high=high, p_value=_p_value(z**2, r))


def scored_sequence(
    found: Difference,
    n: ArrayLike,
    control_n: ArrayLike,
    *,
    confidence: float = 0.95,
    tuned_for: float = TUNED_FOR,
    ends: bool = True,
) -> Sequence:
    """The confidence sequence of shares and amounts, whose variance changes with the effect.

    As ``sequence``, but z^2 of a difference d is its deviance (``experiments.deviance``), of amounts in units
    of their ``variance_scale``. So band and p-value are one test,
    the band excludes zero exactly where p <= 1 - confidence, ends within the possible differences, and few
    events in a small arm are as much proof as they are. Amounts that rates are no likeness of, and where
    nobody or everybody gave, are read as ``sequence`` does. Without ``ends`` low and high are NaN.
    """
    treated, held = np.asarray(n, dtype=np.float64), np.asarray(control_n, dtype=np.float64)
    # Compiled: who reads tables of results alone need not load the compiler.
    from experiments.deviance import deviance_interval

    plain = sequence(found.lift, found.error, treated, held, confidence=confidence, tuned_for=tuned_for)
    alpha = 1 - confidence
    scale, _ = variance_scale(found, treated, held)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = _information(treated, held, alpha, tuned_for)
        rates = [mean / scale for mean in (found.mean, found.control_mean)]
        shares = np.all([rate <= 1 + _ROUNDING for rate in rates], axis=0) & (found.error > 0)
        rate, control = (np.minimum(each, 1.0) for each in rates)
        reach = _reach(r, alpha) if ends else np.nan
        columns = np.broadcast_arrays(rate, treated, control, held, reach)
    low, high, deviance = (
        each.reshape(shares.shape)
        for each in deviance_interval(*(each.ravel() for each in columns[:4]), limit=columns[4].ravel())
    )
    told = shares & np.isfinite(deviance)
    return Sequence(
        low=np.where(told | (not ends), low * scale, plain.low),
        high=np.where(told | (not ends), high * scale, plain.high),
        p_value=np.where(told, _p_value(deviance, r), plain.p_value),
    )


def _information(n: Floats, m: Floats, alpha: float, tuned_for: float) -> Floats:
    """r = N rho squared: how exact the measurement is in units of the mixture's width."""
    return n * m / (n + m) * _tightest(alpha) / tuned_for


def _reach(r: Floats, alpha: float) -> Floats:
    """Half of the interval in standard errors."""
    return np.asarray(np.sqrt((1 + 1 / r) * (np.log1p(r) - 2 * np.log(alpha))))


def _p_value(square: Floats, r: Floats) -> Floats:
    found: Floats = np.minimum(1.0, np.sqrt(1 + r) * np.exp(-square * r / (2 * (1 + r))))
    return found


def _tightest(alpha: float) -> float:
    """The r at which half of the interval is shortest for its error: r = log(1 + r) + 2 log(1 / alpha)."""
    return float(-special.lambertw(-(alpha**2) / np.e, -1).real - 1)
