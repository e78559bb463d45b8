"""Quantiles, which no sum can tell: by bootstrap from the customers' own values, where somebody asks."""

import numpy as np
from numpy.typing import ArrayLike

from experiments.moments import Floats
from experiments.statistics import Difference


def quantile_difference(
    treatment: ArrayLike,
    control: ArrayLike,
    *,
    quantile: float,
    seed: int,
    confidence: float = 0.95,
    resamples: int = 10_000,
) -> Difference:
    """The difference of a quantile between two arms' values, with its percentile bootstrap; length 1.

    No sample is drawn again: the rank at which a resample's quantile falls is a beta order statistic, so a
    draw of the rank is enough. Schultzberg and Ankargren, "Resampling-free bootstrap inference for
    quantiles", FTC 2022. NaN where an arm has fewer than two values.
    """
    arms = [np.sort(np.asarray(arm, dtype=np.float64)) for arm in (treatment, control)]
    arms = [arm[~np.isnan(arm)] for arm in arms]
    if min(map(len, arms)) < 2:
        return Difference(**{name: np.full(1, np.nan) for name in Difference.__annotations__})
    rng = np.random.default_rng(seed)
    value, control_value = (np.atleast_1d(np.quantile(arm, quantile)) for arm in arms)
    drawn = np.subtract(*(_resampled(arm, quantile, resamples, rng) for arm in arms))
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    beyond = min(float(np.mean(drawn <= 0)), float(np.mean(drawn >= 0)))
    return Difference(
        mean=value,
        control_mean=control_value,
        lift=value - control_value,
        low=np.atleast_1d(low),
        high=np.atleast_1d(high),
        p_value=np.atleast_1d(min(1.0, 2 * max(beyond, 1 / resamples))),
        error=np.atleast_1d(drawn.std(ddof=1)),
    )


def _resampled(values: Floats, quantile: float, resamples: int, rng: np.random.Generator) -> Floats:
    """The quantile of so many resamples: the value at a uniform order statistic's place among the sorted."""
    n = len(values)
    rank = quantile * (n - 1) + 1
    places = rng.beta(rank, n + 1 - rank, resamples)
    found: Floats = values[np.minimum((places * n).astype(np.int64), n - 1)]
    return found
