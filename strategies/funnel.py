"""Where every customer stands in the funnels: which journeys have begun, and which touch is due next."""

from collections.abc import Sequence
from datetime import date, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from strategies.document import Strategy

_WAYS = "strategy string, answered int, result string, step int, wait_days int, window_days int"


def positions(
    plan: DataFrame, outcomes: DataFrame, *, strategies: Sequence[Strategy], as_of: date
) -> DataFrame:
    """One row for every journey ever begun: customer, strategy, first_exposed, step.

    ``plan`` and ``outcomes`` hold the nights before ``as_of``. ``step`` is the touch due the day after
    ``as_of``; null where the journey has ended, is waiting, or is held out and never had a contact.
    ``first_exposed`` is the day of the first contact, made or held back.
    """
    journeys = _journeys(plan)
    ways = _ways(plan.sparkSession, strategies)
    contact_day = F.lit(as_of + timedelta(days=1))
    due = (
        journeys.where("last.fate = 'contact'")
        .join(_results(outcomes), on=["customer", "strategy"])
        .where("answered = last.step")
        .join(ways, on=["strategy", "answered", "result"])
        .where(F.datediff(contact_day, "touched") >= F.col("wait_days"))
        .where(F.datediff(contact_day, "first_exposed") < F.col("window_days"))
        .select("customer", "strategy", "step")
    )
    return journeys.select("customer", "strategy", "first_exposed").join(
        due, on=["customer", "strategy"], how="left"
    )


def _journeys(plan: DataFrame) -> DataFrame:
    """(customer, strategy): first day of contact, last touch chosen, and its day."""
    chosen = plan.where(F.col("fate").isin("contact", "held_out"))
    return (
        chosen.groupBy("customer", "strategy")
        .agg(F.min("as_of").alias("began"), F.max(F.struct("step", "as_of", "fate")).alias("last"))
        .select(
            "customer",
            "strategy",
            F.date_add("began", 1).alias("first_exposed"),
            F.date_add("last.as_of", 1).alias("touched"),
            "last",
        )
    )


def _results(outcomes: DataFrame) -> DataFrame:
    """(customer, strategy): the last touch that came back, and with what."""
    return (
        outcomes.groupBy("customer", "strategy")
        .agg(F.max(F.struct("step", "happened_at", "result")).alias("back"))
        .select(
            "customer", "strategy", F.col("back.step").alias("answered"), F.col("back.result").alias("result")
        )
    )


def _ways(spark: SparkSession, strategies: Sequence[Strategy]) -> DataFrame:
    """Every way on: after touch ``answered`` of ``strategy`` came back with ``result``, touch ``step``."""
    rows = [
        (strategy.name, number - 1, result, number, touch.wait_days, strategy.goal.window_days)
        for strategy in strategies
        for number, touch in enumerate(strategy.funnel, start=1)
        for result in dict.fromkeys(touch.when)
    ]
    return spark.createDataFrame(rows, schema=_WAYS)
