"""What an effect is likely to be once the others are known: posteriors under a mixture, compiled."""

import math

import numba
import numpy as np

from experiments.likelihood import component
from experiments.moments import Floats
from experiments.prior import Prior, Readings
from experiments.threads import in_parts

# Components that hold less of an effect's posterior than this are left out of it.
_NEGLIGIBLE = 1e-5
# Quantiles lie within so many standard deviations of the mean (Chebyshev's inequality at tails of 0.25 %).
_FAR = 20.0
_BEGIN = 1.9
_TRIALS = 60
# Newton squares the distance: after a step so short, in standard deviations, the next would not be seen.
_CLOSE = 1e-3


def posterior(prior: Prior, readings: Readings, *, confidence: float) -> Floats:
    """Rows mean, lowest, highest, standard deviation, chance of a wrong sign; a column a reading.

    Lowest and highest are those of an effect that is not exactly zero, stretched to zero unless that is
    surely ruled out: how many effects are exactly zero is a guess, above all among few experiments, and no
    guess should make an interval of no width.
    """
    columns = [np.ascontiguousarray(each) for each in (readings.lift, readings.error, readings.slope)]
    found = np.empty((5, columns[0].size))
    tail = (1 - confidence) / 2

    def fill(first: int, last: int) -> None:
        _posteriors(
            columns[0],
            columns[1],
            columns[2],
            prior.weight,
            prior.location,
            prior.width,
            found,
            tail,
            first,
            last,
        )

    in_parts(columns[0].size, fill)
    return found


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _posteriors(
    lift: Floats,
    error: Floats,
    slope: Floats,
    weight: Floats,
    location: Floats,
    width: Floats,
    found: Floats,
    tail: float,
    first: int,
    last: int,
) -> None:
    share, center, spread = np.empty(weight.size), np.empty(weight.size), np.empty(weight.size)
    log, noise = np.empty(weight.size), np.empty(weight.size)
    for row in range(first, last):
        best = -np.inf
        for part in range(weight.size):
            log[part], noise[part] = component(
                lift[row], error[row] ** 2, slope[row], location[part], width[part]
            )
            best = max(best, log[part])
        total = 0.0
        for part in range(weight.size):
            share[part] = weight[part] * math.exp(log[part] - best)
            total += share[part]
        something = share[width > 0].sum()
        nothing = 1 - something / total
        held, mean, square = 0, 0.0, 0.0
        for part in range(weight.size):
            chance = share[part] / something
            if width[part] > 0 and chance > _NEGLIGIBLE:
                variance = noise[part] + width[part] ** 2
                share[held] = chance
                center[held] = (location[part] * noise[part] + lift[row] * width[part] ** 2) / variance
                spread[held] = math.sqrt(noise[part] / variance) * width[part]
                mean += chance * center[held]
                square += chance * (center[held] ** 2 + spread[held] ** 2)
                held += 1
        parts = share[:held], center[:held], spread[:held]
        deviation = math.sqrt(max(square - mean**2, 0.0))
        low = _quantile(*parts, tail, mean, deviation)
        high = _quantile(*parts, 1 - tail, mean, deviation)
        below = (1 - nothing) * _below(*parts, 0.0)[0]
        if nothing > tail:
            low, high = min(low, 0.0), max(high, 0.0)
        mean *= 1 - nothing
        found[0, row], found[1, row], found[2, row] = mean, low, high
        found[3, row] = math.sqrt(max((1 - nothing) * square - mean**2, 0.0))
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
    wanted: float,
    mean: float,
    deviation: float,
) -> float:
    """Where the posterior of an effect that is something reaches ``wanted``: Newton in a bracket."""
    low, high = mean - _FAR * deviation, mean + _FAR * deviation
    tried = min(max(mean + (deviation if wanted > 0.5 else -deviation) * _BEGIN, low), high)
    for _ in range(_TRIALS):
        reached, density = _below(share, center, spread, tried)
        if reached < wanted:
            low = tried
        else:
            high = tried
        step = (reached - wanted) / density if density > 0 else np.inf
        tried = tried - step if low < tried - step < high else (low + high) / 2
        if abs(step) < _CLOSE * deviation:
            break
    return tried
