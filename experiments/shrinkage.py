"""The winner's curse taken out: every effect read in the light of all the others."""

import math
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from experiments.moments import Floats
from experiments.prior import Prior, fit, refit
from experiments.threads import in_parts

_DRAWS = 30
_STEPS_A_DRAW = 50
_SEED = 4
# Components that hold less of an effect's posterior than this are left out of it.
_NEGLIGIBLE = 1e-6
# Quantiles lie within so many standard deviations of the mean (Chebyshev's inequality at tails of 0.25 %).
_FAR = 20.0
_TRIALS = 60
_CLOSE = 1e-6


@dataclass(frozen=True, kw_only=True)
class Shrunk:
    """The posterior of every effect: mean, interval, standard deviation, and how likely its sign is wrong."""

    mean: Floats
    low: Floats
    high: Floats
    error: Floats
    sign_error: Floats


@dataclass(frozen=True, kw_only=True)
class Total:
    """What the chosen ones add up to, with its interval; ``naive`` is the sum of what was measured."""

    value: float
    low: float
    high: float
    naive: float


def shrink(lift: ArrayLike, error: ArrayLike, *, confidence: float = 0.95) -> Shrunk:
    """The posterior of each effect under the prior that all of them together suggest (empirical Bayes).

    lift ~ N(effect, error^2), effect ~ the mixture of ``experiments.prior.fit``. Selecting the best
    afterwards does not bias it: the posterior already knows that most are nothing. Any shape; NaN, and errors
    of zero, give NaN and tell nothing about the others.
    """
    lifts, errors = np.broadcast_arrays(
        np.asarray(lift, dtype=np.float64), np.asarray(error, dtype=np.float64)
    )
    told = np.isfinite(lifts) & np.isfinite(errors) & (errors > 0)
    found = np.full((5, *lifts.shape), np.nan)
    if told.any():
        found[:, told] = _posterior(fit(lifts[told], errors[told]), lifts[told], errors[told], confidence)
    mean, low, high, spread, sign_error = found
    return Shrunk(mean=mean, low=low, high=high, error=spread, sign_error=sign_error)


def certified(
    lift: ArrayLike, error: ArrayLike, weights: ArrayLike, chosen: ArrayLike, *, confidence: float = 0.95
) -> Total:
    """The total of weights times effects over the ``chosen`` of a one-dimensional array of experiments.

    The posterior means' weighted sum; its variance is that of the posteriors plus that of the sum when the
    prior is fitted again to Bayesian bootstrap weights of the experiments (Laird and Louis, "Empirical Bayes
    confidence intervals based on bootstrap samples", JASA 82, 1987). Zero when nothing is chosen.
    """
    lifts, errors, weight = (np.asarray(each, dtype=np.float64) for each in (lift, error, weights))
    told = np.isfinite(lifts) & np.isfinite(errors) & (errors > 0)
    kept = np.asarray(chosen, dtype=bool) & told & np.isfinite(weight)
    if not kept.any():
        return Total(value=0.0, low=0.0, high=0.0, naive=0.0)
    prior = fit(lifts[told], errors[told])
    mean, spread = _mean_and_spread(prior, lifts[kept], errors[kept])
    counted = np.random.default_rng(_SEED).standard_exponential((_DRAWS, told.sum()))
    drawn = [
        _mean_and_spread(
            Prior(weight=each, location=prior.location, width=prior.width), lifts[kept], errors[kept]
        )[0]
        @ weight[kept]
        for each in refit(prior, lifts[told], errors[told], counted=counted, steps=_STEPS_A_DRAW)
    ]
    value = float(mean @ weight[kept])
    half = float(
        special.ndtri((1 + confidence) / 2) * np.sqrt(weight[kept] ** 2 @ spread**2 + np.var(drawn, ddof=1))
    )
    return Total(value=value, low=value - half, high=value + half, naive=float(lifts[kept] @ weight[kept]))


def _mean_and_spread(prior: Prior, lift: Floats, error: Floats) -> tuple[Floats, Floats]:
    mean, _, _, spread, _ = _posterior(prior, lift, error, 0.95)
    return mean, spread


def _posterior(prior: Prior, lift: Floats, error: Floats, confidence: float) -> Floats:
    """Rows mean, low, high, spread, sign error; a column an experiment."""
    lift, error = np.ascontiguousarray(lift), np.ascontiguousarray(error)
    found = np.empty((5, lift.size))
    held = prior.weight > 0
    parts = prior.weight[held], prior.location[held], prior.width[held]

    def fill(first: int, last: int) -> None:
        _posteriors(lift, error, *parts, (1 - confidence) / 2, found, first, last)

    in_parts(lift.size, fill)
    return found


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _posteriors(
    lift: Floats,
    error: Floats,
    weight: Floats,
    location: Floats,
    width: Floats,
    tail: float,
    found: Floats,
    first: int,
    last: int,
) -> None:
    share, center, spread = np.empty(weight.size), np.empty(weight.size), np.empty(weight.size)
    distance = np.empty(weight.size)
    for row in range(first, last):
        noise = error[row] ** 2
        nearest = np.inf
        for part in range(weight.size):
            variance = noise + width[part] ** 2
            distance[part] = (lift[row] - location[part]) ** 2 / (2 * variance)
            share[part] = weight[part] / math.sqrt(variance)
            nearest = min(nearest, distance[part])
        total = 0.0
        for part in range(weight.size):
            share[part] *= math.exp(nearest - distance[part])
            total += share[part]
        held, nothing, mean, square = 0, 0.0, 0.0, 0.0
        for part in range(weight.size):
            chance = share[part] / total
            if width[part] == 0:
                nothing += chance
            elif chance > _NEGLIGIBLE:
                variance = noise + width[part] ** 2
                share[held] = chance
                center[held] = (location[part] * noise + lift[row] * width[part] ** 2) / variance
                spread[held] = error[row] * width[part] / math.sqrt(variance)
                mean += chance * center[held]
                square += chance * (center[held] ** 2 + spread[held] ** 2)
                held += 1
        parts = share[:held], center[:held], spread[:held]
        deviation = math.sqrt(max(square - mean**2, 0.0))
        below, _ = _below(*parts, 0.0)
        found[0, row], found[3, row] = mean, deviation
        found[1, row] = _quantile(*parts, nothing, below, tail, mean, deviation)
        found[2, row] = _quantile(*parts, nothing, below, 1 - tail, mean, deviation)
        found[4, row] = min(below + nothing, 1 - below)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _below(share: Floats, center: Floats, spread: Floats, effect: float) -> tuple[float, float]:
    """The chance that the effect is something, and less than ``effect``; and the density there."""
    total, density = 0.0, 0.0
    for part in range(share.size):
        z = (effect - center[part]) / spread[part]
        total += share[part] * math.erfc(-z / math.sqrt(2.0)) / 2
        density += share[part] * math.exp(-z * z / 2) / (spread[part] * math.sqrt(2 * math.pi))
    return total, density


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _quantile(
    share: Floats,
    center: Floats,
    spread: Floats,
    nothing: float,
    below: float,
    wanted: float,
    mean: float,
    deviation: float,
) -> float:
    """Where the posterior reaches ``wanted``: 0 if it jumps over it there, else by Newton in a bracket."""
    if below < wanted <= below + nothing:
        return 0.0
    low, high = mean - _FAR * deviation, mean + _FAR * deviation
    if wanted <= below:
        high, target = min(high, 0.0), wanted
    else:
        low, target = max(low, 0.0), wanted - nothing
    tried = (low + high) / 2
    for _ in range(_TRIALS):
        reached, density = _below(share, center, spread, tried)
        if reached < target:
            low = tried
        else:
            high = tried
        step = (reached - target) / density if density > 0 else np.inf
        tried = tried - step if low < tried - step < high else (low + high) / 2
        if abs(step) < _CLOSE * deviation:
            break
    return tried
