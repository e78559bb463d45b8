"""The score test of two shares, compiled: its error and the interval of all differences it does not reject.

Miettinen and Nurminen, "Comparative analysis of two rates", Statistics in Medicine 4 (1985). Millions of
entries a second, so that every segment of every strategy can have the same exact interval.
"""

import math
from dataclasses import dataclass

import numba
import numpy as np

from experiments.moments import Floats
from experiments.threads import in_parts

_STEPS = 80
_CLOSE = 1e-14
# Newton squares the distance: a step so short ends closer than numbers can tell.
_NEAR = 1e-7


def score_interval(
    hits: Floats, n: Floats, control_hits: Floats, m: Floats, *, limit: float
) -> tuple[Floats, Floats, Floats]:
    """Lowest and highest accepted difference and the score error of no difference; one shape, NaN if empty.

    ``limit``: the normal quantile beyond which a difference is rejected.
    """
    shape = np.shape(hits)
    hit, treated, held_hit, held = (
        np.asarray(each, dtype=np.float64).ravel() for each in (hits, n, control_hits, m)
    )
    everybody = treated + held
    with np.errstate(divide="ignore", invalid="ignore"):
        filled = (treated > 0) & (held > 0) & (hit >= 0) & (held_hit >= 0)
        rate = (hit + held_hit) / everybody
        spread = rate * (1 - rate) * (1 / treated + 1 / held) * everybody / (everybody - 1)
        error = np.where(filled, np.sqrt(spread), np.nan)
        mean, control = hit / treated, held_hit / held
    one = np.ones(hit.size)
    strata = Strata(
        mean=mean, n=treated, control=control, m=held, scale=one, fixed=0 * one, share=filled.astype(float)
    )
    low, high = pooled_interval(strata.column(), limit=limit)
    return low.reshape(shape), high.reshape(shape), error.reshape(shape)


@dataclass(frozen=True, kw_only=True)
class Strata:
    """What a weighted mean of differences is made of: arrays (rows, strata), or (rows,) for one stratum each.

    ``mean`` of ``n`` treated, ``control`` of ``m`` held out, ``scale`` by which both are divided to be rates;
    where it is NaN the variance of the difference is ``fixed`` whatever the difference is. ``share``: weights
    that add up to 1 a row; where one is 0 the stratum does not count.
    """

    mean: Floats
    n: Floats
    control: Floats
    m: Floats
    scale: Floats
    fixed: Floats
    share: Floats

    def column(self) -> "Strata":
        """Rows of one stratum each as (rows, 1)."""
        return Strata(**{name: each[:, None] for name, each in vars(self).items()})


def pooled_interval(strata: Strata, *, limit: float) -> tuple[Floats, Floats]:
    """Lowest and highest weighted mean of differences that the stratified score test does not reject.

    (sum of w_s (d_s - d))^2 <= limit^2 sum of w_s^2 V_s(d): Miettinen and Nurminen's stratified analysis, but
    with the weights given. NaN for rows in which no stratum counts.
    """
    mean, n, control, m, scale, fixed, share = (
        np.ascontiguousarray(each, dtype=np.float64) for each in vars(strata).values()
    )
    rows = len(share)
    low, high = np.full(rows, np.nan), np.full(rows, np.nan)

    def fill(first: int, last: int) -> None:
        _intervals(mean, n, control, m, scale, fixed, share, low, high, limit, first, last)

    in_parts(rows, fill)
    return low, high


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _intervals(
    mean: Floats,
    n: Floats,
    control: Floats,
    m: Floats,
    scale: Floats,
    fixed: Floats,
    share: Floats,
    low: Floats,
    high: Floats,
    limit: float,
    first: int,
    last: int,
) -> None:
    for row in range(first, last):
        lift, end, constant, below, above = 0.0, 0.0, 0.0, 0.0, 0.0
        for each in range(share.shape[1]):
            weight = share[row, each]
            if weight == 0:
                continue
            lift += weight * (mean[row, each] - control[row, each])
            unit = scale[row, each]
            if math.isnan(unit):
                constant += weight * weight * fixed[row, each]
                continue
            rate, other = mean[row, each] / unit, control[row, each] / unit
            half = wilson(rate, n[row, each], limit), wilson(other, m[row, each], limit)
            below += (weight * unit) ** 2 * ((rate - half[0][0]) ** 2 + (half[1][1] - other) ** 2)
            above += (weight * unit) ** 2 * ((half[0][1] - rate) ** 2 + (other - half[1][0]) ** 2)
            end = max(end, unit)
        if constant > 0:
            end += abs(lift) + limit * math.sqrt(constant)
        if end == 0:
            continue
        strata = mean[row], n[row], control[row], m[row], scale[row], fixed[row], share[row]
        constant *= limit * limit
        low[row] = _last_accepted(strata, lift, -end, limit, lift - math.sqrt(below + constant))
        high[row] = _last_accepted(strata, lift, end, limit, lift + math.sqrt(above + constant))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def wilson(rate: float, n: float, limit: float) -> tuple[float, float]:
    """Wilson's interval of one share: Newcombe's difference of two of them is where the search begins."""
    spread = limit * math.sqrt(rate * (1 - rate) / n + (limit / (2 * n)) ** 2)
    middle, scale = rate + limit**2 / (2 * n), 1 + limit**2 / n
    return (middle - spread) / scale, (middle + spread) / scale


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _last_accepted(strata: tuple[Floats, ...], lift: float, end: float, limit: float, guess: float) -> float:
    """The difference farthest towards ``end`` that the score test does not reject: Newton in a bracket."""
    side = 1.0 if end > 0 else -1.0
    accepted, rejected, tried = lift, end, guess
    for _ in range(_STEPS):
        if not min(accepted, rejected) < tried < max(accepted, rejected):
            tried = (accepted + rejected) / 2
        variance, slope = _pooled_variance(strata, tried)
        error = math.sqrt(variance)
        found = side * (tried - lift) - limit * error
        if found > 0:
            rejected = tried
        else:
            accepted = tried
        if found == 0 or abs(rejected - accepted) < _CLOSE * abs(end):
            break
        step = found / (side - limit * slope / (2 * error))
        tried -= step
        if abs(step) < _NEAR * abs(end):
            break
    return min(max(tried, -abs(end)), abs(end))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _pooled_variance(strata: tuple[Floats, ...], apart: float) -> tuple[float, float]:
    """Variance of the weighted mean of differences if all were ``apart``; and its slope."""
    mean, n, control, m, scale, fixed, share = strata
    variance, slope = 0.0, 0.0
    for each in range(share.size):
        weight, unit = share[each], scale[each]
        if weight == 0:
            continue
        if math.isnan(unit):
            variance += weight * weight * fixed[each]
            continue
        own, steeper = _score_variance(
            mean[each] / unit, n[each], control[each] / unit, m[each], apart / unit
        )
        variance += (weight * unit) ** 2 * own
        slope += weight * weight * unit * steeper
    return variance, slope


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _score_variance(mean: float, n: float, control: float, m: float, apart: float) -> tuple[float, float]:
    """Variance of the difference if it were ``apart``, at the likeliest rates so far apart; and its slope.

    With Miettinen and Nurminen's (n + m) / (n + m - 1).
    """
    high, low, drift = likeliest(mean, n, control, m, apart)
    shrinking = drift - 1 if 0 < low < 1 else 0.0
    scale = (n + m) / (n + m - 1)
    variance = (high * (1 - high) / n + low * (1 - low) / m) * scale
    return variance, ((1 - 2 * high) * drift / n + (1 - 2 * low) * shrinking / m) * scale


@numba.njit(nogil=True, cache=True, error_model="numpy")
def likeliest(mean: float, n: float, control: float, m: float, apart: float) -> tuple[float, float, float]:
    """The likeliest rates of both arms that are so far ``apart``; and how much the first moves with it.

    Closed form of Farrington and Manning, Statistics in Medicine 9 (1990). The slope is that of the cubic's
    root, by implicit differentiation.
    """
    ratio = m / n
    a = 1 + ratio
    b = -(1 + ratio + mean + ratio * control + apart * (ratio + 2))
    c = apart * apart + apart * (2 * mean + ratio + 1) + mean + ratio * control
    d = -mean * apart * (1 + apart)
    third = b / (3 * a)
    v = third * third * third - b * c / (6 * a * a) + d / (2 * a)
    u = math.sqrt(max(third * third - c / (3 * a), 0.0))
    if v < 0:
        u = -u
    cosine = min(max(v / (u * u * u), -1.0), 1.0) if u != 0 else 0.0
    root = 2 * u * math.cos((math.pi + math.acos(cosine)) / 3) - third
    high = min(max(root, 0.0), 1.0)
    low = min(max(high - apart, 0.0), 1.0)
    moved = -(ratio + 2) * root * root + (2 * apart + 2 * mean + ratio + 1) * root - mean * (1 + 2 * apart)
    bend = 3 * a * root * root + 2 * b * root + c
    drift = -moved / bend if bend != 0 and 0 < high < 1 else 0.0
    return high, low, drift
