"""Seconds for the statistics of a whole night, and for the same one call a strategy through tea-tasting."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import numpy as np
import tea_tasting as tt
from tea_tasting.aggr import Aggregates
from threadpoolctl import threadpool_limits

from benchmarks.figure import Figure, at_least, at_most, show
from experiments.changes import adjusted_changes, changes
from experiments.heterogeneity import heterogeneity_p
from experiments.moments import Moments
from experiments.ratios import ratio
from experiments.sequences import scored_sequence, sequence
from experiments.statistics import Difference, difference, slope_of

STRATEGIES, CONTRASTS, SEGMENTS = 5_000, 2, 41
_SAMPLE = 200
_TIMES = 3

Kind = Literal["share", "amount", "mean", "ratio"]
METRICS: tuple[Kind, ...] = ("share", "share", "amount", "mean", "ratio")


def figures() -> Iterator[Figure]:
    """The vectorised pass; then tea-tasting on a sample of the same sums, scaled to all of them."""
    arms = {kind: (_sums(kind, 100, seed=1), _sums(kind, 20, seed=2)) for kind in METRICS}
    seconds = min(_pass(arms) for _ in range(_TIMES))
    entries = len(METRICS) * STRATEGIES * CONTRASTS * SEGMENTS
    yield at_most(f"statistics of {entries:,} strategies x arms x segments x metrics", seconds, "s", goal=1.0)
    each = one_by_one(*arms["mean"], sample=_SAMPLE) / _SAMPLE
    yield at_least(
        f"the same through tea-tasting, {_SAMPLE} measured and scaled", each * entries, "s", goal=0.0
    )


def one_by_one(treatment: Moments, control: Moments, *, sample: int) -> float:
    """Seconds of tea-tasting for ``sample`` entries of a mean with its covariate, a call each."""
    metric = tt.Mean("y", "x")
    pairs = [[_aggregates(arm, entry) for arm in (control, treatment)] for entry in range(sample)]
    started = time.perf_counter()
    for held, treated in pairs:
        metric.analyze_aggregates(held, treated)
    return time.perf_counter() - started


def _pass(arms: dict[Kind, tuple[Moments, Moments]]) -> float:
    """Seconds of every metric's statistics, metrics side by side as the readouts read them."""
    started = time.perf_counter()
    with threadpool_limits(limits=1), ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(lambda kind: _statistics(kind, *arms[kind]), METRICS))
    return time.perf_counter() - started


def _statistics(kind: Kind, treatment: Moments, control: Moments) -> None:
    """Intervals, adjusted intervals, confidence sequences and heterogeneity of one metric."""
    found = _read(kind, treatment, control)
    if kind in ("share", "amount"):
        whole, segments = (
            Difference(**{name: each[..., part] for name, each in vars(found).items()})
            for part in (slice(1), slice(1, None))
        )
        scored_sequence(whole, treatment.array("n")[..., :1], control.array("n")[..., :1])
        # Of segments the p-value alone is read.
        scored_sequence(segments, treatment.array("n")[..., 1:], control.array("n")[..., 1:], ends=False)
    else:
        sequence(found.lift, found.error, treatment.n, control.n, slope=slope_of(found))
    heterogeneity_p(found.lift[..., 1:], found.error[..., 1:])
    if kind == "mean":
        adjusted_changes(treatment, control)


def _read(kind: Kind, treatment: Moments, control: Moments) -> Difference:
    if kind == "ratio":
        return ratio(treatment, control)
    if kind == "mean":
        return changes(treatment, control)
    return difference(treatment, control, binary=kind == "share", never_negative=kind == "amount")


def _sums(kind: Kind, customers: int, *, seed: int) -> Moments:
    """(STRATEGIES, CONTRASTS, SEGMENTS) sums over so many customers each, the first segment all."""
    rng = np.random.default_rng(seed)
    shape = (STRATEGIES, CONTRASTS, SEGMENTS)
    n = rng.poisson(customers, shape) * np.where(np.arange(SEGMENTS) == 0, SEGMENTS - 1, 1)
    total = rng.binomial(n, 0.05).astype(float)
    if kind == "share":
        return Moments(n=n.astype(float), total=total, squares=total)
    scale = rng.gamma(8.0, 100.0, shape)
    lost = rng.binomial(n, 0.01) * scale if kind == "mean" else 0.0
    x_mean, x_spread = 20_000.0, 9_000.0
    return Moments(
        n=n.astype(float),
        total=total * scale - lost,
        squares=total * scale**2 * 3 + lost * scale,
        covariate_total=n * x_mean,
        covariate_squares=n * (x_mean**2 + x_spread**2),
        product=(total * scale - lost) * x_mean,
        gains=total * scale if kind == "mean" else None,
        gain_squares=total * scale**2 * 3 if kind == "mean" else None,
    )


def _aggregates(arm: Moments, entry: int) -> Aggregates:
    n, mean, variance, covariate, spread, both = (
        float(np.ravel(each)[entry])
        for each in (
            arm.array("n"),
            arm.mean,
            arm.variance,
            arm.covariate_mean,
            arm.covariate_variance,
            arm.covariance,
        )
    )
    return Aggregates(int(n), {"y": mean, "x": covariate}, {"y": variance, "x": spread}, {("x", "y"): both})


def main() -> None:
    show(figures())


if __name__ == "__main__":
    main()
