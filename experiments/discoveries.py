"""False discoveries: which of thousands of experiments may be called found."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from experiments.moments import Floats


def q_values(p: ArrayLike) -> Floats:
    """Benjamini and Hochberg's adjusted p-values of a one-dimensional array; NaN stays NaN, uncounted.

    q_(i) = min over j >= i of E p_(j) / j. Those with q <= 5 % hold at most 5 % false ones on average.
    Journal of the Royal Statistical Society B 57 (1995).
    """
    values = np.asarray(p, dtype=np.float64)
    found = np.full(values.shape, np.nan)
    told = np.flatnonzero(~np.isnan(values))
    order = told[np.argsort(values[told], kind="stable")]
    steps = values[order] * len(order) / np.arange(1, len(order) + 1)
    found[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return found


def discovered_by_evidence(log_evidence: ArrayLike, level: float = 0.05) -> NDArray[np.bool_]:
    """The e-BH procedure: the k largest evidences, k the largest with e_(k) >= E / (k level).

    Needs no independence between experiments and allows any stopping. Wang and Ramdas, "False discovery rate
    control with e-values", JRSS B 84 (2022). One-dimensional; NaN is never discovered and does not count.
    """
    values = np.asarray(log_evidence, dtype=np.float64)
    told = np.flatnonzero(~np.isnan(values))
    order = told[np.argsort(-values[told], kind="stable")]
    ranks = np.arange(1, len(order) + 1)
    enough = np.flatnonzero(values[order] >= np.log(len(order) / (ranks * level)))
    found = np.zeros(values.shape, dtype=bool)
    if len(enough):
        found[order[: enough[-1] + 1]] = True
    return found
