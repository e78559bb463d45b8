"""Why each possible contact was or was not chosen, and what would have had to be different."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from outreach.arbitrate.factors import Contacts, factors_of
from outreach.arbitrate.problem import WHOLE, Factor, Flags
from outreach.arbitrate.rooms import Rooms
from outreach.coded import words
from outreach.policy.rule import policy_rules, reasons

WHY = (
    "customer",
    "strategy",
    "step",
    "channel",
    "segment",
    "hour",
    "value",
    "cost",
    "price",
    "short_by",
    "fate",
    "rule",
    "reason",
    "otherwise",
)
FORBIDDEN = "forbidden"
"""The fate of what a policy rule forbids; all others are those of PLAN."""

_GRAIN = ("customer", "strategy", "step")
_KIND = ("strategy", "step", "channel", "hour")
_NOTHING = "nothing"
# Half a fen: what is short by less shows as no money at all.
_NO_MONEY = 0.005


def why(
    candidates: DataFrame, plan: DataFrame, *, rooms: Rooms, highs: Mapping[str, float | None]
) -> DataFrame:
    """The columns of ``WHY``, one row a candidate, worked out in the engine.

    ``candidates`` and ``plan``: one night's CANDIDATES and PLAN; ``highs``: the upper ends of its LIMITS, by
    name, in their units. ``price``: CNY that everything the contact uses costs at the night's prices;
    ``short_by``: CNY it would have had to be worth more to be chosen, null where no worth would have helped;
    ``rule``: the policy rule that forbids it; ``otherwise``: what would have had to be different.
    """
    permitted = candidates.filter("dropped_by IS NULL")
    shut = _shut(permitted, rooms=rooms, highs=highs)
    decided = plan.select(
        *_GRAIN,
        F.col("hour").alias("planned_hour"),
        F.col("shadow_price").alias("price"),
        "short_by",
        "fate",
        F.col("reason").alias("decided_reason"),
    )
    return (
        candidates.withColumnRenamed("dropped_by", "rule")
        .join(decided, list(_GRAIN), "left")
        .join(F.broadcast(_rules(candidates.sparkSession)), "rule", "left")
        .join(F.broadcast(shut), list(_KIND), "left")
        .withColumn("short_by", F.when(F.col("is_shut").isNull(), F.col("short_by")))
        .withColumn("hour", F.coalesce("planned_hour", "hour"))
        .withColumn("fate", F.when(F.col("rule").isNotNull(), FORBIDDEN).otherwise(F.col("fate")))
        .withColumn("reason", F.coalesce("rule_reason", "decided_reason"))
        .withColumn("otherwise", F.coalesce("rule_otherwise", _missing()))
        .select(*WHY)
    )


def price_parts(
    rows: Sequence[Mapping[str, Any]], *, rooms: Rooms, prices: Mapping[str, float]
) -> list[dict[str, float]]:
    """Which limits make up the price of each of ``rows`` (columns of ``WHY``): CNY by name, none of zero.

    A contact that was not chosen is priced at the hour at which most would have been left of it, its own or
    one near. ``prices``: the night's, CNY a unit of each limit, by name.
    """
    found = _parts(rows, 0, rooms=rooms, prices=prices)
    for away in range(1, rooms.hours_away + 1):
        for moved in (-away, away):
            for place, parts in enumerate(_parts(rows, moved, rooms=rooms, prices=prices)):
                price = rows[place]["price"] or 0.0
                if abs(sum(parts.values()) - price) < abs(sum(found[place].values()) - price) - _NO_MONEY:
                    found[place] = parts
    return found


def _parts(
    rows: Sequence[Mapping[str, Any]], moved: int, *, rooms: Rooms, prices: Mapping[str, float]
) -> list[dict[str, float]]:
    """The parts of the price of each row, so many hours later."""
    table = pa.Table.from_pylist([dict(row) for row in rows])
    names = list(prices)
    found: list[dict[str, float]] = [{} for _ in rows]
    for factor in _factors(table, moved, rooms=rooms, names=names):
        for parts, code in zip(found, factor.codes, strict=True):
            used = factor.usage[[code]].tocoo()
            for place, amount in zip(used.col, used.data, strict=True):
                yuan = prices[names[place]] * int(amount) / WHOLE
                if yuan:
                    parts[names[place]] = yuan
    return found


def _factors(table: pa.Table, moved: int, *, rooms: Rooms, names: Sequence[str]) -> tuple[Factor, ...]:
    """What each row uses of the limits ``names``, so many hours later."""
    contacts = Contacts(
        strategy=words(table["strategy"]),
        channel=words(table["channel"]),
        segment=words(table["segment"]),
        step=table["step"].to_numpy().astype(np.int64),
        hour=np.maximum(table["hour"].to_numpy().astype(np.int64) + moved, 0),
        cost=np.rint(np.nan_to_num(table["cost"].to_numpy()) * WHOLE).astype(np.int64),
    )
    return factors_of(contacts, rooms=rooms, places={name: at for at, name in enumerate(names)})


def _shut(permitted: DataFrame, *, rooms: Rooms, highs: Mapping[str, float | None]) -> DataFrame:
    """The kinds of contact, ``_KIND``, of which limits let not even one through at any hour it may have."""
    cheapest = permitted.groupBy(*_KIND).agg(F.min("cost").alias("cost"))
    kinds = cheapest.withColumn("segment", F.lit("")).toArrow()
    fits = _fits(kinds, 0, rooms=rooms, highs=highs)
    for away in range(1, rooms.hours_away + 1):
        for moved in (-away, away):
            fits |= _fits(kinds, moved, rooms=rooms, highs=highs)
    rows = [tuple(kind.values()) for kind in kinds.filter(pa.array(~fits)).select(_KIND).to_pylist()]
    shut = permitted.sparkSession.createDataFrame(rows, "strategy string, step int, channel string, hour int")
    return shut.withColumn("is_shut", F.lit(True))


def _fits(kinds: pa.Table, moved: int, *, rooms: Rooms, highs: Mapping[str, float | None]) -> Flags:
    """Whether one contact of each kind would fit so many hours later, if it were the only one."""
    limited = {name: high for name, high in highs.items() if high is not None}
    most = np.rint(np.array(list(limited.values())) * WHOLE)
    hours = zip(kinds["channel"].to_pylist(), kinds["hour"].to_pylist(), strict=True)
    fits: Flags = np.array(
        [moved == 0 or hour + moved in rooms.channels[name].moves_to for name, hour in hours],
        dtype=np.bool_,
    )
    for factor in _factors(kinds, moved, rooms=rooms, names=list(limited)):
        usage = factor.usage.tocoo()
        over = np.zeros(usage.shape[0], dtype=np.bool_)
        over[usage.row[usage.data > most[usage.col]]] = True
        fits &= ~over[factor.codes]
    return fits


def _rules(spark: SparkSession) -> DataFrame:
    """What each policy rule says, and what it would have needed."""
    words = reasons()
    rows = [(rule.name, words[rule.name], rule.otherwise or _NOTHING) for rule in policy_rules()]
    return spark.createDataFrame(rows, "rule string, rule_reason string, rule_otherwise string")


def _missing() -> Column:
    """What a candidate that policy lets through would have needed."""
    fate, short_by, price = F.col("fate"), F.col("short_by"), F.col("price")
    more = F.when(short_by < _NO_MONEY, "worth a little more: it is level with what was chosen").otherwise(
        F.concat(F.lit("worth "), _money(short_by), F.lit(" yuan more"))
    )
    room = F.when(
        (price >= _NO_MONEY) & fate.isin("capacity", "strategy_limit"),
        F.concat(F.lit(", or room where it now costs "), _money(price), F.lit(" yuan")),
    ).otherwise(F.lit(""))
    return (
        F.when(fate == "contact", "nothing: it was chosen")
        .when(fate == "held_out", "another arm: it was chosen, and held back for measuring")
        .when(F.col("is_shut").isNotNull(), "room, of which there is none: no worth would have been enough")
        .when(short_by.isNotNull(), F.concat(more, room))
        .when(F.isnan("value"), "a value that is a number")
        .otherwise("another draw: what this customer is tried with first was drawn, to learn what works")
    )


def _money(yuan: Column) -> Column:
    return yuan.cast("decimal(18,2)").cast("string")
