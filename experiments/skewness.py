"""What skewness does to a score, compiled: z + skew / 6 (z^2 - 1) is seen where a normal's z would be.

Few events in a small arm are skewed: without the correction most intervals that miss the truth lie below it.
Gart and Nam, "Approximate interval estimation of the difference in binomial parameters: correction for
skewness and extension to multiple tables", Biometrics 46 (1990); Laud, "Equal-tailed confidence intervals for
comparison of rates", Pharmaceutical Statistics 16 (2017).
"""

import math

import numba

# A sixth of the skewness that is corrected for, at most: beyond it the correction, which is a first term of
# many, would reject what it should spare. Up to it z grows with its correction to z = 3.
MOST = 1 / 6


@numba.njit(nogil=True, cache=True, error_model="numpy")
def moved(moments: tuple[float, float, float, float], times: float, most: float) -> tuple[float, float]:
    """How far skewness moves the lift at the limit, whose square less 1 is ``times``; and the slope of it."""
    variance, slope, third, bend = moments
    if variance <= 0:
        return 0.0, 0.0
    error = math.sqrt(variance)
    sixth = third / (6 * variance * error)
    kept = bounded(sixth, most)
    if kept != sixth:
        return kept * error * times, kept * slope / (2 * error) * times
    return sixth * error * times, (bend - third * slope / variance) / (6 * variance) * times


@numba.njit(nogil=True, cache=True, error_model="numpy")
def bounded(sixth: float, most: float) -> float:
    """A sixth of the skewness, but at most so much of either sign."""
    return min(max(sixth, -most), most)


@numba.njit(nogil=True, cache=True, error_model="numpy")
def corrected_score(seen: float, sixth: float) -> float:
    """The score z for which z + sixth (z^2 - 1) is ``seen``; beyond the parabola's vertex as much more as is
    seen more."""
    towards = -1.0 if sixth > 0 else 1.0
    bend, beyond = abs(sixth), towards * seen
    inside = 1 - 4 * bend * (beyond - bend)
    if inside <= 0:
        return towards * (beyond + 1 / (4 * bend) - bend)
    return towards * 2 * (beyond - bend) / (1 + math.sqrt(inside))
