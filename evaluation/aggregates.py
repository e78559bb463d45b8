"""Sums of what was measured, from one pass over the exposures: everything a readout needs.

Sums are of whole numbers and exact, so that a night run again, on whatever engine and in whatever order,
gives the same bytes.
"""

from collections.abc import Mapping

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from evaluation.metrics.metric import Metric, columns, load_metrics

DRAW = ("strategy", "kind", "channel", "manager", "treatment_share")
CELL = (*DRAW, "segment", "arm", "arm_share", "contacted", "flaw")
HOLDOUT_CELL = ("first_in", "held_by")
Metrics = Mapping[str, type[Metric]]


def cells(measured: DataFrame, *, metrics: Metrics | None = None) -> pa.Table:
    """Sums by everything that tells customers of an experiment apart (CELL).

    ``measured`` holds MEASURED's columns. Made are ``customers``; ``listed``, how many of them were on a
    contact list; and for every metric m: m_n customers with a value, m_sum and, unless it is 0 or 1,
    m_squares; with a covariate or denominator x also m_x_sum, m_x_squares and m_product, over the same
    customers.
    """
    counted = [F.count("*").alias("customers"), F.sum(F.col("listed").cast("long")).alias("listed")]
    return _sorted(measured.groupBy(*CELL).agg(*counted, *_sums(metrics)), by=CELL)


def holdout_cells(measured: DataFrame, *, metrics: Metrics | None = None) -> pa.Table:
    """The same of first exposures under portfolio holdouts, by the holdouts covering and holding them."""
    first = measured.filter("first_in <> '' and flaw is null")
    counted = first.groupBy(*HOLDOUT_CELL).agg(F.count("*").alias("customers"), *_sums(metrics))
    return _sorted(counted, by=HOLDOUT_CELL)


def _sums(metrics: Metrics | None) -> list[Column]:
    made = []
    for name, metric in (load_metrics() if metrics is None else metrics).items():
        column, beside = columns(metric)
        value = F.col(column)
        made += [F.count(value).alias(f"{name}_n"), F.sum(value).alias(f"{name}_sum")]
        if metric.kind != "share":
            made.append(_product(value, value).alias(f"{name}_squares"))
        if beside is not None:
            # An unknown covariate counts as none at all: the same for both arms, since it is of before.
            x = F.when(value.isNotNull(), F.coalesce(F.round(F.col(beside)).cast("long"), F.lit(0)))
            made += [
                F.sum(x).alias(f"{name}_x_sum"),
                _product(x, x).alias(f"{name}_x_squares"),
                _product(value, x).alias(f"{name}_product"),
            ]
    return made


def _product(one: Column, other: Column) -> Column:
    """Sum of products of yuan; 64 bits would not hold it."""
    return F.sum((one.cast("decimal(19,0)") * other.cast("decimal(19,0)")).cast("decimal(38,0)"))


def _sorted(sums: DataFrame, *, by: tuple[str, ...]) -> pa.Table:
    return sums.toArrow().sort_by([(name, "ascending") for name in by])
