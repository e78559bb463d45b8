"""What another weighting of strategies would have brought, told from the plans of past nights."""

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from base.errors import ExperimentError
from evaluation.policy_value import PolicyValue, incremental, policy_value
from jobs.job import Night
from lake.tables import ASSIGNMENTS, MEASURED, PLAN
from lake.tables.words import TREATED

SETTLED_DAYS = 4
"""Nights after a window by which its outcomes are measured, late postings among them."""

_DECISION = ("as_of", "customer")


def value_of_weights(night: Night, weights: Mapping[str, float]) -> PolicyValue:
    """What decisions would have brought had the values of these strategies been multiplied so, with room at
    the prices it had.

    Conversions a decision. A decision is a customer and a night of which everything is known: all his
    candidates were first contacts, none of them begun before, none held out above its strategy, and every
    window has closed. Raises ExperimentError where there are none, and says why.
    """
    read = {
        table: night.store.read(table, as_of=night.as_of, scope="until")
        for table in (PLAN, ASSIGNMENTS, MEASURED)
    }
    log = decisions(read[PLAN], read[ASSIGNMENTS], read[MEASURED], weights=weights).toPandas()
    return value_of_log(
        log.sort_values(list(_DECISION), ignore_index=True), confidence=night.settings.experiments.confidence
    )


def decisions(
    plan: DataFrame, assignments: DataFrame, measured: DataFrame, *, weights: Mapping[str, float]
) -> DataFrame:
    """One row a decision: as_of, customer, strategy (put forward), propensity, would_be (the strategy that
    the weights put forward, null for none), and converted, treated, treatment_share (null where nothing came
    of it, because something ran out).

    The frames hold their tables' columns and ``as_of``. Raises ExperimentError where no night is old enough.
    """
    longest, newest = _settled(plan, measured)
    known = (
        (F.col("step") == 1)
        & F.col("arm").isin(*TREATED, "control")
        & (F.col("begun_on").isNull() | (F.col("begun_on") >= F.col("as_of")))
    )
    begun = assignments.select("customer", "strategy", F.col("as_of").alias("begun_on"))
    rows = (
        plan.filter(F.date_add("as_of", longest + SETTLED_DAYS) <= F.lit(newest))
        .join(begun, ["customer", "strategy"], "left")
        .withColumn("known", known)
    )
    weight = F.lit(1.0)
    for strategy, factor in sorted(weights.items()):
        weight = F.when(F.col("strategy") == strategy, F.lit(float(factor))).otherwise(weight)
    whole = Window.partitionBy(*_DECISION)
    net = F.col("value") * weight - F.col("cost") - F.col("shadow_price")
    ranked = (
        rows.withColumn("net", F.when(F.col("propensity").isNotNull(), net))
        .withColumn("all_known", F.min(F.col("known").cast("int")).over(whole))
        .withColumn(
            "would_be",
            # Of equals the one that was the night's best: nothing is changed by weights that change nothing.
            F.max(F.when(F.col("net") > 0, F.struct("net", "propensity", "strategy"))).over(whole)[
                "strategy"
            ],
        )
        .filter((F.col("all_known") == 1) & F.col("put_forward"))
    )
    came = measured.select(
        "customer",
        "strategy",
        F.date_sub("first_exposed", 1).alias("as_of"),
        "converted",
        F.col("arm").isin(*TREATED).cast("int").alias("treated"),
        "treatment_share",
    )
    return ranked.select(*_DECISION, "strategy", "propensity", "would_be").join(
        came, [*_DECISION, "strategy"], "left"
    )


def _settled(plan: DataFrame, measured: DataFrame) -> tuple[int, date]:
    """The longest window in days, and the newest night that measured; at least one decision is that old."""
    longest, newest = measured.agg(F.max("window_days"), F.max("as_of")).collect()[0]
    first = plan.agg(F.min("as_of")).collect()[0][0]
    if longest is None or first is None:
        raise ExperimentError(
            "nothing planned is measured yet, so nothing is known of what decisions brought"
        )
    since = first + timedelta(days=longest + SETTLED_DAYS)
    if since > newest:
        raise ExperimentError(
            f"no night is old enough: the first, of {first}, can be valued from {since} on, when windows of "
            f"up to {longest} days have closed and {SETTLED_DAYS} nights have passed; measured until {newest}"
        )
    return longest, newest


def value_of_log(log: pd.DataFrame, *, confidence: float) -> PolicyValue:
    """The value from the columns of :func:`decisions`; the model behind the doubly robust one is the mean
    reward of each strategy among the other half of the customers."""
    if log.empty:
        raise ExperimentError(
            "nights are old enough, but of no decision everything is known: each customer had a candidate "
            "that was held out above its strategy, had begun before or was a later step; later ones may do"
        )
    known = log["converted"].notna().to_numpy()
    reward = np.zeros(len(log))
    seen = log[known]
    reward[known] = incremental(
        seen["converted"], treated=seen["treated"], treatment_share=seen["treatment_share"]
    )
    half = pd.util.hash_array(log["customer"].to_numpy(dtype=object)) % np.uint64(2)
    predicted, under_target = np.zeros(len(log)), np.zeros(len(log))
    for own in (0, 1):
        others = pd.Series(reward[half != own]).groupby(log["strategy"].to_numpy()[half != own]).mean()
        predicted[half == own] = log.loc[half == own, "strategy"].map(others).fillna(0.0)
        under_target[half == own] = log.loc[half == own, "would_be"].map(others).fillna(0.0)
    # Where the weights leave nothing worth its cost, nobody is contacted and nothing is added: that is known.
    idle = log["would_be"].isna().to_numpy()
    return policy_value(
        np.where(idle, 0.0, reward),
        propensity=np.where(idle, 1.0, log["propensity"]),
        target=np.where(idle, 1.0, log["strategy"] == log["would_be"]),
        predicted=np.where(idle, 0.0, predicted),
        predicted_under_target=under_target,
        customer=log["customer"],
        confidence=confidence,
    )
