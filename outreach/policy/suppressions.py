"""What stands against contact in the bank's register of suppressions, for every account of a person."""

from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake.tables.words import SUPPRESSION_KINDS
from outreach.policy.facts import ALL_CHANNELS, CHANNEL_BITS


def suppressed(suppressions: DataFrame, *, persons: DataFrame, day: date) -> DataFrame:
    """Customer, kind and channels (``bits``) of every suppression in force on ``day``, for every account of
    the person it was entered for.

    What is not clearly over, or not clearly narrow, binds.
    """
    since, until = F.col("since"), F.col("until")
    in_force = (since.isNull() | (since <= F.lit(day))) & (until.isNull() | (until >= F.lit(day)))
    entered = suppressions.filter(in_force).select(
        "customer", _kind_or_opt_out().alias("kind"), channels_or_all().alias("bits")
    )
    return for_all_accounts(entered, persons)


def non_personalised(suppressions: DataFrame, *, persons: DataFrame, day: date) -> DataFrame:
    """The customers, one row each, of whom nothing may be read to choose whom to contact on ``day``."""
    return (
        suppressed(suppressions, persons=persons, day=day)
        .filter("kind = 'no_personalisation'")
        .select("customer")
        .distinct()
    )


def suppressed_on(suppressions: DataFrame, *, persons: DataFrame, numbers: DataFrame, day: date) -> DataFrame:
    """Customer and channels (``bits``) on which the rules forbid contact because of suppressions alone.

    Not counted is no_personalisation, which leaves a way: strategies that read no features.
    """
    kind, holders = F.col("kind"), numbers.filter("number is not null").select("customer", "number")
    found = suppressed(suppressions, persons=persons, day=day).filter(kind != "no_personalisation")
    narrow = kind.isin("opt_out", "do_not_disturb")
    own = found.select("customer", F.when(narrow, F.col("bits")).otherwise(ALL_CHANNELS).alias("bits"))
    bits = F.bit_or("bits").alias("bits")
    # One row a number: one that stands for none may have thousands of holders, each with a wish.
    at_number = found.filter(narrow).join(holders, "customer").groupBy("number").agg(bits)
    others = at_number.join(holders, "number").select("customer", "bits")
    return own.unionByName(others).groupBy("customer").agg(bits)


def for_all_accounts(rows: DataFrame, persons: DataFrame) -> DataFrame:
    """The rows, and each once more for every other account of the person it is about."""
    accounts = persons.select("customer", "person")
    others = (
        rows.join(accounts, "customer")
        .withColumnRenamed("customer", "account")
        .join(accounts, "person")
        .filter("customer <> account")
    )
    return rows.unionByName(others.drop("person", "account"))


def channels() -> Column:
    """The set of channels that a row's ``channel`` names; null when it names none that is known."""
    words = list(CHANNEL_BITS.items())
    start = F.when(F.col("channel") == words[0][0], words[0][1])
    return reduce(lambda chain, word: chain.when(F.col("channel") == word[0], word[1]), words[1:], start)


def channels_or_all() -> Column:
    """The same; all channels where none is named that is known, since what is not clearly narrow binds."""
    return F.coalesce(channels(), F.lit(ALL_CHANNELS))


def _kind_or_opt_out() -> Column:
    """A suppression whose kind is not told, or not known here, is as good as a wish to be left alone."""
    return F.when(F.col("kind").isin(*SUPPRESSION_KINDS), F.col("kind")).otherwise("opt_out")
