"""Novelty: whether a strategy's effect wears off from week to week of exposure.

Only exposures whose window has closed are compared, so that every week was watched equally long. A falling
effect need not be worn-off novelty: the arbitration takes the most promising customers first, so later weeks
may hold lesser ones. The words say both.
"""

from collections.abc import Hashable, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy import special

from evaluation.findings.finding import counted
from experiments.discoveries import q_values
from experiments.moments import Moments
from experiments.statistics import Difference, difference, pool
from experiments.strata import stratified
from lake.tables.returns import WEEKLY
from lake.tables.words import TREATED

_A_MONDAY = date(1970, 1, 5)
_COUNTS = ("customers", "control_customers")
_MEANS = ("mean", "control_mean")
_NUMBERS = ("lift", "low", "high", "error")


def weekly_cells(measured: DataFrame) -> pd.DataFrame:
    """strategy, week, treatment_share, treated, customers, converted: counted in the engine.

    Weeks are the calendar's, Monday to Sunday, counted from the strategy's first. ``measured`` holds the
    columns of MEASURED: closed exposures, of every night so far. Left out are customers whom a holdout above
    the strategies held, and exposures with a finding that drops them.
    """
    drawn = counted(measured).filter(F.col("arm").isin(*TREATED, "control"))
    monday = F.floor(F.date_diff("first_exposed", F.lit(_A_MONDAY)) / 7).cast("int").alias("week")
    treated = F.col("arm").isin(*TREATED).alias("treated")
    sums = (
        drawn.groupBy("strategy", monday, "treatment_share", treated)
        .agg(F.count("*").alias("customers"), F.sum("converted").alias("converted"))
        .toPandas()
    )
    first = sums.groupby("strategy")["week"].transform("min")
    return sums.assign(week=sums["week"] - first + 1)


def weekly(cells: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """WEEKLY's columns from what :func:`weekly_cells` counted.

    Customers drawn with different shares in one week are compared among themselves and joined by their
    number (post-stratification).
    """
    if cells.empty:
        return pd.DataFrame(WEEKLY.arrow_schema().empty_table().to_pandas())
    rows = _lifts(cells, by=["strategy", "week"], confidence=confidence)
    return rows.astype({"week": "int32"})[list(WEEKLY.names)]


def closed_lifts(cells: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """The same of all weeks together: strategy, customers, control_customers, mean, control_mean, lift, low,
    high, error."""
    if cells.empty:
        return pd.DataFrame(columns=["strategy", *_COUNTS, *_MEANS, *_NUMBERS])
    return _lifts(cells, by=["strategy"], confidence=confidence)


def _lifts(cells: pd.DataFrame, *, by: list[str], confidence: float) -> pd.DataFrame:
    draws = cells.assign(draw=cells.groupby(by)["treatment_share"].rank("dense").astype(int))
    table = draws.pivot_table(
        index=by,
        columns=["treated", "draw"],
        values=["customers", "converted"],
        aggfunc="sum",
        fill_value=0,
    )
    arms = {treated: _arm(table, draws["draw"].max(), treated=treated) for treated in (True, False)}
    strata = difference(arms[True], arms[False], binary=True, confidence=confidence)
    n, control_n = np.asarray(arms[True].n), np.asarray(arms[False].n)
    read = stratified(strata, n + control_n, n=n, control_n=control_n, scored=True, confidence=confidence)
    counts = (size.sum(axis=-1).astype("int64") for size in (n, control_n))
    return table.index.to_frame(index=False).assign(
        **dict(zip(_COUNTS, counts, strict=True)),
        **{name: getattr(read, name) for name in (*_MEANS, *_NUMBERS)},
    )


def by_week(rows: pd.DataFrame, *, confidence: float) -> pd.DataFrame:
    """The portfolio's week, customers, lift, low, high: weighted means over strategies (weights: treated).

    Later weeks hold fewer strategies; the trend of :func:`trends` is read within each.
    """
    found = []
    for week, part in rows.groupby("week"):
        own = Difference(
            mean=part["lift"].to_numpy(),
            control_mean=np.zeros(len(part)),
            p_value=np.ones(len(part)),
            **{name: part[name].to_numpy() for name in _NUMBERS},
        )
        # Rates are not kept of weeks: the error of no effect stands for that of any.
        joined = pool(
            own,
            n=part["customers"].to_numpy(),
            control_n=part["control_customers"].to_numpy(),
            scored=False,
            confidence=confidence,
        )
        numbers = {name: float(getattr(joined, name)[0]) for name in ("lift", "low", "high")}
        found.append({"week": week, "customers": int(part["customers"].sum()), **numbers})
    return pd.DataFrame(found, columns=["week", "customers", "lift", "low", "high"])


def trends(rows: pd.DataFrame, *, confidence: float, false_discovery: float) -> pd.DataFrame:
    """level, name, weeks, slope, low, high, falling_p, falling_q, words: the portfolio, then strategies.

    ``slope`` is the change of the lift a week, fitted by least squares weighted by 1 / error^2. That of the
    portfolio is the strategies' mean, weighted alike. ``falling_p`` is one-sided; ``falling_q`` holds the
    share of false alarms among the strategies (Benjamini-Hochberg).
    """
    told = rows[rows["lift"].notna() & (rows["error"] > 0)]
    found = _slopes(told).reset_index(names="name")
    found["falling_q"] = q_values(found["falling_p"].to_numpy(dtype=float))
    weight = found["precision"].sum()
    whole = (found["precision"] * found["slope"]).sum() / weight if weight > 0 else np.nan
    p_value = special.ndtr(whole * np.sqrt(weight)) if weight > 0 else np.nan
    portfolio = {
        "name": "all",
        "weeks": int(told["week"].nunique()),
        "slope": whole,
        "precision": weight,
        "falling_p": p_value,
        "falling_q": p_value,
    }
    frame = pd.concat(
        [pd.DataFrame([{"level": "all", **portfolio}]), found.assign(level="strategy")], ignore_index=True
    )
    half = special.ndtri((1 + confidence) / 2) / np.sqrt(frame["precision"].where(frame["precision"] > 0))
    frame = frame.assign(low=frame["slope"] - half, high=frame["slope"] + half)
    frame["words"] = [_words(row, false_discovery) for row in frame.to_dict("records")]
    return frame[["level", "name", "weeks", "slope", "low", "high", "falling_p", "falling_q", "words"]]


def _arm(table: pd.DataFrame, draws: int, *, treated: bool) -> Moments:
    n, hits = (
        table.reindex(columns=[(name, treated, draw) for draw in range(1, draws + 1)], fill_value=0)
        for name in ("customers", "converted")
    )
    return Moments(n=n.to_numpy(float), total=hits.to_numpy(float), squares=hits.to_numpy(float))


def _slopes(rows: pd.DataFrame) -> pd.DataFrame:
    """weeks, slope, precision (1 / its variance) and one-sided p-value of falling, by strategy."""
    weight = 1 / rows["error"] ** 2
    parts = pd.DataFrame(
        {
            "weeks": 1,
            "weight": weight,
            "x": weight * rows["week"],
            "y": weight * rows["lift"],
            "xx": weight * rows["week"] ** 2,
            "xy": weight * rows["week"] * rows["lift"],
        }
    )
    sums = parts.groupby(rows["strategy"]).sum()
    several = sums["weeks"] > 1
    precision = (sums["xx"] - sums["x"] ** 2 / sums["weight"]).where(several)
    slope = (sums["xy"] - sums["x"] * sums["y"] / sums["weight"]) / precision
    falling = special.ndtr(slope * np.sqrt(precision))
    return pd.DataFrame(
        {"weeks": sums["weeks"], "slope": slope, "precision": precision, "falling_p": falling}
    )


def _words(row: Mapping[Hashable, Any], false_discovery: float) -> str:
    if not np.isfinite(row["slope"]):
        return "Fewer than two weeks whose window has closed: nothing to compare yet. 周数不足"
    change = f"{100 * row['slope']:+.2f} pp a week ({100 * row['low']:+.2f} to {100 * row['high']:+.2f})"
    if row["falling_q"] <= false_discovery:
        return (
            f"Wears off: {change}. Either the novelty is gone or later weeks hold less promising customers; "
            "renew the script or narrow the rule. 效果递减"
        )
    return f"No wearing off seen: {change}. 未见递减"
