"""What another way of choosing would have brought, told from the log of the way that was followed.

A log row is one decision: an action was put forward with a known probability, and something came of it. The
other policy would have put that action forward with another probability; rows weigh by the ratio of the two.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats

from base.errors import ExperimentError

Floats = npt.NDArray[np.float64]
Method = Literal["ips", "self_normalised", "doubly_robust"]

LEAST_EFFECTIVE = 100
MOST_OFF = 0.1


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The mean reward a decision under the other policy, in the unit of the rewards, and its interval."""

    value: float
    low: float
    high: float
    error: float


@dataclass(frozen=True, kw_only=True)
class PolicyValue:
    """The other policy's value by each method, and how far the log can speak of it.

    ``logged``: the mean reward of what was done. ``effective_decisions``: how many evenly weighted decisions
    tell as much (Kish 1965). ``largest_weight``: of one decision. ``finding``: "overlap_too_small" where the
    log hardly ever did what the policy would do, so that no number is to be relied on, else None; ``words``.
    """

    estimates: dict[Method, Estimate]
    logged: Estimate
    decisions: int
    effective_decisions: float
    largest_weight: float
    finding: Literal["overlap_too_small"] | None
    words: str


def policy_value(
    reward: npt.ArrayLike,
    *,
    propensity: npt.ArrayLike,
    target: npt.ArrayLike,
    predicted: npt.ArrayLike,
    predicted_under_target: npt.ArrayLike,
    customer: npt.ArrayLike | None = None,
    confidence: float = 0.95,
) -> PolicyValue:
    """The value of a policy from logged decisions; all arrays hold one entry a decision.

    Parameters
    ----------
    reward: what came of the action.
    propensity: probability with which the action was put forward when it was.
    target: probability with which the other policy would have put it forward.
    predicted: reward of the action according to a model that has not seen the decision.
    predicted_under_target: that model's mean reward over the actions the other policy would choose.
    customer: whose decision it was; None where every one is another's. Customers are independent, a
        customer's decisions on several nights are not: errors are those of the customers' sums.

    With w = target / propensity: IPS is the mean of w r (Horvitz, Thompson 1952); the self-normalised one
    divides by the mean of w (Swaminathan, Joachims 2015), its error by the delta method; the doubly robust
    one is the mean of m(target) + w (r - m) (Dudík, Langford, Li 2011), right when either the propensities or
    the model are. Intervals are normal, errors clustered by customer (Liang, Zeger 1986).

    Raises ExperimentError for arrays of different lengths, fewer than two decisions, or probabilities that
    are none.
    """
    names = ("reward", "propensity", "target", "predicted", "predicted_under_target")
    given = (reward, propensity, target, predicted, predicted_under_target)
    r, p, q, m, v = _checked(dict(zip(names, given, strict=True)))
    w = q / p
    whose = np.arange(len(r)) if customer is None else pd.factorize(np.asarray(customer))[0]
    normalised = float((w * r).sum() / w.sum()) if w.any() else np.nan
    estimates: dict[Method, Estimate] = {
        "ips": _mean(w * r, whose, confidence),
        "self_normalised": _mean(normalised + w * (r - normalised) / w.mean(), whose, confidence)
        if w.any()
        else Estimate(value=np.nan, low=np.nan, high=np.nan, error=np.nan),
        "doubly_robust": _mean(v + w * (r - m), whose, confidence),
    }
    effective = float(w.sum() ** 2 / (w**2).sum()) if w.any() else 0.0
    finding, words = _overlap(effective, covered=float(w.mean()), decisions=len(r))
    return PolicyValue(
        estimates=estimates,
        logged=_mean(r, whose, confidence),
        decisions=len(r),
        effective_decisions=effective,
        largest_weight=float(w.max()),
        finding=finding,
        words=words,
    )


def incremental(outcome: npt.ArrayLike, *, treated: npt.ArrayLike, treatment_share: npt.ArrayLike) -> Floats:
    """What treatment added to each outcome, in expectation over the draw of the arms.

    y t / e - y (1 - t) / (1 - e), with e the probability of treatment: noisy row by row, right on average.
    """
    y, t, e = (np.asarray(each, dtype=np.float64) for each in (outcome, treated, treatment_share))
    return np.asarray(y * (t - e) / (e * (1 - e)))


def _checked(given: dict[str, npt.ArrayLike]) -> list[Floats]:
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in given.items()}
    lengths = {name: array.shape for name, array in arrays.items()}
    if len(set(lengths.values())) > 1 or arrays["reward"].ndim != 1 or len(arrays["reward"]) < 2:
        raise ExperimentError(f"a policy's value needs two decisions or more, one number each; got {lengths}")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ExperimentError(f"{name} of a logged decision is no number; leave such decisions out")
    p, q = arrays["propensity"], arrays["target"]
    if not ((p > 0) & (p <= 1)).all() or not ((q >= 0) & (q <= 1)).all():
        raise ExperimentError(
            "propensities must be above 0 and at most 1, targets between 0 and 1; take them from the plan"
        )
    return list(arrays.values())


def _mean(values: Floats, whose: npt.NDArray[np.int64], confidence: float) -> Estimate:
    value = float(values.mean())
    off = np.bincount(whose, values - value)
    customers = len(off)
    spread = customers / (customers - 1) * float((off**2).sum()) if customers > 1 else np.inf
    error = float(np.sqrt(spread)) / len(values)
    half = float(stats.norm.isf((1 - confidence) / 2)) * error
    return Estimate(value=value, low=value - half, high=value + half, error=error)


def _overlap(
    effective: float, *, covered: float, decisions: int
) -> tuple[Literal["overlap_too_small"] | None, str]:
    """Weights have mean 1 where the log could do all that the policy would do."""
    told = f"{decisions:,} logged decisions say as much as {effective:,.0f} that followed the policy"
    if effective < LEAST_EFFECTIVE:
        return (
            "overlap_too_small",
            f"{told}: too few ({LEAST_EFFECTIVE} are the least) to rely on any number.",
        )
    # With so few effective decisions the mean weight is off by 1 / sqrt(effective) from luck alone.
    if abs(covered - 1) > max(MOST_OFF, 3 / np.sqrt(effective)):
        return (
            "overlap_too_small",
            f"{told}, but their weights come to {covered:.0%} of what they should: the policy does what the "
            "log never did, or the propensities are not those it was drawn with.",
        )
    return None, f"{told}."
