"""Lift: what a strategy's contacts changed, read against the customers it held out.

By intention to treat: everybody whose contact was chosen counts in his arm, reached or not. The window
starts on the contact day, for held-out customers on the day their contact would have been.
"""

from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from experiments.moments import Floats, Moments
from experiments.statistics import Difference, difference, pool, sample_ratio_p
from lake.tables import READOUTS
from lake.tables.words import TREATED

METRICS = {
    "converted": "took the product up within the window",
    "amount": "yuan placed or lent within the window",
}
BROKEN = 0.001  # below this p-value the arms' sizes are no accident


def exposures(assignments: DataFrame, openings: DataFrame, *, as_of: date) -> DataFrame:
    """One row an exposed customer and strategy, with every metric as an integer.

    ``assignments`` and ``openings`` hold their tables' columns up to ``as_of``; exposures whose contact day
    is after ``as_of`` are left out, nothing of them can be known. ``amount`` is in fen.
    """
    compared = F.col("arm").isin(*TREATED, "control")
    exposed = assignments.filter(compared & (F.col("first_exposed") <= F.lit(as_of))).select(
        "customer", "strategy", "kind", "arm", "first_exposed", "window_days", "treatment_share"
    )
    taken = openings.select(
        "customer",
        F.col("product").alias("kind"),
        F.to_date("occurred_at").alias("opened_on"),
        "amount_fen",
    )
    inside = (F.col("opened_on") >= F.col("first_exposed")) & (
        F.date_diff("opened_on", "first_exposed") < F.col("window_days")
    )
    counted = (
        exposed.join(taken, on=["customer", "kind"], how="inner")
        .filter(inside)
        .groupBy("customer", "strategy")
        .agg(F.lit(1).cast("long").alias("converted"), F.sum("amount_fen").alias("amount"))
    )
    return exposed.join(counted, on=["customer", "strategy"], how="left").fillna(
        0, subset=["converted", "amount"]
    )


def aggregates(exposed: DataFrame) -> pd.DataFrame:
    """Count, sum and sum of squares of every metric, by strategy and treated or not, in one group-by.

    Amounts are summed in whole yuan: the squares of fen would not fit 64 bits.
    """
    yuan = F.round(F.col("amount") / 100).cast("decimal(20,0)")
    sums: list[Column] = [
        F.count("*").alias("customers"),
        F.sum("converted").alias("converted_sum"),
        F.sum(yuan).alias("amount_sum"),
        F.sum((yuan * yuan).cast("decimal(38,0)")).alias("amount_squares"),
    ]
    grouped = exposed.groupBy(
        "strategy", "kind", F.col("arm").isin(*TREATED).alias("treated"), "treatment_share"
    ).agg(*sums)
    frame = grouped.toPandas()
    frame["converted_squares"] = frame["converted_sum"]  # of zeros and ones
    numbers = [c for c in frame.columns if c.endswith(("_sum", "_squares"))]
    return frame.astype(dict.fromkeys(numbers, float)).sort_values(["strategy", "treated", "treatment_share"])


def read_out(sums: pd.DataFrame, *, confidence: float, caveat: str = "") -> pd.DataFrame:
    """The readouts (READOUTS' columns) of every strategy, kind of strategy, and all, for every metric.

    ``sums`` is what :func:`aggregates` made. Kinds and all are weighted means of their strategies' lifts
    (weights: customers treated), so that strategies with different holdouts do not mix up. A ``caveat`` says
    why this source cannot tell what held-out customers did: no lift is given then, and the words are it.
    """
    if sums.empty:
        return pd.DataFrame(columns=list(READOUTS.names))
    arms = _side_by_side(sums)
    frame = pd.concat(
        [row for metric in METRICS for row in _levels(arms, metric, confidence)], ignore_index=True
    )
    frame["words"] = [_words(row) for row in frame.to_dict("records")]
    if caveat:
        frame[["control_mean", "lift", "low", "high", "p_value"]] = np.nan
        frame["words"] = caveat
    return frame.assign(view="exposed", arm="any").reindex(columns=list(READOUTS.names))


def _side_by_side(sums: pd.DataFrame) -> pd.DataFrame:
    """One row a strategy and draw: aggregates as ('customers', treated), ..., and the share held out.

    Exposures of different draws are never poured together: those of an older one have been watched longer.
    """
    keys = ["strategy", "kind", "treatment_share"]
    numbers = ["customers", *(name for name in sums.columns if name.endswith(("_sum", "_squares")))]
    arms = sums.pivot_table(index=keys, columns="treated", values=numbers, aggfunc="sum")
    arms = arms.reindex(columns=pd.MultiIndex.from_product([numbers, [True, False]])).fillna(0.0)
    arms["holdout"] = 1 - arms.index.get_level_values("treatment_share")
    return arms


def _levels(arms: pd.DataFrame, metric: str, confidence: float) -> list[pd.DataFrame]:
    treatment, control = (_arm(arms, metric, treated=treated) for treated in (True, False))
    found = difference(treatment, control, binary=metric == "converted", confidence=confidence)
    treated, held = (arms[("customers", arm)].to_numpy(dtype=float) for arm in (True, False))
    expected = held + treated, arms["holdout"].to_numpy(dtype=float)
    names, kinds = (np.asarray(arms.index.get_level_values(level)) for level in ("strategy", "kind"))
    groups = [("strategy", name, names == name) for name in sorted(set(names))]
    groups += [("kind", kind, kinds == kind) for kind in sorted(set(kinds))]
    rows = []
    for level, name, inside in [*groups, ("all", "all", np.ones(len(arms), dtype=bool))]:
        part = Difference(**{key: values[inside] for key, values in vars(found).items()})
        joined = part if inside.sum() == 1 else pool(part, treated[inside])
        people = treated[inside].sum(keepdims=True), held[inside].sum(keepdims=True)
        holdout = np.average(expected[1][inside], weights=expected[0][inside])
        ratio_p = sample_ratio_p(*people, holdout=holdout) if level == "strategy" else np.full(1, np.nan)
        rows.append(_rows(level, name, metric, *people, joined, ratio_p))
    return rows


def _arm(arms: pd.DataFrame, metric: str, *, treated: bool) -> Moments:
    n, total, squares = (
        arms[(name, treated)].to_numpy(dtype=float)
        for name in ("customers", f"{metric}_sum", f"{metric}_squares")
    )
    return Moments(n=n, total=total, squares=squares)


def _rows(
    level: str,
    name: str,
    metric: str,
    treated: Floats,
    held: Floats,
    found: Difference,
    ratio_p: Floats,
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "level": level,
            "name": name,
            "metric": metric,
            "customers": treated.astype("int64"),
            "control_customers": held.astype("int64"),
            "mean": found.mean,
            "control_mean": found.control_mean,
            "lift": found.lift,
            "low": found.low,
            "high": found.high,
            "p_value": found.p_value,
            "sample_ratio_p": ratio_p,
        }
    )


def _words(row: Mapping[Hashable, Any]) -> str:
    if row["sample_ratio_p"] < BROKEN:
        return "Not to be trusted: the arms are not as large as they were drawn."
    if not np.isfinite(row["lift"]):
        return "Nothing can be said: one of the arms is empty."
    if row["low"] > 0:
        return "Better than leaving them alone."
    if row["high"] < 0:
        return "Worse than leaving them alone: stop it."
    return "Undecided: the interval holds zero."
