"""Whether a night differs from its own past by more than nights do: a rate, or the length of a list.

Rates: the predictive distribution of a beta-binomial, fitted by moments to the nights before. Its spread has
three parts: chance within the night, how far nights differ from each other beyond chance (residuals cut at
three standard deviations, so that one wild night does not hide the next), and how well the mean is known.
Lengths: median and median absolute deviation of the logarithm, with Student's t of few degrees of freedom for
tails that a MAD does not see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

Side = Literal["up", "down"]

LEAST_NIGHTS = 14
CHANCE = 1e-3
"""Of a false alarm a night, to each side, where nights are as alike as they were."""

_WEEK = 7
_CUT = 9.0  # squared residuals
_NORMAL = 1.4826  # of a MAD: the standard deviation of a normal
_WORTH = 1.5  # times: a list that differs by less is nobody's concern
_LEAST_SPREAD = 0.05


@dataclass(frozen=True, kw_only=True)
class Night:
    """What was counted on a night: ``hits`` of ``total``; where only a length is counted, ``hits``."""

    hits: int
    total: int = 0


@dataclass(frozen=True, kw_only=True)
class Departure:
    """How a night differs from its past: to which side, what it showed, and what was usual."""

    side: Side
    seen: float
    usual: float
    chance: float


def rate_departure(tonight: Night, past: Sequence[Night]) -> Departure | None:
    """Whether tonight's rate is out of what the nights before (oldest first) foretell, or the rate of the
    week that ends tonight, which sees what is too rare for one night. None also with too few nights.
    """
    week = [*past[1 - _WEEK :], tonight]
    pooled = Night(hits=sum(night.hits for night in week), total=sum(night.total for night in week))
    return _departure(tonight, past) or _departure(pooled, past[: 1 - _WEEK])


def _departure(now: Night, past: Sequence[Night]) -> Departure | None:
    known = [night for night in past if night.total > 0]
    if len(known) < LEAST_NIGHTS or now.total == 0:
        return None
    hits = np.array([night.hits for night in known], dtype=float)
    totals = np.array([night.total for night in known], dtype=float)
    mean = (hits.sum() + 0.5) / (totals.sum() + 1.0)
    squared = (hits - totals * mean) ** 2 / (totals * mean * (1 - mean))
    dispersion = max(1.0, float(np.minimum(squared, _CUT).sum() / (len(known) - 1)))
    between = (dispersion - 1) / max(float(np.mean(totals)) - 1, 1.0)
    precision = max(1 / (between + dispersion / totals.sum()) - 1, 1.0)
    foretold = stats.betabinom(now.total, mean * precision, (1 - mean) * precision)
    above, below = float(foretold.sf(now.hits - 1)), float(foretold.cdf(now.hits))
    chance = min(above, below)
    if chance >= CHANCE:
        return None
    side: Side = "up" if above < below else "down"
    return Departure(side=side, seen=now.hits / now.total, usual=float(mean), chance=chance)


def length_departure(tonight: Night, past: Sequence[Night]) -> Departure | None:
    """Whether tonight's list is far longer or shorter than those before; None also with too few of these."""
    if len(past) < LEAST_NIGHTS:
        return None
    logs = np.log1p([night.hits for night in past])
    usual = float(np.median(logs))
    spread = max(_NORMAL * float(np.median(np.abs(logs - usual))), _LEAST_SPREAD)
    away = float(np.log1p(tonight.hits)) - usual
    chance = float(stats.t.sf(abs(away) / spread, df=len(past) / 4))
    if chance >= CHANCE or abs(away) < np.log(_WORTH):
        return None
    return Departure(
        side="up" if away > 0 else "down", seen=tonight.hits, usual=float(np.expm1(usual)), chance=chance
    )
