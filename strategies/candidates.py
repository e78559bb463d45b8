"""Who could be contacted by what: every rule of the book over every long-tail customer, in one pass."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from base.errors import StrategyError
from base.settings import Contact
from features.catalogue import FEATURES
from strategies.document import Strategy
from strategies.rule import parse
from strategies.sql import sql

# A call reaches only who picks up; where nothing is known of a customer, a cold call's usual share.
ANSWERED_CHANNELS = ("ai_call", "human_call")
USUAL_ANSWERED_SHARE = 0.4
_TOUCHES = (
    "strategy string, step int, channel string, kind string, worth double, cost double, answered boolean"
)
_TRAITS = ("segment", "reach", "best_hour", "days_since_opening")


def match(
    features: DataFrame,
    *,
    segments: DataFrame,
    positions: DataFrame,
    strategies: Sequence[Strategy],
    as_of: date,
    costs: Mapping[str, float],
    window: Contact,
) -> DataFrame:
    """The contacts that could be made the day after ``as_of``: customer, strategy, step, channel, kind,
    segment, value, cost, hour.

    ``features`` and ``segments`` are those of ``as_of``; ``positions`` comes from ``funnel.positions``. A
    customer starts a funnel when its rule selects him and he never started it before; later touches
    are due by the funnel alone, unless he has opened a product since: he has acted and is left in peace.
    ``costs``: yuan a contact, by channel. ``value`` (CNY) = goal value x priority x expected lift x the share
    of calls the customer answers. ``hour``: his best hour inside ``window``, else one drawn by hash.
    Raises StrategyError for a channel without a cost.
    """
    running = [strategy for strategy in strategies if strategy.runs_on(as_of + timedelta(days=1))]
    known = features.join(segments.select("customer", "segment"), on="customer").withColumn(
        "reach", F.coalesce("answered_share_365d", F.lit(USUAL_ANSWERED_SHARE))
    )
    opening = _selected(known, running, as_of).join(positions, on=["customer", "strategy"], how="left_anti")
    touches = _touches(features.sparkSession, running, costs)
    contacts = opening.unionByName(_due(known, positions, as_of)).join(
        F.broadcast(touches), on=["strategy", "step"]
    )
    return contacts.select(
        "customer",
        "strategy",
        "step",
        "channel",
        "kind",
        "segment",
        (F.col("worth") * F.when(F.col("answered"), F.col("reach")).otherwise(F.lit(1.0))).alias("value"),
        "cost",
        _hour(window).alias("hour"),
    )


def _selected(known: DataFrame, strategies: Sequence[Strategy], as_of: date) -> DataFrame:
    """First touches: a row for every rule that is true of a customer."""
    nobody = F.lit(None).cast("string")
    true_of_him = [
        F.when(F.expr(sql(parse(strategy.who, FEATURES).condition, as_of=as_of)), F.lit(strategy.name))
        for strategy in strategies
    ]
    names = F.array_compact(F.array(nobody, *true_of_him))
    return known.select(
        "customer", F.explode(names).alias("strategy"), F.lit(1).cast("int").alias("step"), *_TRAITS
    )


def _due(known: DataFrame, positions: DataFrame, as_of: date) -> DataFrame:
    """Later touches: what the funnels ask for, of customers who have not acted since."""
    traits = known.select("customer", *_TRAITS)
    days_exposed = F.datediff(F.lit(as_of), F.col("first_exposed"))
    acted = F.coalesce(F.col("days_since_opening") <= days_exposed, F.lit(False))
    return (
        positions.where("step is not null")
        .join(traits, on="customer")
        .where(~acted)
        .select("customer", "strategy", "step", *_TRAITS)
    )


def _touches(spark: SparkSession, strategies: Sequence[Strategy], costs: Mapping[str, float]) -> DataFrame:
    """Every touch of every strategy: what it costs, and what reaching a customer with it is worth."""
    rows = [
        (
            strategy.name,
            number,
            touch.channel,
            strategy.kind,
            strategy.goal.value * strategy.priority * touch.expected_lift,
            _cost(touch.channel, costs, strategy.name),
            touch.channel in ANSWERED_CHANNELS,
        )
        for strategy in strategies
        for number, touch in enumerate(strategy.funnel, start=1)
    ]
    return spark.createDataFrame(rows, schema=_TOUCHES)


def _cost(channel: str, costs: Mapping[str, float], strategy: str) -> float:
    if channel not in costs:
        raise StrategyError(
            f"strategy {strategy}: channel {channel!r} has no cost; there are: {', '.join(sorted(costs))}"
        )
    return costs[channel]


def _hour(window: Contact) -> Column:
    """The planned hour: the call starts and ends inside the contact window."""
    first, last = window.hour_from, window.hour_to - 1
    spread = F.lit(first) + F.pmod(F.xxhash64("customer"), F.lit(last - first + 1))
    best = F.least(F.greatest(F.col("best_hour"), F.lit(first)), F.lit(last))
    return F.when(F.col("best_hour").isNotNull(), best).otherwise(spread).cast("int")
