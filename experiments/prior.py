"""How large effects are among thousands of experiments: a mixture fitted to all of them together."""

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray

from experiments.likelihood import component
from experiments.moments import Floats

# Locations grow by this factor from a fraction of the smallest errors to the largest effect seen; each
# component is as wide as the gaps, so that together they can take any shape.
_GROWTH = 1.35
_WIDTH = 0.2
_NEAREST = 0.25
# Effects of nothing at all count this many experiments more: better to miss an effect than to make one up.
_DOUBTERS = 10.0
# And effects of all sizes this many together: that some experiments had none does not prove there are none.
_BELIEVERS = 0.1
# So many experiments tell the mixture well enough; of more an even selection is taken.
_ENOUGH = 10_000
_STEPS = 500
_SETTLED = 1e-5
# Components with less than this part of the weight of all that are not zero are left out.
_NEGLIGIBLE = 1e-4


@dataclass(frozen=True, kw_only=True)
class Prior:
    """Mixture of normal components: weights, locations, widths, arrays of one length; one is 0 exactly."""

    weight: Floats
    location: Floats
    width: Floats


@dataclass(frozen=True, kw_only=True)
class Readings:
    """Measured lifts, their errors (above zero) if there were no effect, and by how much their variance grows
    with the effect; finite arrays of one length."""

    lift: Floats
    error: Floats
    slope: Floats

    def of(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> "Readings":
        """Those of some rows."""
        return Readings(lift=self.lift[rows], error=self.error[rows], slope=self.slope[rows])


def fit(readings: Readings) -> Prior:
    """The mixture of effects under which the readings are likeliest, by EM.

    Adaptive shrinkage (Stephens, "False discovery rates: a new deal", Biostatistics 18, 2017), with
    components that have a sign and a place of their own, so that effects need not be symmetric.
    """
    step = -(-len(readings.lift) // _ENOUGH)
    some = readings.of(np.argsort(readings.lift, kind="stable")[::step])
    start = _components(readings)
    (weight,) = refit(start, some, counted=np.ones((1, len(some.lift))), steps=_STEPS)
    kept = weight > _NEGLIGIBLE * weight[start.location != 0].sum()
    return Prior(
        weight=weight[kept] / weight[kept].sum(), location=start.location[kept], width=start.width[kept]
    )


def refit(prior: Prior, readings: Readings, *, counted: Floats, steps: int) -> Floats:
    """Weights (W, components) of the mixture, each from readings ``counted`` so often (W, readings)."""
    likely = _likelihood(prior, readings)
    before = np.where(prior.location == 0, _DOUBTERS, _BELIEVERS / (len(prior.location) - 1))
    weights = np.repeat(prior.weight[None, :], len(counted), axis=0)
    everybody = counted.sum(axis=1, keepdims=True) + _DOUBTERS + _BELIEVERS
    for _ in range(steps):
        explained = weights * ((counted / (weights @ likely.T)) @ likely)
        moved = (explained + before) / everybody
        settled = np.abs(moved - weights).max() < _SETTLED
        weights = moved
        if settled:
            break
    return weights


def _components(readings: Readings) -> Prior:
    nearest = _NEAREST * np.quantile(readings.error, 0.05)
    farthest = max(np.abs(readings.lift).max(), 2 * nearest)
    count = int(np.ceil(np.log(farthest / nearest) / np.log(_GROWTH))) + 1
    above = nearest * _GROWTH ** np.arange(count)
    location = np.concatenate([[0.0], above, -above])
    return Prior(
        weight=np.full(len(location), 1 / len(location)), location=location, width=_WIDTH * np.abs(location)
    )


def _likelihood(prior: Prior, readings: Readings) -> Floats:
    """(readings, components), every row up to a factor of its own."""
    found = np.empty((len(readings.lift), len(prior.weight)))
    _likelihoods(readings.lift, readings.error, readings.slope, prior.location, prior.width, found)
    likely: Floats = np.exp(found - found.max(axis=1, keepdims=True))
    return likely


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _likelihoods(
    lift: Floats, error: Floats, slope: Floats, location: Floats, width: Floats, found: Floats
) -> None:
    for row in range(lift.size):
        for part in range(location.size):
            found[row, part], _ = component(
                lift[row], error[row] ** 2, slope[row], location[part], width[part]
            )
