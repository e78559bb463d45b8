"""Gathers what a night's report shows: a handful of small frames, counted in the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from evaluation.experiment_summary import INTERESTED, REACHED
from evaluation.suppress import suppress
from lake.table import Table
from lake.tables import (
    CANDIDATES,
    CERTIFICATES,
    CONTACT_LISTS,
    CUSTOMER_SEGMENTS,
    CUSTOMERS,
    LIMITS,
    OUTCOMES,
    PLAN,
    QUARANTINE,
    SEGMENT_CATALOG,
)


@dataclass(frozen=True)
class Summary:
    """One night in small frames; counts of people are nullable where they must not be shown."""

    as_of: date
    journey: pd.DataFrame  # stage, customers
    segments: pd.DataFrame  # SEGMENT_CATALOG's columns
    migration: pd.DataFrame  # before, after, customers; empty on a first night
    fates: pd.DataFrame  # fate, contacts
    released: pd.DataFrame  # channel, contacts
    hours: pd.DataFrame  # channel, hour, contacts; of what is released
    drops: pd.DataFrame  # rule, candidates
    results: pd.DataFrame  # channel, result, contacts, answers (of the channel in all)
    rejected: pd.DataFrame  # source_table, reason, rows
    certificates: pd.DataFrame  # CERTIFICATES' columns, one row; none where nothing was decided
    limits: pd.DataFrame  # LIMITS' columns


def summarise(frames: Mapping[Table, DataFrame], *, as_of: date) -> Summary:
    """``frames``: the night's partition of each table; CUSTOMER_SEGMENTS up to and with the night."""
    return Summary(
        as_of=as_of,
        journey=_journey(frames, as_of),
        segments=frames[SEGMENT_CATALOG].drop("as_of").toPandas().sort_values("segment", ignore_index=True),
        migration=_migration(frames[CUSTOMER_SEGMENTS], as_of),
        fates=_count(frames[PLAN], ["fate"]),
        released=_count(frames[CONTACT_LISTS], ["channel"]),
        hours=_count(frames[CONTACT_LISTS], ["channel", "hour"]),
        drops=_count(
            frames[CANDIDATES].filter("dropped_by is not null"),
            [F.col("dropped_by").alias("rule")],
            "candidates",
        ),
        results=_results(frames[OUTCOMES]),
        rejected=_count(frames[QUARANTINE], ["source_table", "reason"], "rows", hide=False),
        certificates=frames[CERTIFICATES].drop("as_of").toPandas(),
        limits=frames[LIMITS].drop("as_of").toPandas(),
    )


def _count(frame: DataFrame, by: list, count: str = "contacts", *, hide: bool = True) -> pd.DataFrame:  # type: ignore[type-arg]
    counted = frame.groupBy(*by).agg(F.count("*").alias(count)).toPandas()
    names = [name for name in counted.columns if name != count]
    counted = counted.sort_values(names, ignore_index=True)
    return suppress(counted, count=count, within=names[:-1]) if hide else counted


def _results(outcomes: DataFrame) -> pd.DataFrame:
    counted = _count(outcomes, ["channel", "result"], hide=False)
    # Before cells are hidden: shares of what is left would be shares of something else.
    answers = counted.groupby("channel")["contacts"].transform("sum")
    return suppress(counted, count="contacts", within=["channel"]).assign(answers=answers)


def _journey(frames: Mapping[Table, DataFrame], as_of: date) -> pd.DataFrame:
    def people(frame: DataFrame) -> int:
        return int(frame.select("customer").distinct().count())

    lists = frames[CONTACT_LISTS]
    # Answers to earlier nights' contacts may have come with this night's.
    outcomes = frames[OUTCOMES].join(lists.select("contact"), on="contact", how="left_semi")
    stages = {
        "customers": frames[CUSTOMERS].count(),
        "in the long tail": frames[CUSTOMER_SEGMENTS].filter(F.col("as_of") == F.lit(as_of)).count(),
        "wanted by a strategy": people(frames[CANDIDATES]),
        "allowed by policy": people(frames[CANDIDATES].filter("dropped_by is null")),
        "chosen": people(frames[PLAN].filter(F.col("fate").isin("contact", "held_out"))),
        "contacted": people(lists),
        "reached": people(outcomes.filter(F.col("result").isin(*REACHED))),
        "interested": people(outcomes.filter(F.col("result").isin(*INTERESTED))),
    }
    counted = pd.DataFrame({"stage": list(stages), "customers": list(stages.values())})
    return suppress(counted, count="customers", within=["stage"])


def _migration(segments: DataFrame, as_of: date) -> pd.DataFrame:
    """How customers moved since the night before; 'outside' is not in the long tail."""
    today = segments.filter(F.col("as_of") == F.lit(as_of)).select(
        "customer", F.col("segment").alias("after")
    )
    before = segments.filter(F.col("as_of") == F.lit(as_of - timedelta(days=1))).select(
        "customer", F.col("segment").alias("before")
    )
    moved = (
        before.join(today, on="customer", how="full")
        .fillna("outside", subset=["before", "after"])
        .groupBy("before", "after")
        .agg(F.count("*").alias("customers"))
        .toPandas()
        .sort_values(["before", "after"], ignore_index=True)
    )
    known = moved[moved["before"] != "outside"]
    return suppress(moved if len(known) else known, count="customers", within=["before"])
