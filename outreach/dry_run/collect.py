"""One row a long-tail customer with everything a dry run asks of him, gathered once by the engine."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from base.settings import Contact
from features.catalogue import FEATURES
from lake.tables.words import CHANNELS, PRODUCTS, TREATED
from outreach.channels.channel import Channel
from outreach.policy.facts import CHANNEL_BITS, facts_of
from outreach.policy.gather import EXPOSED, Known, gather
from outreach.policy.rule import place_of_first
from outreach.policy.suppressions import non_personalised
from strategies.candidates import NO_SEGMENT, planned_hour

OPENING_DAYS = 90
"""How far back openings are counted for the rate at which customers open a product unasked."""

_NOBODYS = "-"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The frames of a decided night: its features, segments and plan, and every opening until then."""

    features: DataFrame
    segments: DataFrame
    plan: DataFrame
    openings: DataFrame


def collect(
    seen: Seen,
    known: Known,
    *,
    as_of: date,
    contact: Contact,
    channels: Mapping[str, type[Channel]],
    callers: Collection[str],
    stopped: Collection[str],
) -> DataFrame:
    """The long-tail customers of ``as_of``, with every feature and ``segment``, and besides:

    ``unread``: whether he chose that nothing be read to choose him; then no feature is here, nor his segment;
    ``<channel>:<kind>``: the place among ``policy_rules()`` of the first rule that forbids a first touch by
    that channel about that product the day after ``as_of``, null when none does, each customer taken to be
    in no other strategy's journey, and the strategy to be one that may select him; ``journey``: the strategy
    whose journey he is in, '' for none;
    ``hour``: the hour at which he is best reached;
    ``opened_<product>``: whether he took the product up within ``OPENING_DAYS``; ``planned_strategy``,
    ``planned_channel``, ``planned_net``, ``planned_left`` (CNY, without and with the price of its room taken
    off), ``planned_margin`` (CNY that it leaves more than his next best by another channel, or than nothing)
    and ``planned_treated`` of the contact the night chose for him; ``short_by_<channel>`` and
    ``short_of_<channel>``: of those passed over on a channel that would use its room, by how much (CNY) the
    nearest missed being chosen, and its strategy.
    ``callers``: channels with a number for marketing; ``stopped``: channels switched off.
    """
    people = seen.segments.select("customer", "segment")
    verdicts = _verdicts(people, known, as_of, contact, channels, callers, stopped)
    return (
        _readable(seen, known, day=as_of + timedelta(days=1))
        .withColumn("hour", planned_hour(contact))
        .join(verdicts, "customer")
        .join(_opened(seen.openings, as_of), "customer", "left")
        .join(_planned(seen.plan), "customer", "left")
        .join(_passed_over(seen.plan), "customer", "left")
    )


def verdict_name(channel: str, kind: str) -> str:
    """The column with the verdict on first touches by ``channel`` about ``kind``."""
    return f"{channel}:{kind}"


def _readable(seen: Seen, known: Known, *, day: date) -> DataFrame:
    """customer, features, segment and ``unread``; of the unread no feature, and no segment."""
    unread = non_personalised(known.suppressions, persons=known.persons, day=day).withColumn(
        "chose", F.lit(True)
    )
    tail = seen.features.select("customer", *FEATURES).join(
        seen.segments.select("customer", "segment"), "customer"
    )
    may = F.col("chose").isNull()
    return tail.join(F.broadcast(unread), "customer", "left").select(
        "customer",
        *(F.when(may, F.col(name)).alias(name) for name in FEATURES),
        F.when(may, F.col("segment")).otherwise(NO_SEGMENT).alias("segment"),
        (~may).alias("unread"),
    )


def _verdicts(
    people: DataFrame,
    known: Known,
    as_of: date,
    contact: Contact,
    channels: Mapping[str, type[Channel]],
    callers: Collection[str],
    stopped: Collection[str],
) -> DataFrame:
    """The verdict of the policy itself on every channel and kind: what is asked of a contact is put in its
    facts as a constant, what is asked of the person is gathered as for any candidate."""
    day = as_of + timedelta(days=1)
    asked = people.select(
        "customer",
        F.lit(_NOBODYS).alias("strategy"),
        F.lit(1).alias("step"),
        F.lit("").alias("kind"),
        # Contacts are moved into the permitted hours; the first of them says whether there are any.
        F.lit(contact.hour_from).alias("hour"),
    )
    gathered = gather(asked, known, day=day, contact=contact)
    of_anybody = facts_of(day, contact=contact)

    def verdict(channel: str, kind: str) -> Column:
        facts = replace(
            of_anybody,
            strategy=F.col("journey"),
            kind=F.lit(kind),
            channel_bit=F.lit(CHANNEL_BITS[channel]),
            planned_seconds=F.lit(channels[channel].seconds),
            by_human=F.lit(channels[channel].by_human),
            needs=F.lit(channels[channel].needs),
            caller_purpose=F.lit("marketing") if channel in callers else F.lit(None).cast("string"),
            switched_off=F.lit(channel in stopped),
            # A rule that asks anything about a customer does not select who chose that nothing be read.
            personal=F.lit(False),
            valid_from=F.lit(day),
            valid_until=F.lit(day),
        )
        return place_of_first(facts).alias(verdict_name(channel, kind))

    return gathered.select(
        "customer", "journey", *(verdict(channel, kind) for channel in CHANNELS for kind in PRODUCTS)
    )


def _opened(openings: DataFrame, as_of: date) -> DataFrame:
    """One row a customer who took anything up within ``OPENING_DAYS``."""
    lately = openings.filter(F.to_date("occurred_at") > F.lit(as_of - timedelta(days=OPENING_DAYS)))
    return lately.groupBy("customer").agg(
        *(F.bool_or(F.col("product") == product).alias(f"opened_{product}") for product in PRODUCTS)
    )


def _planned(plan: DataFrame) -> DataFrame:
    """The contact chosen for each customer, made or held back; a night makes at most one."""
    net = F.col("value") - F.col("cost")
    left = net - F.col("shadow_price")
    chosen = plan.filter(F.col("fate").isin(*EXPOSED)).select(
        "customer",
        F.col("strategy").alias("planned_strategy"),
        F.col("channel").alias("planned_channel"),
        net.alias("planned_net"),
        left.alias("planned_left"),
        (F.col("fate") == EXPOSED[0]).alias("planned_treated"),
    )
    next_best = (
        plan.join(chosen.select("customer", "planned_channel"), "customer")
        .filter(F.col("channel") != F.col("planned_channel"))
        .groupBy("customer")
        .agg(F.min("short_by").alias("next_best"))
    )
    return (
        chosen.join(next_best, "customer", "left")
        .withColumn("planned_margin", F.least("planned_left", "next_best"))
        .drop("next_best")
    )


def _passed_over(plan: DataFrame) -> DataFrame:
    """By channel, the contact that each customer came nearest to."""
    refused = plan.filter(F.col("short_by").isNotNull() & F.col("arm").isin(*TREATED))
    nearest = refused.groupBy("customer").agg(
        *(
            F.min(F.when(F.col("channel") == channel, F.struct("short_by", "strategy"))).alias(channel)
            for channel in CHANNELS
        )
    )
    return nearest.select(
        "customer",
        *(F.col(channel)["short_by"].alias(f"short_by_{channel}") for channel in CHANNELS),
        *(F.col(channel)["strategy"].alias(f"short_of_{channel}") for channel in CHANNELS),
    )
