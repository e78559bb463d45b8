"""The likelihood ratio of two shares, compiled: how much speaks against a difference, and which are left.

Where few events fall into a small arm the score test takes too much for proof: three of three events among
the 5 % held out are 7.5 of its errors, and yet such luck is had once in 8,000 times. The deviance is
2 log 8,000 there, whatever the arms' sizes.
"""

import math

import numba
import numpy as np

from experiments.moments import Floats
from experiments.score import likeliest, wilson
from experiments.threads import in_parts

_STEPS = 60
# Newton squares the distance: after a step that is so small a part of the interval, 1e-8 of it is left.
_NEAR = 1e-4
_CLOSE = 1e-12


def deviance_interval(
    rate: Floats, n: Floats, control: Floats, m: Floats, *, limit: Floats
) -> tuple[Floats, Floats, Floats]:
    """Lowest and highest difference whose deviance is at most ``limit`` squared, and the deviance of none.

    ``rate`` of ``n`` treated against ``control`` of ``m`` held out, one-dimensional arrays of one length; the
    deviance of a difference d is twice the log likelihood ratio of the rates seen and the likeliest d apart.
    Rates outside 0 to 1 give NaN; limits that are not finite give no ends, which are most of the work.
    """
    own, treated, other, held, allowed = (
        np.ascontiguousarray(each, dtype=np.float64) for each in (rate, n, control, m, limit)
    )
    found = np.full((3, own.size), np.nan)

    def fill(first: int, last: int) -> None:
        _intervals(own, treated, other, held, allowed, found, first, last)

    in_parts(own.size, fill)
    low, high, of_none = found
    return low, high, of_none


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _intervals(
    rate: Floats, n: Floats, control: Floats, m: Floats, limit: Floats, found: Floats, first: int, last: int
) -> None:
    for row in range(first, last):
        arms = rate[row], n[row], control[row], m[row]
        allowed = limit[row]
        if not (0 <= rate[row] <= 1 and 0 <= control[row] <= 1):
            continue
        found[2, row] = _deviance_of_none(arms)
        if not math.isfinite(allowed):
            continue
        lift = rate[row] - control[row]
        own, other = wilson(rate[row], n[row], allowed), wilson(control[row], m[row], allowed)
        below = math.sqrt((rate[row] - own[0]) ** 2 + (other[1] - control[row]) ** 2)
        above = math.sqrt((own[1] - rate[row]) ** 2 + (control[row] - other[0]) ** 2)
        found[0, row] = _last_allowed(arms, lift, -1.0, allowed, lift - below)
        found[1, row] = _last_allowed(arms, lift, 1.0, allowed, lift + above)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _last_allowed(
    arms: tuple[float, float, float, float], lift: float, end: float, limit: float, guess: float
) -> float:
    """The difference farthest towards ``end`` whose deviance is at most ``limit`` squared: Newton in a
    bracket, on the deviance's root, which is nearly straight."""
    accepted, rejected, tried = lift, end, guess
    if lift == end:
        return end
    for _ in range(_STEPS):
        if not min(accepted, rejected) < tried < max(accepted, rejected):
            tried = (accepted + rejected) / 2
        deviance, slope = _deviance(arms, tried)
        root = math.sqrt(deviance)
        if root > limit:
            rejected = tried
        else:
            accepted = tried
        step = 2 * root * (root - limit) / slope
        near = abs(step) < _NEAR * abs(tried - lift)
        tried -= step
        if near or abs(rejected - accepted) < _CLOSE:
            break
    return min(max(tried, min(accepted, rejected)), max(accepted, rejected))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _deviance(arms: tuple[float, float, float, float], apart: float) -> tuple[float, float]:
    """Twice the log likelihood ratio against a difference, and its slope there."""
    rate, n, control, m = arms
    high, low, _ = likeliest(rate, n, control, m, apart)
    deviance = 2 * (n * _information(rate, high) + m * _information(control, low))
    # At the likeliest rates both arms pull alike, but not one that is nobody or everybody.
    spread, other = high * (1 - high), low * (1 - low)
    if spread > other:
        return deviance, -2 * n * (rate - high) / spread
    return deviance, 2 * m * (control - low) / other


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _deviance_of_none(arms: tuple[float, float, float, float]) -> float:
    """The same for no difference: the likeliest rate is that of both arms together."""
    rate, n, control, m = arms
    common = (n * rate + m * control) / (n + m)
    return 2 * (n * _information(rate, common) + m * _information(control, common))


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _information(seen: float, true: float) -> float:
    """Kullback and Leibler's information of a customer for the rate seen against another; 0 log 0 is 0."""
    found = 0.0
    if seen > 0:
        found += seen * math.log(seen / true)
    if seen < 1:
        found += (1 - seen) * math.log((1 - seen) / (1 - true))
    return max(found, 0.0)
