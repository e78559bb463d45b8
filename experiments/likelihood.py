"""How likely a measured lift is under a component of effects, if its variance changes with the effect."""

import math

import numba

# A variance is taken for at least this part of that of no effect, however far it slopes.
_LEAST = 0.02
_SERIES = 1e-4


@numba.njit(nogil=True, cache=True, error_model="numpy")
def component(lift: float, square: float, slope: float, location: float, width: float) -> tuple[float, float]:
    """Log likelihood of a lift under effects ~ N(location, width^2), and the lift's variance at ``location``.

    The quasi-likelihood of variance ``square`` + ``slope`` x effect: with a slope it is a Poisson's deviance,
    so that few events are as skewed as they are; without one a normal's square. Wedderburn, "Quasi-likelihood
    functions, generalized linear models, and the Gauss-Newton method", Biometrika 61 (1974).
    """
    noise = max(square + slope * location, _LEAST * square)
    seen = max(square + slope * lift, _LEAST * square)
    apart = noise / seen - 1
    bend = 1 - 2 * apart / 3 if abs(apart) < _SERIES else 2 * (apart - math.log1p(apart)) / (apart * apart)
    deviance = (lift - location) ** 2 / seen * bend
    kept = noise / (noise + width * width)
    return math.log(kept) / 2 - deviance * kept / 2, noise
