"""What features are made from: tables of the lake, shaped so that one row is one fact about a customer.

A shape is given only rows that the bank knew at the business date, each with ``age_days``: how many days
before the business date it happened (0 on the day itself).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from lake.table import Read, Table
from lake.tables import (
    APP_EVENTS,
    BALANCES,
    COMPLAINTS,
    CONSENTS,
    CONTACTS,
    CUSTOMERS,
    INBOUND_CALLS,
    NUMBERS,
    OPENINGS,
    OUTCOMES,
    SUPPRESSIONS,
    TRANSACTIONS,
)
from lake.tables.words import ASSET_CLASSES, CHANNELS


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A table as features see it: which partitions, and the column that says when a row happened.

    The time at which the bank learned of a row is the table's ``known``; without it, the partition says so.
    """

    read: Read
    happened: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """Rows about customers. ``shape`` makes one frame of the visible rows of each table.

    ``in_force`` names the columns of the first and the last day (null: open) on which a row holds; rows not
    in force at the business date are left out.

    ``channels``: on which channels the facts may decide whom to contact. Consent to marketing covers what the
    bank sees in the course of business, on every channel that the customer has agreed to. What he told the
    bank of his own accord to have something settled, in a call or a complaint, was given for that purpose:
    only a person, who can be asked about it, may come back to it.
    """

    name: str
    seen: tuple[Seen, ...]
    shape: Callable[..., DataFrame]
    in_force: tuple[str, str] | None = None
    channels: tuple[str, ...] = CHANNELS


def _events(table: Table) -> Seen:
    return Seen(read=table.until, happened=table.happened)


def _as_is(rows: DataFrame) -> DataFrame:
    return rows


def _spans(records: DataFrame) -> DataFrame:
    """Balance records as spans of days, without those that a later-known record of the same day replaced.

    Adds ``total_fen``, ``until_age_days`` (age of the record that replaced this one, -1 while in force) and
    ``moved_fen`` (absolute change of the total against the record before, null for the first).
    """
    total = reduce(Column.__add__, (F.col(f"{asset}_fen") for asset in ASSET_CLASSES))
    in_order = Window.partitionBy("customer").orderBy(F.desc("age_days"), "known_at")
    replaced = F.coalesce(F.lead("age_days").over(in_order), F.lit(-1))
    spans = records.withColumns({"total_fen": total, "until_age_days": replaced}).filter(
        "age_days > until_age_days"
    )
    return spans.withColumn("moved_fen", F.abs(F.col("total_fen") - F.lag("total_fen").over(in_order)))


def _touches(contacts: DataFrame, outcomes: DataFrame) -> DataFrame:
    """Contacts of other systems and Longreach's own that reached the customer, one row each.

    Where answers to one of our own contacts came on several nights, the gravest counts.
    """
    columns = ("customer", "channel", "result", "age_days")
    theirs = contacts.select(*columns, F.col("contacted_at").alias("happened_at"))
    # Only what is graver than what was known is taken in on a later night, so the latest is the gravest.
    late = outcomes.filter(F.col("contact_day") <= F.col("as_of"))
    latest = late.groupBy("contact").agg(F.max("as_of").alias("latest"))
    ours = (
        outcomes.join(F.broadcast(latest), on="contact", how="left")
        .filter(F.col("latest").isNull() | (F.col("as_of") == F.col("latest")))
        .select(*columns, "happened_at")
    )
    return theirs.unionByName(ours).filter("result <> 'not_delivered'")


PERSON = Source(name="customers", seen=(Seen(read=CUSTOMERS.at),), shape=_as_is)
HOLDINGS = Source(name="balances", seen=(_events(BALANCES),), shape=_spans)
MOVEMENTS = Source(name="transactions", seen=(_events(TRANSACTIONS),), shape=_as_is)
TAKEN_UP = Source(name="openings", seen=(_events(OPENINGS),), shape=_as_is)
APP_USE = Source(name="app_events", seen=(_events(APP_EVENTS),), shape=_as_is)
TOUCHES = Source(
    name="touches",
    # Tonight's own outcomes come back tomorrow: their partitions are known up to last night's.
    seen=(_events(CONTACTS), Seen(read=OUTCOMES.before, happened="happened_at")),
    shape=_touches,
)
OBJECTIONS = Source(name="complaints", seen=(_events(COMPLAINTS),), shape=_as_is, channels=("human_call",))
CALLS_IN = Source(
    name="inbound_calls", seen=(_events(INBOUND_CALLS),), shape=_as_is, channels=("human_call",)
)
NUMBER = Source(name="numbers", seen=(Seen(read=NUMBERS.at),), shape=_as_is)
CONSENT = Source(
    name="consents", seen=(Seen(read=CONSENTS.at),), shape=_as_is, in_force=("valid_from", "valid_until")
)
SUPPRESSION = Source(
    name="suppressions", seen=(Seen(read=SUPPRESSIONS.at),), shape=_as_is, in_force=("since", "until")
)
