"""The winner's curse taken out: every effect read in the light of all the others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from experiments.moments import Floats
from experiments.posterior import posterior
from experiments.prior import Prior, Readings, fit, refit

# Fewer experiments do not tell how large effects are.
FEWEST = 40
_DRAWS = 30
_STEPS_A_DRAW = 30
_SEED = 4


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


def shrink(lift: ArrayLike, error: ArrayLike, *, slope: ArrayLike = 0.0, confidence: float = 0.95) -> Shrunk:
    """The posterior of each effect under the prior that all of them together suggest (empirical Bayes).

    lift ~ N(effect, error^2 + slope effect), effect ~ the mixture of ``experiments.prior.fit``; ``slope`` is
    ``experiments.statistics.slope`` where ``error`` is that of no effect. Selecting the best afterwards does
    not bias it: the posterior already knows that most are nothing. Any shape; NaN, and errors of zero, give
    NaN and tell nothing about the others; so does everything where fewer than ``FEWEST`` tell anything.
    """
    readings, told = _readings(lift, error, slope)
    found = np.full((5, *told.shape), np.nan)
    if told.sum() >= FEWEST:
        found[:, told] = posterior(fit(readings), readings, confidence=confidence)
    mean, low, high, spread, sign_error = found
    return Shrunk(mean=mean, low=low, high=high, error=spread, sign_error=sign_error)


def certified(
    lift: ArrayLike,
    error: ArrayLike,
    weights: ArrayLike,
    chosen: ArrayLike,
    *,
    slope: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> Total:
    """The total of weights times effects over the ``chosen`` of a one-dimensional array of experiments.

    The posterior means' weighted sum. Its error is that of the posteriors plus that of the sum when the prior
    is fitted again to Bayesian bootstrap weights of the experiments (Laird and Louis, "Empirical Bayes
    confidence intervals based on bootstrap samples", JASA 82, 1987); added, not squared and added, since the
    same lifts make both. Value and lower end are at most the naive sum: whatever the others suggest, no
    more is certified than was measured. Of shares its interval held the truth in 98 of 100 made-up
    portfolios; of skewed amounts it is about 5 % too low. Zero when nothing is chosen.
    """
    readings, told = _readings(lift, error, slope)
    weight = np.broadcast_to(np.asarray(weights, dtype=np.float64), told.shape)[told]
    kept = np.broadcast_to(np.asarray(chosen, dtype=bool), told.shape)[told] & np.isfinite(weight)
    if not kept.any():
        return Total(value=0.0, low=0.0, high=0.0, naive=0.0)
    prior, picked, weight = fit(readings), readings.of(kept), weight[kept]
    mean, _, _, spread, _ = posterior(prior, picked, confidence=confidence)
    counted = np.random.default_rng(_SEED).standard_exponential((_DRAWS, len(readings.lift)))
    drawn = [
        posterior(
            Prior(weight=each, location=prior.location, width=prior.width), picked, confidence=confidence
        )[0]
        @ weight
        for each in refit(prior, readings, counted=counted, steps=_STEPS_A_DRAW)
    ]
    value = float(mean @ weight)
    error_of_total = np.sqrt(weight**2 @ spread**2) + np.std(drawn, ddof=1)
    half = float(special.ndtri((1 + confidence) / 2) * error_of_total)
    naive = float(picked.lift @ weight)
    return Total(value=min(value, naive), low=min(value - half, naive), high=value + half, naive=naive)


def _readings(lift: ArrayLike, error: ArrayLike, slope: ArrayLike) -> tuple[Readings, NDArray[np.bool_]]:
    """What tells something, one after another, and where in the array it stands."""
    lifts, errors, slopes = np.broadcast_arrays(
        *(np.asarray(each, dtype=np.float64) for each in (lift, error, slope))
    )
    told = np.isfinite(lifts) & np.isfinite(errors) & np.isfinite(slopes) & (errors > 0)
    return Readings(lift=lifts[told], error=errors[told], slope=slopes[told]), told
