"""Returns: what contacts brought beyond what held-out customers did by themselves, against their cost.

A strategy's incremental conversions are its lift times the customers it treated. Several strategies are
summed, never poured together, since their holdouts and customers differ; the interval of a sum joins theirs
by MOVER (Zou and Donner, Statistics in Medicine 27, 2008), which holds because every strategy draws its arms
independently of all others. Segments are summed from the lifts read inside them.
"""

from collections.abc import Collection, Mapping
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake.tables.returns import RETURNS_TABLE

_ENDS = ("", "_low", "_high")
_ESTIMATES = ("conversions", "aum", "value")
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


def belongings(assignments: DataFrame) -> pd.DataFrame:
    """strategy, kind, channel (of the first touch), manager: as promised at the newest exposure."""
    newest = [F.max_by(name, "first_exposed").alias(name) for name in _OF_STRATEGY]
    return assignments.groupBy("strategy").agg(*newest).toPandas().sort_values("strategy", ignore_index=True)


def returns(
    readouts: pd.DataFrame,
    segment_readouts: pd.DataFrame,
    contacts: pd.DataFrame,
    strategies: pd.DataFrame,
    *,
    distrusted: Collection[str],
    costs: Mapping[str, float],
    values: Mapping[str, float],
) -> pd.DataFrame:
    """RETURNS_TABLE's columns, one row a level and name.

    ``readouts`` and ``segment_readouts`` hold their tables' columns, ``contacts`` what :func:`contacts_made`
    and ``strategies`` what :func:`belongings` made. ``distrusted``: strategies with a grave finding; they are
    counted as left out. ``costs``: CNY a contact by channel; ``values``: CNY a conversion by strategy.
    """
    spent = contacts.assign(cost=contacts["contacts"] * contacts["channel"].map(costs))
    own = _told(_of_strategies(readouts), distrusted=distrusted, values=values)
    own = own.merge(_spent(spent, ["strategy"]), on="strategy", how="left").merge(
        strategies, on="strategy", how="left"
    )
    inside = _told(segment_readouts, distrusted=distrusted, values=values)
    inside = inside.merge(_spent(spent, ["strategy", "segment"]), on=["strategy", "segment"], how="left")
    levels = [_summed(own.assign(name=own["strategy"]), "strategy")]
    levels += [_summed(own.assign(name=own[level]), level) for level in _OF_STRATEGY]
    levels += [_summed(inside.assign(name=inside["segment"]), "segment")]
    levels += [_summed(own.assign(name="all"), "all")]
    frame = pd.concat(levels, ignore_index=True)
    return frame.assign(words=_words(frame))[list(RETURNS_TABLE.names)]


def _of_strategies(readouts: pd.DataFrame) -> pd.DataFrame:
    chosen = (readouts["level"] == "strategy") & (readouts["view"] == "exposed") & (readouts["arm"] == "any")
    return readouts[chosen].rename(columns={"name": "strategy"})


def _spent(contacts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    return contacts.groupby(by, as_index=False)[["contacts", "cost"]].sum()


def _told(
    readouts: pd.DataFrame, *, distrusted: Collection[str], values: Mapping[str, float]
) -> pd.DataFrame:
    """One row a strategy (and segment): customers treated, and total, low and high of every estimate.

    ``told`` says whether the row may be counted. Assets are read with the balance before exposure taken out
    where that was possible: the same effect, a narrower interval.
    """
    keys = [name for name in ("strategy", "segment") if name in readouts.columns]
    converted = readouts[readouts["metric"] == "converted"]
    rows = converted[[*keys, "customers"]].copy()
    rows["told"] = converted["low"].notna() & converted["high"].notna()
    rows["told"] &= ~converted["strategy"].isin(list(distrusted))
    worth = converted["strategy"].map(values)
    for end, column in zip(_ENDS, ("lift", "low", "high"), strict=True):
        rows[f"conversions{end}"] = converted["customers"] * converted[column]
        rows[f"value{end}"] = rows[f"conversions{end}"] * worth
    moved = readouts[readouts["metric"] == "aum_change"]
    adjusted = moved["adjusted_low"].notna() & moved["adjusted_high"].notna()
    assets = moved[keys].copy()
    known = adjusted | (moved["low"].notna() & moved["high"].notna())
    for end, column in zip(_ENDS, ("lift", "low", "high"), strict=True):
        read = moved[f"adjusted_{column}"].where(adjusted, moved[column]).where(known)
        assets[f"aum{end}"] = moved["customers"] * read
    return rows.merge(assets, on=keys, how="left")


def _summed(rows: pd.DataFrame, level: str) -> pd.DataFrame:
    """One row a ``name``: what is told of its strategies, added up."""
    told = rows[rows["told"]]
    parts = told[["name", "customers", "contacts", "cost"]].fillna({"contacts": 0, "cost": 0.0})
    squares = {}
    for estimate in _ESTIMATES:
        total, low, high = (told[f"{estimate}{end}"] for end in _ENDS)
        parts[estimate] = total
        squares[f"{estimate}_low"], squares[f"{estimate}_high"] = (total - low) ** 2, (high - total) ** 2
    by_name = parts.assign(**squares).groupby("name").sum(min_count=1)
    for estimate in _ESTIMATES:
        by_name[f"{estimate}_low"] = by_name[estimate] - np.sqrt(by_name[f"{estimate}_low"])
        by_name[f"{estimate}_high"] = by_name[estimate] + np.sqrt(by_name[f"{estimate}_high"])
    counts = rows.groupby("name")["told"].agg(["sum", "count"])
    frame = by_name.reindex(counts.index).assign(
        level=level, strategies=counts["sum"], left_out=counts["count"] - counts["sum"]
    )
    whole = ["customers", "contacts"]
    frame[whole] = frame[whole].fillna(0).astype("int64")
    made = frame["contacts"].where(frame["contacts"] > 0)
    for end in _ENDS:
        frame[f"return_per_contact{end}"] = (frame[f"value{end}"] - frame["cost"]) / made
    return frame.reset_index(names="name")


def _words(frame: pd.DataFrame) -> NDArray[np.str_]:
    return np.select(
        [
            frame["strategies"] == 0,
            frame["contacts"] == 0,
            frame["return_per_contact"].isna(),
            frame["return_per_contact_low"] > 0,
            frame["return_per_contact_high"] < 0,
        ],
        [
            "Left out: not to be trusted, or no lift could be read.",
            "No contact was made.",
            "Nothing can be said: the worth of its goal is not known.",
            "Pays: earned more than it cost. 划算",
            "Does not pay: cost more than it brought. 不划算",
        ],
        "Undecided: it may have paid or not. 未定",
    )
