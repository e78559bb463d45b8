"""How large effects are among thousands of experiments: a mixture fitted to all of them together."""

from dataclasses import dataclass

import numpy as np

from experiments.moments import Floats

# Locations grow by this factor from a fraction of the smallest errors to the largest effect seen; each
# component is as wide as the gaps, so that together they can take any shape.
_GROWTH = 1.6
_WIDTH = 0.3
_NEAREST = 0.25
# Effects of nothing at all count this many experiments more: better to miss an effect than to make one up.
_DOUBTERS = 10.0
# So many experiments tell the mixture well enough; of more an even selection is taken.
_ENOUGH = 10_000
_STEPS = 500
_SETTLED = 1e-5
_NEGLIGIBLE = 1e-5


@dataclass(frozen=True, kw_only=True)
class Prior:
    """Mixture of normal components: weights, locations, widths, arrays of one length; the first is at 0."""

    weight: Floats
    location: Floats
    width: Floats


def fit(lift: Floats, error: Floats) -> Prior:
    """The mixture under which the lifts (finite, one-dimensional, errors above zero) are likeliest, by EM.

    Adaptive shrinkage (Stephens, "False discovery rates: a new deal", Biostatistics 18, 2017), with
    components that have a sign and a place of their own, so that effects need not be symmetric.
    """
    step = -(-len(lift) // _ENOUGH)
    order = np.argsort(lift, kind="stable")[::step]
    start = _components(lift, error)
    counted = np.ones((1, len(order)))
    (weight,) = refit(start, lift[order], error[order], counted=counted, steps=_STEPS)
    kept = weight > _NEGLIGIBLE
    return Prior(weight=weight[kept] / weight[kept].sum(), location=start.location[kept], width=start.width[kept])


def refit(prior: Prior, lift: Floats, error: Floats, *, counted: Floats, steps: int) -> Floats:
    """Weights (W, components) of the mixture, each from experiments ``counted`` so often (W, experiments)."""
    likely = _likelihood(prior, lift, error)
    doubters = np.zeros(len(prior.weight))
    doubters[0] = _DOUBTERS
    weights = np.repeat(prior.weight[None, :], len(counted), axis=0)
    everybody = counted.sum(axis=1, keepdims=True) + _DOUBTERS
    for _ in range(steps):
        explained = weights * ((counted / (weights @ likely.T)) @ likely)
        moved = (explained + doubters) / everybody
        settled = np.abs(moved - weights).max() < _SETTLED
        weights = moved
        if settled:
            break
    return weights


def _components(lift: Floats, error: Floats) -> Prior:
    nearest = _NEAREST * np.quantile(error, 0.05)
    farthest = max(np.abs(lift).max(), 2 * nearest)
    count = int(np.ceil(np.log(farthest / nearest) / np.log(_GROWTH))) + 1
    above = nearest * _GROWTH ** np.arange(count)
    location = np.concatenate([[0.0], above, -above])
    return Prior(
        weight=np.full(len(location), 1 / len(location)), location=location, width=_WIDTH * np.abs(location)
    )


def _likelihood(prior: Prior, lift: Floats, error: Floats) -> Floats:
    """(experiments, components), every row up to a factor of its own."""
    variance = error[:, None] ** 2 + prior.width**2
    log = -((lift[:, None] - prior.location) ** 2) / (2 * variance) - np.log(variance) / 2
    likely: Floats = np.exp(log - log.max(axis=1, keepdims=True))
    return likely
