"""One metric of one treated arm against control, group by group: lift, intervals, adjusted lift."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.metrics.metric import Metric
from evaluation.strata import CONTROL, Groups, Layout, moments
from experiments.changes import adjusted_changes, changes
from experiments.design import detectable
from experiments.moments import Floats, Moments
from experiments.ratios import ratio
from experiments.sequences import TUNED_FOR, scored_sequence, sequence
from experiments.statistics import Difference, difference, slope_of

POWER = 0.8


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How intervals are made. A ``caveat`` says why this source cannot tell what held-out customers did: no
    lift is given then, and the words are it."""

    confidence: float
    tuned_for: float = TUNED_FOR
    caveat: str = ""


class View:
    """Entries of one view, and which of them are of experiments that can be trusted."""

    def __init__(self, name: str, layout: Layout, broken: frozenset[str]) -> None:
        self.name, self.layout = name, layout
        names = layout.keys["strategy"]
        self.sound = ~names.isin(list(broken))

    def moments(self, metric: str, arm: int) -> Moments:
        return moments(self.layout.sums, metric, arm)

    def compare(
        self,
        groups: Groups,
        name: str,
        metric: type[Metric],
        arm: int,
        terms: Terms,
        *,
        watched: bool = True,
    ) -> pd.DataFrame:
        """Every group's estimates of one metric for one arm against control.

        ``watched``: with always-valid intervals, and not their p-values alone.
        """
        treated, held = self.moments(name, arm), self.moments(name, CONTROL)
        n, m = treated.array("n"), held.array("n")
        told = self.sound & (n > 1) & (m > 1)
        join = partial(groups.pooled, n=n, control_n=m, confidence=terms.confidence)
        own = only(told, lift_of(metric, treated, held, terms))
        joined = with_interval(join(own, scored=is_scored(metric)))
        sizes = groups.total(n * told), groups.total(m * told)
        frame = estimates(metric, joined, *sizes, terms, watched=watched)
        if metric.covariate is not None:
            better = only(told, adjusted_changes(treated, held, confidence=terms.confidence))
            frame = frame.assign(
                **_adjusted(with_interval(join(better, scored=False)), frame["error"].to_numpy())
            )
        counts = self.layout.sums["customers"]
        return frame.assign(
            metric=name,
            compared=np.where(
                np.isfinite(joined.lift), groups.total(np.where(np.isfinite(own.lift), n, 0.0)), np.nan
            ),
            customers=groups.total(counts[:, arm]).astype(np.int64),
            control_customers=groups.total(counts[:, CONTROL]).astype(np.int64),
        )


def estimates(
    metric: type[Metric], found: Difference, n: Floats, m: Floats, terms: Terms, *, watched: bool
) -> pd.DataFrame:
    """A frame of the differences with their always-valid reading, and the smallest lift they would show."""
    leaning = slope_of(found, confidence=terms.confidence)
    read = partial(sequence, found.lift, found.error, slope=leaning)
    if is_scored(metric):
        read = partial(scored_sequence, found, ends=watched)
    always = read(n, m, confidence=terms.confidence, tuned_for=terms.tuned_for)
    # Where nobody or everybody did it there is no spread to reckon with: only the score interval holds.
    sure = found.error > 0
    spread = {
        "error": found.error,
        "always_low": always.low,
        "always_high": always.high,
        "detectable_lift": detectable(found.error, power_wanted=POWER, confidence=terms.confidence),
    }
    told = {name: np.where(sure, values, np.nan) for name, values in spread.items()}
    return pd.DataFrame({**vars(found), "always_p": always.p_value, **told})


def lift_of(metric: type[Metric], treated: Moments, held: Moments, terms: Terms) -> Difference:
    """The difference of two arms by the method of the metric's kind, entry by entry; NaN where a metric that
    is never negative has a negative sum, which findings name."""
    if metric.kind == "ratio":
        return ratio(treated, held, confidence=terms.confidence)
    if not is_scored(metric):
        return changes(treated, held, confidence=terms.confidence)
    if metric.never_negative:
        treated, held = _possible(treated), _possible(held)
    return difference(
        treated,
        held,
        binary=metric.kind == "share",
        never_negative=metric.never_negative,
        confidence=terms.confidence,
    )


def _possible(arm: Moments) -> Moments:
    total = arm.array("total")
    return replace(arm, total=np.where(total < 0, np.nan, total))


def _adjusted(found: Difference, error: Floats) -> dict[str, Floats]:
    with np.errstate(divide="ignore", invalid="ignore"):
        kept = (found.error / error) ** 2
    return {
        "adjusted_lift": found.lift,
        "adjusted_low": found.low,
        "adjusted_high": found.high,
        "variance_kept": kept,
    }


def is_scored(metric: type[Metric]) -> bool:
    """Whether the metric's error is that of no effect, from both arms together: shares and amounts."""
    return metric.kind == "share" or metric.never_negative


def with_interval(found: Difference) -> Difference:
    """Entries without an interval are NaN: a lift without one looks surer than it is."""
    return only(np.isfinite(found.low) & np.isfinite(found.high), found)


def only(told: NDArray[np.bool_], found: Difference) -> Difference:
    """Entries that can say nothing are NaN."""
    return Difference(**{name: np.where(told, values, np.nan) for name, values in vars(found).items()})
