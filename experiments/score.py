"""The score test of two shares, compiled: its error and the interval of all differences it does not reject.

Miettinen and Nurminen, "Comparative analysis of two rates", Statistics in Medicine 4 (1985). Millions of
entries a second, so that every segment of every strategy can have the same exact interval.
"""

import math

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
    hit, treated, held_hit, held = (
        np.ascontiguousarray(each, dtype=np.float64).ravel() for each in (hits, n, control_hits, m)
    )
    low, high, error = (np.full(hit.size, np.nan) for _ in range(3))

    def fill(first: int, last: int) -> None:
        _intervals(hit, treated, held_hit, held, low, high, error, limit, first, last)

    in_parts(hit.size, fill)
    shape = np.shape(hits)
    return low.reshape(shape), high.reshape(shape), error.reshape(shape)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _intervals(
    hits: Floats,
    n: Floats,
    control_hits: Floats,
    m: Floats,
    low: Floats,
    high: Floats,
    error: Floats,
    limit: float,
    first: int,
    last: int,
) -> None:
    for row in range(first, last):
        if not (n[row] > 0 and m[row] > 0 and hits[row] >= 0 and control_hits[row] >= 0):
            continue
        mean, control = hits[row] / n[row], control_hits[row] / m[row]
        everybody = n[row] + m[row]
        rate = (hits[row] + control_hits[row]) / everybody
        error[row] = math.sqrt(rate * (1 - rate) * (1 / n[row] + 1 / m[row]) * everybody / (everybody - 1))
        half = _around(mean, n[row], limit), _around(control, m[row], limit)
        lift = mean - control
        below = math.hypot(mean - half[0][0], half[1][1] - control)
        above = math.hypot(half[0][1] - mean, control - half[1][0])
        low[row] = _last_accepted(mean, n[row], control, m[row], -1.0, limit, lift - below)
        high[row] = _last_accepted(mean, n[row], control, m[row], 1.0, limit, lift + above)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _around(rate: float, n: float, limit: float) -> tuple[float, float]:
    """Wilson's interval of one share: Newcombe's difference of two of them is where the search begins."""
    spread = limit * math.sqrt(rate * (1 - rate) / n + (limit / (2 * n)) ** 2)
    middle, scale = rate + limit**2 / (2 * n), 1 + limit**2 / n
    return (middle - spread) / scale, (middle + spread) / scale


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _last_accepted(
    mean: float, n: float, control: float, m: float, end: float, limit: float, guess: float
) -> float:
    """The difference farthest towards ``end`` that the score test does not reject: Newton in a bracket."""
    lift = mean - control
    side = 1.0 if end > 0 else -1.0
    accepted, rejected, tried = lift, end, guess
    for _ in range(_STEPS):
        if not min(accepted, rejected) < tried < max(accepted, rejected):
            tried = (accepted + rejected) / 2
        variance, slope = _score_variance(mean, n, control, m, tried)
        error = math.sqrt(variance)
        found = side * (tried - lift) - limit * error
        if found > 0:
            rejected = tried
        else:
            accepted = tried
        if found == 0 or abs(rejected - accepted) < _CLOSE:
            break
        step = found / (side - limit * slope / (2 * error))
        tried -= step
        if abs(step) < _NEAR:
            break
    return min(max(tried, -1.0), 1.0)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _score_variance(mean: float, n: float, control: float, m: float, apart: float) -> tuple[float, float]:
    """Variance of the difference if it were ``apart``, at the likeliest rates so far apart; and its slope.

    Closed form of Farrington and Manning, Statistics in Medicine 9 (1990), with Miettinen and Nurminen's
    (n + m) / (n + m - 1). The slope is that of the cubic's root, by implicit differentiation.
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
    shrinking = drift - 1 if 0 < low < 1 else 0.0
    scale = (n + m) / (n + m - 1)
    variance = (high * (1 - high) / n + low * (1 - low) / m) * scale
    return variance, ((1 - 2 * high) * drift / n + (1 - 2 * low) * shrinking / m) * scale
