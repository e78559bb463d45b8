"""Who could be contacted by what: every rule of the book over every long-tail customer, in one pass."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from base.errors import StrategyError
from base.settings import Contact
from features.catalogue import FEATURES
from strategies.document import Strategy, Touch
from strategies.evaluate import compile_rules
from strategies.rule import Rule, parse
from strategies.tree import Condition

# A call reaches only who picks up; where nothing is known of a customer, a cold call's usual share.
ANSWERED_CHANNELS = ("ai_call", "human_call")
USUAL_ANSWERED_SHARE = 0.4
NO_SEGMENT = "none"
"""What stands for the segment of customers of whom nothing is read."""

_TOUCHES = (
    "strategy string, step int, channel string, kind string, worth double, cost double, answered boolean"
)
_TRAITS = ("segment", "reach", "best_hour", "days_since_opening")


def match(
    features: DataFrame,
    *,
    segments: DataFrame,
    non_personalised: DataFrame,
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
    Of customers among ``non_personalised`` that is all that is read: they start what is for everybody alone,
    and count as if nothing were known of them, not even a segment.
    ``costs``: yuan a contact, by channel. ``value`` (CNY) = goal value x priority x expected lift x the share
    of calls the customer answers. ``hour``: his best hour inside ``window``, else one drawn by hash.
    Raises StrategyError for a channel without a cost.
    """
    running = [strategy for strategy in strategies if strategy.runs_on(as_of + timedelta(days=1))]
    people = _readable(features, segments, non_personalised)
    rules = {strategy.name: parse(strategy.who, FEATURES) for strategy in running}
    opening = _opening(people, rules, as_of)
    traits = people.select("customer", *_TRAITS)
    touches = _touches(features.sparkSession, running, costs)
    contacts = (
        opening.join(positions, on=["customer", "strategy"], how="left_anti")
        .unionByName(_due(traits, positions, as_of))
        .join(F.broadcast(touches), on=["strategy", "step"])
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
        planned_hour(window).alias("hour"),
    )


def selected(
    customers: DataFrame, *, strategies: Mapping[str, Condition], carried: Sequence[str], as_of: date
) -> DataFrame:
    """First touches: a row for every strategy, by name, whose rule is true of a customer.

    ``customers`` has the columns that the rules name and those ``carried`` along; the result has ``carried``,
    strategy, step. All rules run over each batch at once, inside the engine; workers of a cluster need this
    package installed.
    """
    names = pa.array(list(strategies), pa.string())
    program = compile_rules(list(strategies.values()), as_of=as_of)
    kept = list(carried)

    def matched(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            rows, rules = map(pa.array, program.pairs(batch))
            columns = [batch[name].take(rows) for name in kept]
            yield pa.RecordBatch.from_arrays([*columns, names.take(rules)], names=[*kept, "strategy"])

    read = customers.select(*dict.fromkeys((*kept, *program.columns)))
    schema = StructType([read.schema[name] for name in kept]).add("strategy", StringType())
    return read.mapInArrow(matched, schema).withColumn("step", F.lit(1).cast("int"))


def worth(strategy: Strategy, touch: Touch) -> float:
    """Yuan that reaching a customer with the touch is expected to bring, weighted by the priority."""
    return strategy.goal.value * strategy.priority * touch.expected_lift


def planned_hour(window: Contact) -> Column:
    """The hour at which a customer is best reached, inside the window; of his best_hour, else by hash."""
    first, last = window.hour_from, window.hour_to - 1
    spread = F.lit(first) + F.pmod(F.xxhash64("customer"), F.lit(last - first + 1))
    best = F.least(F.greatest(F.col("best_hour"), F.lit(first)), F.lit(last))
    return F.when(F.col("best_hour").isNotNull(), best).otherwise(spread).cast("int")


def for_everybody(rules: Mapping[str, Rule]) -> dict[str, Rule]:
    """Those of the rules, by name, that ask nothing about a customer."""
    return {name: rule for name, rule in rules.items() if not rule.personal}


def _readable(features: DataFrame, segments: DataFrame, non_personalised: DataFrame) -> DataFrame:
    """customer, features, ``_TRAITS`` and ``unread``; of the unread nothing but what ends contacts."""
    may = F.col("chose").isNull()
    chose = non_personalised.select("customer", F.lit(True).alias("chose"))
    read = [name for name in features.columns if name not in ("customer", "days_since_opening")]
    return (
        features.join(segments.select("customer", "segment"), on="customer")
        .join(F.broadcast(chose), on="customer", how="left")
        .select(
            "customer",
            "days_since_opening",
            *(F.when(may, F.col(name)).alias(name) for name in read),
            F.when(may, F.col("segment")).otherwise(NO_SEGMENT).alias("segment"),
            (~may).alias("unread"),
        )
        .withColumn("reach", F.coalesce("answered_share_365d", F.lit(USUAL_ANSWERED_SHARE)))
    )


def _opening(customers: DataFrame, rules: Mapping[str, Rule], as_of: date) -> DataFrame:
    """First touches, as ``selected`` gives them, with ``_TRAITS``; of the unread, what is for everybody."""
    conditions = {name: rule.condition for name, rule in rules.items()}
    found = selected(customers, strategies=conditions, carried=("customer", *_TRAITS, "unread"), as_of=as_of)
    # A rule may well be true of who has no features: ``aum_now is null``.
    general = F.col("strategy").isin(list(for_everybody(rules)))
    return found.filter(~F.col("unread") | general).drop("unread")


def _due(traits: DataFrame, positions: DataFrame, as_of: date) -> DataFrame:
    """Later touches: what the funnels ask for, of customers who have not acted since."""
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
            worth(strategy, touch),
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
