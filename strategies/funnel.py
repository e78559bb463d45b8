"""Where every customer stands in the funnels: a state moved by plans and outcomes, and what follows from it.

The state is a set of touches, one a customer, strategy, step and contact day, each with its fate and the
gravest result so far. Moving it takes the union of the touches and of each touch the maximum. That is
commutative, associative and idempotent (a join-semilattice; Shapiro et al. 2011, "Conflict-free replicated
data types"): what comes late, twice or in another order ends in the same state. Everything else, which
journey is under way, what is due, what is over, is worked out from the state, the documents and the day.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from lake.tables import POSITIONS
from lake.tables.words import RESULTS
from strategies.document import FINAL_RESULTS, Strategy

# Older outcomes have long been taken in; younger partitions may have grown since. Twice the longest window.
_LATE_NIGHTS = 60
# Of the parts that are packed into one number; a day is one of the 11,000 years since 1970.
_BITS = {"journey": 16, "step": 4, "day": 22, "early": 22, "held_out": 1, "rank": 4}
_FAR = (1 << _BITS["early"]) - 1
_TOUCH = ("customer", "strategy", "step", "contact_day")
_JOURNEY = ("customer", "strategy", "journey")
_CUSTOMER = ("customer", "strategy")
_TERMS = "strategy string, window_days int, cool_off_days int, per_customer int"
_EXITS = "strategy string, result string"
_WAYS = "strategy string, last_step int, last_result string, step int, wait_days int"


def moved(before: DataFrame, plan: DataFrame, outcomes: DataFrame, *, as_of: date) -> DataFrame:
    """The touches as night ``as_of`` begins, as POSITIONS has them.

    ``before``, ``plan`` and ``outcomes`` hold the nights before ``as_of`` of POSITIONS, PLAN and OUTCOMES. Of
    the plan only what the newest state does not know yet is read, of the outcomes the latest nights; without
    a state of those nights, both whole.
    """
    earliest = as_of - timedelta(days=_LATE_NIGHTS)
    late = before.where(F.col("as_of") >= F.lit(earliest))
    newest = late.agg(F.max("as_of")).collect()[0][0]
    if newest is None:
        return merged(late, plan, outcomes)
    return merged(
        late.where(F.col("as_of") == F.lit(newest)),
        plan.where(F.col("as_of") >= F.lit(newest)),
        outcomes.where(F.col("as_of") >= F.lit(earliest)),
    )


def merged(touches: DataFrame, plan: DataFrame, outcomes: DataFrame) -> DataFrame:
    """The columns of POSITIONS: ``touches`` (of POSITIONS) with what ``plan`` and ``outcomes`` add.

    A result proves a contact, so one whose plan is not known yet is a touch already.
    """
    planned = plan.where(F.col("fate").isin("contact", "held_out")).select(
        "customer",
        "strategy",
        "step",
        F.date_add("as_of", 1).alias("contact_day"),
        "fate",
        F.lit(None).cast("string").alias("result"),
        F.lit(None).cast("date").alias("result_day"),
    )
    came_back = outcomes.select(
        "customer",
        "strategy",
        "step",
        F.coalesce("contact_day", F.date_add("as_of", 1)).alias("contact_day"),
        F.lit("contact").alias("fate"),
        "result",
        F.to_date("happened_at").alias("result_day"),
    )
    gravity = {"rank": _rank(), "early": _early("result_day")}
    joined = (
        touches.select(*planned.columns)
        .unionByName(planned)
        .unionByName(came_back)
        .groupBy(*_TOUCH)
        .agg(F.max("fate").alias("fate"), F.max(_packed(gravity)).alias("gravest"))
        .select(
            *_TOUCH,
            "fate",
            _result_of(_part("gravest", "rank", gravity)).alias("result"),
            _day_of(_part("gravest", "early", gravity)).alias("result_day"),
        )
    )
    begun = F.sum(F.when(F.col("step") == 1, 1).otherwise(0)).over(
        Window.partitionBy(*_CUSTOMER).orderBy("contact_day")
    )
    numbered = joined.withColumn("journey", F.greatest(begun, F.lit(1)).cast("int"))
    return numbered.select(*POSITIONS.names)


def positions(touches: DataFrame, *, strategies: Sequence[Strategy], as_of: date) -> DataFrame:
    """One row for every journey that has begun and not cooled off.

    Columns: customer, strategy, journey, first_exposed, last_step, step. ``touches`` has the columns of
    POSITIONS. ``step`` is the touch due the day after ``as_of``; null where the journey has ended,
    is waiting, or is held out and never had a contact. ``first_exposed`` is the day of the first contact,
    made or held back; ``last_step`` the touch made last. A customer who may begin again is not among the
    rows.
    """
    contact_day = F.lit(as_of + timedelta(days=1))
    spark = touches.sparkSession
    newest = _newest(touches, spark, strategies).join(
        F.broadcast(_terms(spark, strategies)), on="strategy", how="left"
    )
    closes = F.date_add("first_exposed", F.col("window_days"))
    over = F.least("ended", closes)
    room = F.col("per_customer").isNull() | (F.col("contacts") < F.col("per_customer"))
    may_begin = room & (contact_day >= F.date_add(over, F.col("cool_off_days")))
    open_still = room & F.col("ended").isNull() & (contact_day < closes) & ~F.col("held_out")
    return (
        newest.where(~F.coalesce(may_begin, F.lit(False)))
        .join(F.broadcast(_ways(spark, strategies)), on=["strategy", "last_step", "last_result"], how="left")
        .select(
            *_JOURNEY,
            "first_exposed",
            "last_step",
            F.when(
                open_still & (contact_day >= F.date_add("last_day", F.col("wait_days"))), F.col("step")
            ).alias("step"),
        )
    )


def begun_again(touches: DataFrame, *, promised: DataFrame, strategies: Sequence[Strategy]) -> DataFrame:
    """Every journey after a customer's first in a strategy: customer, strategy, first_exposed, window_days.

    ``touches`` has the columns of POSITIONS, ``promised`` customer, strategy and the window_days of the first
    journey. A later one has that window, or today's where that is longer; whether the strategy is among
    ``strategies`` still, and what has become of the journey, changes nothing.
    """
    again = touches.where("journey > 1 and step = 1").select(
        *_CUSTOMER, F.col("contact_day").alias("first_exposed")
    )
    today = _terms(touches.sparkSession, strategies).select("strategy", F.col("window_days").alias("today"))
    return (
        again.join(promised.select(*_CUSTOMER, "window_days"), on=[*_CUSTOMER], how="left")
        .join(F.broadcast(today), on="strategy", how="left")
        .select(*_CUSTOMER, "first_exposed", F.greatest("window_days", "today").alias("window_days"))
    )


def begun(touches: DataFrame) -> dict[str, int]:
    """How many journeys of each strategy have begun with a contact; ``touches`` as POSITIONS has them."""
    first = touches.where("step = 1 and fate = 'contact'").groupBy("strategy").count().collect()
    return {row["strategy"]: row["count"] for row in first}


def _newest(touches: DataFrame, spark: SparkSession, strategies: Sequence[Strategy]) -> DataFrame:
    """(customer, strategy): the newest journey, its first day, last touch, and the day a result ended it.

    ``contacts`` counts those of all journeys.
    """
    ends = F.broadcast(_exits(spark, strategies)).withColumn("exits", F.lit(True))
    ending = F.col("result").isin(*FINAL_RESULTS) | F.coalesce("exits", F.lit(False))
    last = {
        "journey": F.col("journey"),
        "step": F.col("step"),
        "day": F.unix_date("contact_day"),
        "held_out": (F.col("fate") == "held_out").cast("int"),
        "rank": F.coalesce(_rank(), F.lit(0)),
    }
    first = {"journey": F.col("journey"), "early": _early("contact_day")}
    end = {"journey": F.col("journey"), "early": _early("result_day")}
    newest = (
        touches.join(ends, on=["strategy", "result"], how="left")
        .groupBy(*_CUSTOMER)
        .agg(
            F.max(_packed(last)).alias("last"),
            F.max(_packed(first)).alias("first"),
            F.max(F.when(ending, _packed(end))).alias("end"),
            F.count("*").alias("contacts"),
        )
    )
    journey = _part("last", "journey", last)
    return newest.select(
        *_CUSTOMER,
        "contacts",
        journey.cast("int").alias("journey"),
        _day_of(_part("first", "early", first)).alias("first_exposed"),
        F.when(_part("end", "journey", end) == journey, _day_of(_part("end", "early", end))).alias("ended"),
        _part("last", "step", last).cast("int").alias("last_step"),
        F.date_from_unix_date(_part("last", "day", last).cast("int")).alias("last_day"),
        (_part("last", "held_out", last) == 1).alias("held_out"),
        _result_of(_part("last", "rank", last)).alias("last_result"),
    )


def _packed(parts: Mapping[str, Column]) -> Column:
    """One number that sorts like its parts in turn; engines are slow at the maximum of structs."""
    packed = F.lit(0).cast("long")
    for name, part in parts.items():
        packed = packed * F.lit(1 << _BITS[name]) + part
    return packed


def _part(packed: str, name: str, parts: Iterable[str]) -> Column:
    """What ``_packed`` put in under ``name``."""
    names = list(parts)
    after = sum(_BITS[other] for other in names[names.index(name) + 1 :])
    return F.shiftright(packed, after).bitwiseAND(F.lit((1 << _BITS[name]) - 1))


def _rank() -> Column:
    """The place of ``result`` among RESULTS, from 1; null where there is none."""
    chain = F.when(F.col("result") == RESULTS[0], 1)
    for place, result in enumerate(RESULTS[1:], start=2):
        chain = chain.when(F.col("result") == result, place)
    return chain


def _result_of(rank: Column) -> Column:
    chain = F.when(rank == 1, RESULTS[0])
    for place, result in enumerate(RESULTS[1:], start=2):
        chain = chain.when(rank == place, result)
    return chain


def _early(day: str) -> Column:
    """A number that is higher the earlier the day."""
    return F.lit(_FAR) - F.unix_date(day)


def _day_of(early: Column) -> Column:
    return F.date_from_unix_date((F.lit(_FAR) - early).cast("int"))


def _terms(spark: SparkSession, strategies: Sequence[Strategy]) -> DataFrame:
    rows = [
        (strategy.name, strategy.goal.window_days, strategy.cool_off_days, strategy.caps.per_customer)
        for strategy in strategies
    ]
    return spark.createDataFrame(rows, schema=_TERMS)


def _exits(spark: SparkSession, strategies: Sequence[Strategy]) -> DataFrame:
    rows = [(strategy.name, result) for strategy in strategies for result in strategy.exits]
    return spark.createDataFrame(rows, schema=_EXITS)


def _ways(spark: SparkSession, strategies: Sequence[Strategy]) -> DataFrame:
    rows = [
        (strategy.name, way.answered, way.result, way.step, strategy.funnel[way.step - 1].wait_days)
        for strategy in strategies
        for way in strategy.ways()
    ]
    return spark.createDataFrame(rows, schema=_WAYS)
