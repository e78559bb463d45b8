"""A quantile of what a strategy changed, where somebody asks: read from the customers' own values."""

from dataclasses import dataclass
from math import floor

import numpy as np
from pyspark.sql import functions as F

from base.errors import ExperimentError
from evaluation.findings.finding import counted
from evaluation.metrics.metric import load_metrics
from evaluation.suppress import SMALLEST
from experiments.bootstrap import quantile_difference
from jobs.job import Night
from lake.tables import MEASURED
from lake.tables.words import TREATED

_SEED = 4


@dataclass(frozen=True, kw_only=True)
class Quantile:
    """Yuan at the quantile, ``treated`` and ``left_alone``; ``low`` to ``high`` holds their difference."""

    strategy: str
    metric: str
    quantile: float
    customers: int
    control_customers: int
    treated: float
    left_alone: float
    lift: float
    low: float
    high: float


def read_quantile(night: Night, strategy: str, *, verdict: str, metric: str, quantile: float) -> Quantile:
    """The difference of a quantile between treated and control, of windows that have closed; for one look.

    Raises ExperimentError for an experiment whose ``verdict`` is that it is broken, for a metric that has no
    quantiles, and where so few customers lie on one side of the quantile that its value would be somebody's.
    """
    if verdict == "broken":
        raise ExperimentError(
            f"{strategy}: the experiment is broken, believe no number of it; "
            f"longreach experiments show {strategy} says what to mend"
        )
    means = sorted(name for name, one in load_metrics().items() if one.kind == "mean")
    if metric not in means:
        raise ExperimentError(f"{metric!r} has no quantiles; there are: {', '.join(means)}")
    rows = (
        counted(night.store.read(MEASURED, as_of=night.as_of, scope="until"))
        .filter((F.col("strategy") == strategy) & F.col(metric).isNotNull())
        .filter(F.col("arm").isin(*TREATED, "control"))
        .select("arm", F.col(metric).cast("double").alias("value"))
        .toPandas()
    )
    held = (rows["arm"] == "control").to_numpy()
    treated, control = (np.sort(rows.loc[inside, "value"].to_numpy()) for inside in (~held, held))
    fewest = min(len(treated), len(control))
    beyond = floor(fewest * min(quantile, 1 - quantile))
    if beyond < SMALLEST:
        raise ExperimentError(
            f"{strategy}: {beyond} customers of an arm whose windows have closed lie beyond the quantile "
            f"{quantile:g}; fewer than {SMALLEST} are not shown. Ask nearer the middle, or later"
        )
    found = quantile_difference(
        treated,
        control,
        quantile=quantile,
        seed=_SEED,
        confidence=night.settings.experiments.confidence,
    )
    return Quantile(
        strategy=strategy,
        metric=metric,
        quantile=quantile,
        customers=len(treated),
        control_customers=len(control),
        treated=float(found.mean[0]),
        left_alone=float(found.control_mean[0]),
        lift=float(found.lift[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
    )
