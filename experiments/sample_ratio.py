"""Whether the arms are as large as they were drawn: evidence that may be looked at every day."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from experiments.moments import Floats

# How closely the alternative sits around the drawn shares: as if so many customers had shown them.
CONCENTRATION = 1_000.0


def evidence(counts: ArrayLike, shares: ArrayLike, *, concentration: float = CONCENTRATION) -> Floats:
    """Log of the evidence against the drawn ``shares`` (..., K) from customers an arm, ``counts`` (..., K).

    Dirichlet-multinomial against multinomial: log B(k s + c) - log B(k s) - sum c log s. Of true shares its
    expectation is 1 on every day, so that p = min(1, exp(-evidence)) may be watched for ever. Evidence of
    independent draws (strata, nights with other shares) adds up. Lindon and Malek, "Anytime-Valid Inference
    For Multinomial Count Data", NeurIPS 2022. Entries whose shares do not add up to 1 give NaN.
    """
    c, s = np.broadcast_arrays(np.asarray(counts, dtype=np.float64), np.asarray(shares, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = concentration * s
        drawn = s > 0
        grown = np.where(drawn, special.gammaln(alpha + c) - special.gammaln(alpha), 0.0).sum(axis=-1)
        expected = np.where(drawn, special.xlogy(c, s), 0.0).sum(axis=-1)
        everybody = c.sum(axis=-1)
        total = special.gammaln(concentration) - special.gammaln(concentration + everybody)
        found = grown + total - expected
    found = np.where(np.any((c > 0) & ~drawn, axis=-1), np.inf, found)
    return np.where(np.abs(s.sum(axis=-1) - 1) < 1e-6, found, np.nan)


def p_value(log_evidence: ArrayLike) -> Floats:
    """The p-value of evidence that was watched, or summed over draws: min(1, exp(-evidence))."""
    return np.exp(-np.maximum(np.asarray(log_evidence, dtype=np.float64), 0.0))
