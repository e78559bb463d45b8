"""Returns: what contacts brought beyond what held-out customers did by themselves, against their cost.

A strategy's incremental conversions are its lift times the treated customers whom that lift rests on. Several
strategies are summed, never poured together, since their holdouts and customers differ; every strategy draws
its arms independently of all others. The interval of summed conversions, and of their value, is the
stratified score one (``experiments.statistics.pool``): joined from the strategies' own it would end too low
where few are held out, since controls without a hit seem sure. Assets, which everybody has, are joined by
MOVER (Zou and Donner, Statistics in Medicine 27, 2008). Segments are summed from the lifts read inside them.

These intervals are for one look. The words are read every night, so they rest on always-valid ones: the
confidence sequence of the sum, whose error is the root of the summed squares.
"""

from collections.abc import Collection, Mapping
from datetime import date
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from scipy import special

from evaluation.exposures import closed
from evaluation.strata import group
from experiments.sequences import sequence
from experiments.statistics import Difference
from lake.tables import MEASURED
from lake.tables.returns import RETURNS_TABLE

_ENDS = ("", "_low", "_high")
_READ = ("mean", "control_mean", "lift", "low", "high", "error")
_OF_STRATEGY = ("kind", "channel", "manager")


def contacts_made(lists: DataFrame, assignments: DataFrame, *, as_of: date) -> pd.DataFrame:
    """strategy, segment (at exposure), channel (of the contact), contacts.

    Counted are contacts whose day had come by ``as_of``. ``lists`` and ``assignments`` hold the columns of
    CONTACT_LISTS and ASSIGNMENTS up to ``as_of``. The segment of contacts without an assignment is null.
    """
    exposed = assignments.select("customer", "strategy", "segment")
    counted = (
        lists.filter(F.col("as_of") < F.lit(as_of))
        .join(exposed, on=["customer", "strategy"], how="left")
        .groupBy("strategy", "segment", "channel")
        .agg(F.count("*").alias("contacts"))
    )
    return counted.toPandas().sort_values(["strategy", "segment", "channel"], ignore_index=True)


def belongings(assignments: DataFrame, *, as_of: date) -> pd.DataFrame:
    """strategy, kind, channel (of the first touch), manager: as promised at the newest exposure; and open:
    whether anybody's window, with the days for late postings, is not over on ``as_of``."""
    newest = [F.max_by(name, "first_exposed").alias(name) for name in _OF_STRATEGY]
    over = (
        closed(assignments, table=MEASURED, as_of=as_of).groupBy("strategy").agg(F.count("*").alias("over"))
    )
    found = assignments.groupBy("strategy").agg(*newest, F.count("*").alias("exposed"))
    found = found.join(over, on="strategy", how="left").withColumn(
        "open", F.col("exposed") > F.coalesce("over", F.lit(0))
    )
    rows = found.select("strategy", *_OF_STRATEGY, "open").toPandas()
    return rows.sort_values("strategy", ignore_index=True)


def returns(
    readouts: pd.DataFrame,
    segment_readouts: pd.DataFrame,
    contacts: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    distrusted: Collection[str],
    costs: Mapping[str, float],
    values: Mapping[str, float],
    confidence: float,
) -> pd.DataFrame:
    """RETURNS_TABLE's columns, one row a level and name.

    ``readouts`` and ``segment_readouts`` hold their tables' columns, ``contacts`` what :func:`contacts_made`
    and ``strategies`` what :func:`belongings` made. ``distrusted``: strategies with a grave finding; they are
    counted as left out. ``costs``: CNY a contact by channel; ``values``: CNY a conversion by strategy.
    ``confidence`` is that of the words, and of the readouts' intervals.
    """
    spent = contacts.assign(cost=contacts["contacts"] * contacts["channel"].map(costs))
    tell = partial(_told, distrusted=distrusted, values=values, confidence=confidence)
    own = tell(_of_strategies(readouts))
    own = own.merge(_spent(spent, ["strategy"]), on="strategy", how="left").merge(
        strategies, on="strategy", how="left"
    )
    inside = tell(_with_rates(segment_readouts))
    inside = inside.merge(_spent(spent, ["strategy", "segment"]), on=["strategy", "segment"], how="left")
    inside = inside.merge(strategies[["strategy", "open"]], on="strategy", how="left")
    levels = {"strategy": own.assign(name=own["strategy"])}
    levels |= {level: own.assign(name=own[level]) for level in _OF_STRATEGY}
    levels |= {"segment": inside.assign(name=inside["segment"]), "all": own.assign(name="all")}
    summed = [_summed(rows, level, confidence=confidence) for level, rows in levels.items()]
    return pd.concat(summed, ignore_index=True)[list(RETURNS_TABLE.names)]


def _of_strategies(readouts: pd.DataFrame) -> pd.DataFrame:
    chosen = (readouts["level"] == "strategy") & (readouts["view"] == "exposed") & (readouts["arm"] == "any")
    return readouts[chosen].rename(columns={"name": "strategy"})


def _with_rates(segments: pd.DataFrame) -> pd.DataFrame:
    """With both arms' means of conversions, of which segments keep the lift and its error alone.

    The score error of no difference is that of both arms' common rate, which is taken to be below one half.
    """
    n, m = (segments[name].astype(float) for name in ("compared", "control_customers"))
    everybody = n + m
    variance = segments["error"] ** 2 * n * m * (everybody - 1) / everybody**2
    common = ((1 - np.sqrt((1 - 4 * variance).clip(lower=0))) / 2).fillna(0.0)
    lift = segments["lift"]
    return segments.assign(mean=common + lift * m / everybody, control_mean=common - lift * n / everybody)


def _spent(contacts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return contacts.groupby(by, as_index=False)[["contacts", "cost"]].sum()


def _told(
    readouts: pd.DataFrame,
    *,
    distrusted: Collection[str],
    values: Mapping[str, float],
    confidence: float,
) -> pd.DataFrame:
    """One row a strategy (and segment): customers treated, total, low and high of assets, and what was read
    of conversions (fields of Difference).

    ``told`` says whether the row may be counted, ``compared`` how many of its treated the lift rests on,
    ``worth`` CNY a conversion, ``value_error`` the standard error of its value. Assets are read with the
    balance before exposure taken out where that was possible: the same effect, a narrower interval.
    """
    keys = [name for name in ("strategy", "segment") if name in readouts.columns]
    converted = readouts[readouts["metric"] == "converted"]
    rows = converted[[*keys, "customers", "control_customers", "compared", *_READ]].copy()
    rows["told"] = converted["low"].notna() & converted["high"].notna()
    rows["told"] &= ~converted["strategy"].isin(list(distrusted))
    rows["worth"] = converted["strategy"].map(values)
    error = _error(converted, confidence=confidence)
    rows["value_error"] = converted["compared"] * rows["worth"] * error
    moved = readouts[readouts["metric"] == "aum_change"]
    adjusted = moved["adjusted_low"].notna() & moved["adjusted_high"].notna()
    assets = moved[keys].copy()
    known = adjusted | (moved["low"].notna() & moved["high"].notna())
    for end, column in zip(_ENDS, ("lift", "low", "high"), strict=True):
        read = moved[f"adjusted_{column}"].where(adjusted, moved[column]).where(known)
        assets[f"aum{end}"] = moved["compared"] * read
    return rows.merge(assets, on=keys, how="left")


def _error(converted: pd.DataFrame, *, confidence: float) -> pd.Series:
    """Standard errors of the lifts; where nobody reached the goal there is none, and what the score interval
    is wide stands in for it."""
    wide = (converted["high"] - converted["low"]) / (2 * special.ndtri((1 + confidence) / 2))
    return converted["error"].where(converted["error"] > 0, wide)


def _summed(rows: pd.DataFrame, level: str, *, confidence: float) -> pd.DataFrame:
    """RETURNS_TABLE's columns, one row a ``name``: what is told of its strategies, added up."""
    told = rows[rows["told"]].fillna({"contacts": 0, "cost": 0.0})
    parts = told[["name", "customers", "control_customers", "compared", "contacts", "cost"]].copy()
    # Contacts are not counted by draw: those of customers who are compared are taken to be their share.
    share = told["compared"] / told["customers"].where(told["customers"] > 0)
    parts["compared_contacts"], parts["compared_cost"] = told["contacts"] * share, told["cost"] * share
    parts["variance"], parts["aum"] = told["value_error"] ** 2, told["aum"]
    parts["below"] = (told["aum"] - told["aum_low"]) ** 2
    parts["above"] = (told["aum_high"] - told["aum"]) ** 2
    by_name = parts.groupby("name").sum(min_count=1)
    by_name["aum_low"] = by_name["aum"] - np.sqrt(by_name["below"])
    by_name["aum_high"] = by_name["aum"] + np.sqrt(by_name["above"])
    for estimate, weight in (("conversions", told["compared"]), ("value", told["compared"] * told["worth"])):
        by_name = by_name.join(_total(told, weight.astype(float), confidence=confidence).add_prefix(estimate))
    counts = rows.groupby("name")["told"].agg(["sum", "count"])
    frame = by_name.reindex(counts.index).assign(
        level=level, strategies=counts["sum"], left_out=counts["count"] - counts["sum"]
    )
    whole = ["customers", "contacts"]
    frame[whole] = frame[whole].fillna(0).astype("int64")
    made = frame["compared_contacts"].where(frame["compared_contacts"] > 0)
    for end in _ENDS:
        frame[f"return_per_contact{end}"] = (frame[f"value{end}"] - frame["compared_cost"]) / made
    still_open = told[told["open"].astype(bool)]["name"].unique()
    words = _words(frame, still_open=frame.index.isin(still_open), confidence=confidence)
    return frame.assign(words=words).reset_index(names="name")


def _total(rows: pd.DataFrame, weight: pd.Series, *, confidence: float) -> pd.DataFrame:
    """The sums of weights times lifts with their intervals, columns like _ENDS, by ``name``; rows without a
    weight do not count."""
    known = rows[weight.notna()]
    weights = weight[weight.notna()].to_numpy()
    groups = group({"name": pd.Categorical(known["name"])}, "name")
    read = {name: known[name].to_numpy(dtype=float) for name in _READ}
    joined = groups.pooled(
        Difference(**read, p_value=np.full(len(known), np.nan)),
        n=known["compared"].to_numpy(dtype=float),
        control_n=known["control_customers"].to_numpy(dtype=float),
        scored=True,
        confidence=confidence,
        weights=weights,
    )
    total = groups.total(weights)
    sums = (total * each for each in (joined.lift, joined.low, joined.high))
    return pd.DataFrame(dict(zip(_ENDS, sums, strict=True)), index=groups.keys["name"].astype(object))


def _words(frame: pd.DataFrame, *, still_open: NDArray[np.bool_], confidence: float) -> NDArray[np.str_]:
    surely = sequence(
        frame["value"],
        np.sqrt(frame["variance"]),
        frame["compared"],
        frame["control_customers"],
        confidence=confidence,
    )
    cost = frame["compared_cost"].to_numpy(dtype=np.float64)
    too_dear = surely.high < cost
    return np.select(
        [
            frame["strategies"] == 0,
            frame["contacts"] == 0,
            frame["return_per_contact"].isna(),
            surely.low > cost,
            too_dear & still_open,
            too_dear,
        ],
        [
            "Left out: not to be trusted, or no lift could be read.",
            "No contact was made.",
            "Nothing can be said: the worth of its goal is not known.",
            "Pays: surely earned more than it cost, on whatever night one looks. 划算",
            "Not yet told: it cost more than it brought so far, but windows are still open. 尚未可知",
            "Does not pay: surely cost more than it brought, on whatever night one looks. 不划算",
        ],
        "Undecided: it may have paid or not. 未定",
    )
