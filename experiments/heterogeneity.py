"""Whether a strategy works alike in all segments."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from experiments.moments import Floats


def heterogeneity_p(lift: ArrayLike, error: ArrayLike) -> Floats:
    """P-value that the lifts along the last axis (..., S) are one and the same: Cochran's Q, chi-squared.

    Q = sum of (lift_s - mean)^2 / error_s^2 around the precision-weighted mean, with one degree of freedom
    less than there are segments. Cochran, Biometrics 10 (1954). Segments without an error above zero are left
    out; NaN where fewer than two are left.
    """
    lifts, errors = np.broadcast_arrays(
        np.asarray(lift, dtype=np.float64), np.asarray(error, dtype=np.float64)
    )
    told = np.isfinite(lifts) & np.isfinite(errors) & (errors > 0)
    weight = np.where(told, 1 / np.where(told, errors, 1.0) ** 2, 0.0)
    values = np.where(told, lifts, 0.0)
    count = told.sum(axis=-1)
    enough = count >= 2
    total = np.where(enough, weight.sum(axis=-1), 1.0)
    mean = (weight * values).sum(axis=-1) / total
    q = (weight * (values - mean[..., None]) ** 2).sum(axis=-1)
    return np.where(enough, special.chdtrc(np.where(enough, count - 1, 1), q), np.nan)
