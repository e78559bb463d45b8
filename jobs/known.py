"""What a night knows before anything is decided: about people, touches made, and room on the channels."""

from collections.abc import Sequence
from datetime import timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as spark

from features.catalogue import FEATURES
from features.compiler import CUSTOMER_FEATURES
from jobs.job import Frames, Night
from lake.tables import (
    ASSIGNMENTS,
    COMPLAINTS,
    CONSENTS,
    CONTACTS,
    CUSTOMER_SEGMENTS,
    CUSTOMERS,
    ENTRIES,
    HELD_BACK,
    LIMITS,
    NUMBERS,
    OUTCOMES,
    PERSONS,
    PLAN,
    POSITIONS,
    SEGMENT_CATALOG,
    SUPPRESSIONS,
)
from lake.tables.words import CHANNELS
from outreach.callers.register import callers_of_day, daily_limits
from outreach.channels.channel import capacities, load_channels
from outreach.opt_outs import standing
from outreach.policy.facts import CHANNEL_BITS
from outreach.policy.gather import Known
from outreach.stops import read_stops
from strategies.document import Strategy
from strategies.funnel import begun_again, moved
from strategies.rule import parse

READS = (
    CUSTOMER_FEATURES.at,
    CUSTOMER_SEGMENTS.at,
    SEGMENT_CATALOG.at,
    CUSTOMERS.at,
    NUMBERS.at,
    PERSONS.at,
    CONSENTS.at,
    SUPPRESSIONS.at,
    COMPLAINTS.until,
    CONTACTS.until,
    PLAN.before,
    HELD_BACK.before,
    OUTCOMES.before,
    ASSIGNMENTS.before,
    ENTRIES.before,
    POSITIONS.before,
    LIMITS.before,
)
"""What a night is decided from, and all that asks anew how it would be."""

_TOUCHES = spark.StructType(
    [
        spark.StructField("strategy", spark.StringType()),
        spark.StructField("step", spark.IntegerType()),
        spark.StructField("channel_bit", spark.IntegerType()),
        spark.StructField("planned_seconds", spark.IntegerType()),
        spark.StructField("by_human", spark.BooleanType()),
        spark.StructField("needs", spark.StringType()),
        spark.StructField("caller_purpose", spark.StringType()),
        spark.StructField("switched_off", spark.BooleanType()),
        spark.StructField("personal", spark.BooleanType()),
        spark.StructField("valid_from", spark.DateType()),
        spark.StructField("valid_until", spark.DateType()),
    ]
)
_GRAIN = ("customer", "strategy", "step")
_OPT_OUTS = spark.StructType(
    [spark.StructField(name, spark.StringType()) for name in ("customer", "number", "channel")]
)


def touches_made(night: Night, frames: Frames) -> DataFrame:
    """The touches as the night begins (columns of POSITIONS), from the frames that decide reads."""
    return moved(frames[POSITIONS], _made(frames), frames[OUTCOMES], as_of=night.as_of)


def known(
    night: Night, frames: Frames, book: Sequence[Strategy], *, made: DataFrame, journeys: DataFrame
) -> Known:
    """What is known of people on the night, from the frames that decide reads.

    ``made``: the touches as the night begins; ``journeys``: what ``strategies.funnel.positions`` makes of
    them.
    """
    return Known(
        customers=frames[CUSTOMERS],
        numbers=frames[NUMBERS],
        persons=frames[PERSONS],
        consents=frames[CONSENTS],
        suppressions=frames[SUPPRESSIONS].unionByName(_complaints(night, frames[COMPLAINTS])),
        opt_outs=_opt_outs(night),
        contacts=frames[CONTACTS],
        outcomes=frames[OUTCOMES],
        plan=_made(frames),
        assignments=frames[ASSIGNMENTS],
        journeys=journeys,
        begun_again=begun_again(made, promised=frames[ASSIGNMENTS], strategies=book),
        touches=_touches(night, book),
    )


def capacity(night: Night, *, customers: int) -> dict[str, int]:
    """Contacts tonight by channel: what it can carry, and what its caller numbers may."""
    limits = _caller_limits(night)
    carried = capacities(night.settings, customers=customers)
    return {channel: min(room, limits.get(channel, room)) for channel, room in carried.items()}


def marketed(night: Night) -> frozenset[str]:
    """The channels that may carry marketing: they have a number for it, or take none."""
    limits = _caller_limits(night)
    return frozenset(channel for channel in CHANNELS if limits.get(channel, 1))


def _caller_limits(night: Night) -> dict[str, int]:
    with night.ledger.engine.connect() as connection:
        return daily_limits(callers_of_day(connection, day=night.as_of + timedelta(days=1)))


def _made(frames: Frames) -> DataFrame:
    """The plan of the nights before, without what release held back of it, made or held out alike."""
    return frames[PLAN].join(frames[HELD_BACK].select("as_of", *_GRAIN), ["as_of", *_GRAIN], "left_anti")


def _complaints(night: Night, complaints: DataFrame) -> DataFrame:
    """Complaints as suppressions: nobody says when one is closed, so each binds for a while."""
    opened = F.to_date("opened_at")
    return complaints.select(
        "customer",
        F.lit("complaint_open").alias("kind"),
        F.lit("all").alias("channel"),
        opened.alias("since"),
        F.date_add(opened, night.settings.contact.complaint_days).alias("until"),
        "known_at",
        "as_of",
    )


def _opt_outs(night: Night) -> DataFrame:
    """What people asked for since the bank's last delivery."""
    with night.ledger.engine.connect() as connection:
        found = connection.execute(standing())
        rows = sorted({(row.customer, row.number, row.channel) for row in found}, key=str)
    return night.spark.createDataFrame(rows, _OPT_OUTS)


def _touches(night: Night, book: Sequence[Strategy]) -> DataFrame:
    """Every touch of every strategy, with what its channel asks for."""
    channels, callers = load_channels(), marketed(night)
    read = [(strategy, parse(strategy.who, FEATURES).personal) for strategy in book]
    with night.ledger.engine.connect() as connection:
        stops = read_stops(connection)
    rows = [
        (
            strategy.name,
            step,
            CHANNEL_BITS[touch.channel],
            channels[touch.channel].seconds,
            channels[touch.channel].by_human,
            channels[touch.channel].needs,
            "marketing" if touch.channel in callers else None,
            strategy.name in stops.strategies or touch.channel in stops.channels,
            personal,
            strategy.valid.start,
            strategy.valid.end,
        )
        for strategy, personal in read
        for step, touch in enumerate(strategy.funnel, start=1)
    ]
    return night.spark.createDataFrame(rows, _TOUCHES)
