"""Sums of what was measured, from one pass over the exposures: everything a readout needs.

Sums are of whole numbers and exact, so that a night run again, on whatever engine and in whatever order,
gives the same bytes.
"""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from evaluation.metrics.metric import Metric, columns, load_metrics
from lake.tables import MEASURED

DRAW = ("strategy", "kind", "channel", "manager", "treatment_share")
CELL = (*DRAW, "segment", "arm", "arm_share", "contacted", "flaw")
ENTRY_CELL = (*DRAW, "arm", "arm_share", "flaw")
HOLDOUT_CELL = ("first_in", "held_by", "covered_by", "flaw")
Metrics = Mapping[str, type[Metric]]

# What is summed: a count of known values, a sum, or a sum of products, of all or of gains alone; each once,
# whoever asks for it.
_Sum = tuple[str, ...]


def cells(measured: DataFrame, *, metrics: Metrics | None = None) -> pa.Table:
    """Sums by everything that tells customers of an experiment apart (CELL), in that order.

    ``measured`` holds MEASURED's columns. Made are ``customers``; ``listed``, how many of them were on a
    contact list; and for every metric m: m_n customers with a value, m_sum and, unless it is 0 or 1,
    m_squares; of means that may be negative m_gains and m_gain_squares, the positive values' parts of them;
    with a covariate or denominator x also m_x_sum, m_x_squares and m_product, over the same
    customers. ``flaw`` is empty where there is none.
    """
    listed = F.sum(F.col("listed").cast("long")).alias("listed")
    return _summed(measured, by=CELL, counted=(listed,), metrics=metrics)


def entry_cells(measured: DataFrame, *, metrics: Metrics | None = None) -> pa.Table:
    """The same of entries, which are read as a whole: not by segment, nor by who was reached."""
    return _summed(measured, by=ENTRY_CELL, counted=(), metrics=metrics)


def holdout_cells(measured: DataFrame, *, metrics: Metrics | None = None) -> pa.Table:
    """The same of first exposures under portfolio holdouts, by the holdouts covering and holding them."""
    return _summed(measured.filter("first_in <> ''"), by=HOLDOUT_CELL, counted=(), metrics=metrics)


def _summed(
    measured: DataFrame, *, by: tuple[str, ...], counted: tuple[Column, ...], metrics: Metrics | None
) -> pa.Table:
    asked = {
        f"{name}_{field}": one
        for name, metric in (load_metrics() if metrics is None else metrics).items()
        for field, one in _sums(metric).items()
    }
    made = [_made(one).alias(" ".join(one)) for one in sorted(set(asked.values())) if one != ("customers",)]
    # Grouping by a column of nulls takes the engine three times as long.
    named = measured.withColumn("flaw", F.coalesce("flaw", F.lit("")))
    found = named.groupBy(*by).agg(F.count("*").alias("customers"), *counted, *made).toArrow()
    found = _ordered(found, by=by)
    kept = [*by, "customers", *("listed" for _ in counted)]
    return pa.table(
        {name: found[name] for name in kept} | {name: found[" ".join(one)] for name, one in asked.items()}
    )


def _sums(metric: type[Metric]) -> dict[str, _Sum]:
    column, beside = columns(metric)
    found: dict[str, _Sum] = {
        "n": ("customers",) if MEASURED[column].required else ("n", column),
        "sum": ("sum", column),
    }
    if metric.kind != "share":
        found["squares"] = ("product", column, column, column)
    if metric.kind == "mean" and not metric.never_negative:
        found |= {"gains": ("gain", column), "gain_squares": ("gain product", column, column, column)}
    if beside is not None:
        found |= {
            "x_sum": ("sum", column, beside),
            "x_squares": ("product", column, beside, beside),
            "product": ("product", column, column, beside),
        }
    return found


def _made(one: _Sum) -> Column:
    kind, column, *rest = one
    value = F.col(column)
    if kind == "n":
        return F.count(value)
    if kind.startswith("gain"):
        value = F.when(value > 0, value)
    if kind in ("sum", "gain"):
        return F.sum(_beside(column, rest[0]) if rest else value)
    factors = [value if name == column else _beside(column, name) for name in rest]
    # A product of yuan fits 64 bits, a sum of many does not.
    return F.sum((factors[0] * factors[1]).cast("decimal(19,0)"))


def _beside(column: str, beside: str) -> Column:
    """The covariate or denominator of the customers with a value, in whole yuan.

    An unknown one counts as none at all: alike in both arms, since it was known, or not, before.
    """
    whole = F.coalesce(F.round(F.col(beside)).cast("long"), F.lit(0))
    return whole if MEASURED[column].required else F.when(F.col(column).isNotNull(), whole)


def _ordered(found: pa.Table, *, by: tuple[str, ...]) -> pa.Table:
    """The rows in the order of the columns ``by``, their words as dictionaries in order."""
    codes = np.zeros(len(found), dtype=np.int64)
    for name in by:
        encoded = found[name].combine_chunks().dictionary_encode()
        order = np.asarray(pc.sort_indices(encoded.dictionary))
        places = np.append(np.argsort(order), len(order))
        indices = np.asarray(pc.fill_null(encoded.indices, len(order)), dtype=np.int64)
        codes = codes * (len(order) + 1) + places[indices]
        if pa.types.is_string(encoded.dictionary.type):
            words = pa.DictionaryArray.from_arrays(
                pa.array(places[indices], pa.int32(), mask=indices == len(order)),
                encoded.dictionary.take(pa.array(order)),
            )
            found = found.set_column(found.column_names.index(name), name, words)
    return found.take(pa.array(np.argsort(codes, kind="stable")))
