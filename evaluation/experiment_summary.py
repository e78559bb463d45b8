"""Gathers what a night's report says of experiments: small frames, counted in the engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from evaluation.suppress import suppress
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CONTACT_LISTS,
    EXPERIMENT_FINDINGS,
    OUTCOMES,
    READOUTS,
    RETURNS_TABLE,
    VERDICTS_TABLE,
    WEEKLY,
)
from lake.tables.words import TREATED

REACHED = ("opened", "heard_out", "interested", "converted", "refused", "complained")
INTERESTED = ("interested", "converted")
EVERYTHING = "all strategies"
LARGEST = 12  # strategies to choose from in a picture


@dataclass(frozen=True)
class ExperimentSummary:
    """Experiments up to one night; counts of people are nullable where they must not be shown."""

    readouts: pd.DataFrame  # READOUTS' columns, of the night
    history: pd.DataFrame  # as_of and READOUTS' columns: conversions of all, and of the largest strategies
    verdicts: pd.DataFrame  # VERDICTS_TABLE's columns
    findings: pd.DataFrame  # EXPERIMENT_FINDINGS' columns
    returns: pd.DataFrame  # RETURNS_TABLE's columns
    weekly: pd.DataFrame  # WEEKLY's columns
    touches: pd.DataFrame  # strategy, step, stage, contacts; of all and of the largest strategies
    drawn: pd.DataFrame  # strategy, drawn: the mean share with which its customers were to be treated


def summarise_experiments(frames: Mapping[Table, DataFrame], *, as_of: date) -> ExperimentSummary:
    """``frames``: READOUTS, CONTACT_LISTS and OUTCOMES up to and with the night, ASSIGNMENTS before it, else
    the night's partition.
    """
    tonight = F.col("as_of") == F.lit(as_of)
    readouts = in_full(frames[READOUTS].filter(tonight).drop("as_of").toPandas())
    compared = F.col("arm").isin(*TREATED, "control")
    drawn = frames[ASSIGNMENTS].filter(compared).groupBy("strategy")
    return ExperimentSummary(
        readouts=readouts,
        history=_history(frames[READOUTS], largest=_largest(readouts)),
        verdicts=_sorted(frames[VERDICTS_TABLE], ["strategy"]),
        findings=_sorted(frames[EXPERIMENT_FINDINGS], ["strategy", "kind"]),
        returns=_sorted(frames[RETURNS_TABLE], ["level", "name"]),
        weekly=_sorted(frames[WEEKLY], ["strategy", "week"]),
        touches=_touches(frames[CONTACT_LISTS], frames[OUTCOMES]),
        drawn=drawn.agg(F.avg("treatment_share").alias("drawn")).toPandas(),
    )


def in_full(readouts: pd.DataFrame) -> pd.DataFrame:
    """Readouts with view and arm, also those written before both were kept."""
    return readouts.fillna({"view": "exposed", "arm": "any"})


def of_conversions(readouts: pd.DataFrame, level: str) -> pd.DataFrame:
    """The level's primary readouts of conversions: by intention to treat, all treated arms together."""
    primary = (readouts["view"] == "exposed") & (readouts["arm"] == "any")
    return readouts[primary & (readouts["level"] == level) & (readouts["metric"] == "converted")]


def _largest(readouts: pd.DataFrame) -> list[str]:
    ranked = of_conversions(readouts, "strategy").sort_values(["customers", "name"], ascending=[False, True])
    return list(ranked["name"][:LARGEST])


def _history(readouts: DataFrame, *, largest: list[str]) -> pd.DataFrame:
    wanted = (F.col("level") == "all") | ((F.col("level") == "strategy") & F.col("name").isin(*largest))
    nights = in_full(readouts.filter(wanted & (F.col("metric") == "converted")).toPandas())
    nights = nights[(nights["view"] == "exposed") & (nights["arm"] == "any")]
    order = {name: place for place, name in enumerate(["all", *largest])}
    return nights.sort_values(
        ["name", "as_of"], key=lambda c: c.map(order) if c.name == "name" else c, ignore_index=True
    ).replace({"name": {"all": EVERYTHING}})


def _touches(lists: DataFrame, outcomes: DataFrame) -> pd.DataFrame:
    def came(*results: str) -> Column:
        return F.max(F.col("result").isin(*results).cast("long"))

    answers = outcomes.groupBy("contact").agg(
        came(*REACHED).alias("reached"),
        came(*INTERESTED).alias("interested"),
        came("converted").alias("converted"),
    )
    stages = ("sent", "reached", "interested", "converted")
    counted = (
        lists.select("contact", "strategy", "step", F.lit(1).cast("long").alias("sent"))
        .join(answers, on="contact", how="left")
        .groupBy("strategy", "step")
        .agg(*(F.coalesce(F.sum(stage), F.lit(0)).alias(stage) for stage in stages))
        .toPandas()
    )
    sent = counted.groupby("strategy")["sent"].sum().sort_values(ascending=False, kind="stable")
    everything = counted.groupby("step", as_index=False)[list(stages)].sum().assign(strategy=EVERYTHING)
    names = [EVERYTHING, *sent.index[:LARGEST]]
    rows = pd.concat([everything, counted]).melt(
        id_vars=["strategy", "step"], value_vars=list(stages), var_name="stage", value_name="contacts"
    )
    chosen = rows[rows["strategy"].isin(names)]
    order = chosen["strategy"].map({name: place for place, name in enumerate(names)})
    chosen = chosen.assign(order=order).sort_values(["order", "step"], kind="stable", ignore_index=True)
    return suppress(chosen.drop(columns="order"), count="contacts", within=["strategy", "step"])


def _sorted(frame: DataFrame, by: list[str]) -> pd.DataFrame:
    return frame.drop("as_of").toPandas().sort_values(by, ignore_index=True)
