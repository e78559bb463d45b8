"""Strata (segments, nights of different draws) compared within themselves and joined again."""

from numpy.typing import ArrayLike

from experiments.statistics import Difference, pool


def stratified(
    differences: Difference,
    weights: ArrayLike,
    *,
    n: ArrayLike,
    control_n: ArrayLike,
    scored: bool,
    confidence: float = 0.95,
) -> Difference:
    """The post-stratified difference: strata on the last axis, ``weights`` their customers (of any scale).

    sum of w_s lift_s over sum of w_s, error from the strata's own errors: what differs between strata does
    not blur the difference between arms. Miratrix, Sekhon and Yu, "Adjusting treatment effect estimates by
    post-stratification", JRSS B 75 (2013). Strata that can say nothing are left out: the estimate is then one
    for the others. The rest is ``pool``'s.
    """
    return pool(differences, n=n, control_n=control_n, scored=scored, weights=weights, confidence=confidence)
