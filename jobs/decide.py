"""The step that decides who is contacted tomorrow."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as spark

from evaluation.suppress import recorded, shown
from experiments.assign import assign, with_draw
from features.compiler import CUSTOMER_FEATURES
from jobs.decided import DECIDED
from jobs.job import Frames, Night, job
from jobs.known import READS, known, touches_made
from jobs.rooms import night_rooms
from jobs.staging import laid_down
from jobs.uplift import with_champions
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CANDIDATES,
    CERTIFICATES,
    CUSTOMER_SEGMENTS,
    ENTRIES,
    LIMITS,
    PERSONS,
    PLAN,
    POSITIONS,
    SUPPRESSIONS,
)
from ledger.audit import record
from outreach.arbitrate.plan import Decision, arbitrate
from outreach.channels.channel import load_channels
from outreach.explore import Exploration
from outreach.policy.facts import facts_of
from outreach.policy.gather import EXPOSED, gather
from outreach.policy.rule import dropped_by
from outreach.policy.suppressions import non_personalised
from outreach.release.states import is_fixed
from strategies.book import read_live
from strategies.candidates import match
from strategies.document import Strategy
from strategies.funnel import positions

LOWERED = "minimums lowered"
"""The audit's action where minimums cannot be met: what each asked for, and what is possible."""

# Chosen, or passed over because something ran out that runs out for every arm alike.
_ENTERED = (*EXPOSED, "capacity", "strategy_limit")
_JOB = "decide"
_GRAIN = ("customer", "strategy", "step")
_EMPTY = "no strategy of the book is live (longreach strategies import takes documents in)"

_PROMISES = spark.StructType(
    [
        spark.StructField("strategy", spark.StringType()),
        spark.StructField("kind", spark.StringType()),
        spark.StructField("window_days", spark.IntegerType()),
        spark.StructField("manager", spark.StringType()),
    ]
)
_CANDIDATES = CANDIDATES.spark_schema().add("number", spark.StringType()).add("person", spark.StringType())
_JOURNEYS = spark.StructType(
    [
        spark.StructField("customer", spark.StringType()),
        spark.StructField("strategy", spark.StringType()),
        spark.StructField("journey", spark.IntegerType()),
        spark.StructField("first_exposed", spark.DateType()),
        spark.StructField("last_step", spark.IntegerType()),
        spark.StructField("step", spark.IntegerType()),
    ]
)


@job(
    reads=READS,
    writes=(POSITIONS, CANDIDATES, ASSIGNMENTS, ENTRIES, PLAN, CERTIFICATES, LIMITS),
)
def decide(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Decides who is contacted tomorrow, by which channel and about what; and why everybody else is not.

    Once the night's lists are released the decision stands: what people asked for since, often because of the
    contact itself, must not change who counts as contacted.
    """
    if _is_released(night):
        night.progress(f"the lists of {night.as_of} are released: the decision stands")
        return {}
    book, experiments = _live_book(night), night.settings.experiments
    day = night.as_of + timedelta(days=1)
    touches = laid_down(
        night, touches_made(night, frames), job=_JOB, name="touches", schema=POSITIONS.spark_schema()
    )
    if not any(strategy.runs_on(day) for strategy in book):
        why = f"no strategy of the book runs on {day}" if book else _EMPTY
        night.progress(f"{why}: nobody is contacted")
        decided = (CANDIDATES, ASSIGNMENTS, ENTRIES, PLAN, CERTIFICATES, LIMITS)
        return {POSITIONS: touches, **{table: _nothing(night, table) for table in decided}}
    journeys = laid_down(
        night,
        positions(touches, strategies=book, as_of=night.as_of),
        job=_JOB,
        name="journeys",
        schema=_JOURNEYS,
    )
    candidates = laid_down(
        night,
        _candidates(night, frames, book, made=touches, journeys=journeys),
        job=_JOB,
        name="candidates",
        schema=_CANDIDATES,
    )
    allowed = allowed_candidates(candidates, frames[PLAN])
    night.progress(f"{allowed.num_rows:,} contacts are possible")
    decision = arbitrate(
        allowed,
        rooms=night_rooms(night, frames, book, made=touches),
        day=day,
        exploration=Exploration(share=experiments.exploration, salt=f"{experiments.salt} {day}"),
        last_prices=last_prices(frames[LIMITS]),
    )
    _tell(night, decision)
    plan = laid_down(night, decision.plan, job=_JOB, name="plan", schema=PLAN.spark_schema())
    return {
        POSITIONS: touches,
        CANDIDATES: candidates.select(*CANDIDATES.names),
        ASSIGNMENTS: _begun(night, frames, plan, book, into=ASSIGNMENTS, fates=EXPOSED),
        ENTRIES: _begun(night, frames, plan, book, into=ENTRIES, fates=_ENTERED),
        PLAN: plan,
        CERTIFICATES: night.spark.createDataFrame(
            decision.certificate, CERTIFICATES.spark_schema()
        ).withColumn("overlap", F.lit(_overlap(plan, frames[PLAN])).cast("double")),
        LIMITS: night.spark.createDataFrame(decision.limits, LIMITS.spark_schema()),
    }


def allowed_candidates(candidates: DataFrame, plans: DataFrame) -> pa.Table:
    """The candidates that policy lets through, as ``outreach.arbitrate`` takes them.

    ``candidates``: columns of CANDIDATES, ``number`` and ``person``; ``plans``: of PLAN, the nights before.
    """
    newest = plans.agg(F.max("as_of")).collect()[0][0]
    fates = plans.filter(F.col("as_of") == F.lit(newest)).select(*_GRAIN, F.col("fate").alias("last_fate"))
    allowed = candidates.filter("dropped_by is null").drop("dropped_by")
    return allowed.join(fates, [*_GRAIN], "left").toArrow()


def last_prices(limits: DataFrame) -> dict[str, float] | None:
    """The prices of the newest of the nights before, by name of the limit; ``limits``: of LIMITS."""
    newest = limits.agg(F.max("as_of")).collect()[0][0]
    if newest is None:
        return None
    rows = limits.filter(F.col("as_of") == F.lit(newest)).select("name", "price").collect()
    return {row["name"]: row["price"] for row in rows}


def _overlap(plan: DataFrame, before: DataFrame) -> float | None:
    """The share of the customers on the list of the newest night before who are on this one's."""
    newest = before.agg(F.max("as_of")).collect()[0][0]
    lists = [
        frame.filter("fate = 'contact'").select("customer").distinct()
        for frame in (plan, before.filter(F.col("as_of") == F.lit(newest)))
    ]
    many = lists[1].count()
    return lists[1].join(lists[0], "customer", "left_semi").count() / many if many else None


def _tell(night: Night, decision: Decision) -> None:
    """How good the choice is, and which minimums cannot be met: on the screen, and these in the trail."""
    (certificate,) = decision.certificate.to_pylist()
    night.progress(
        f"{certificate['contacts']:,} contacts chosen; of the most that any choice could be worth which "
        f"holds back as much without a look at arms, at most {certificate['gap']:.3%} is missing"
    )
    lowered = [row for row in decision.limits.to_pylist() if row["relaxed_from"] is not None]
    for row in lowered:
        night.progress(
            f"{row['name']} asks for at least {row['relaxed_from']:,.0f} {row['unit']}, "
            f"but {shown(row['low'])} are possible: the night goes on with that"
        )
    if lowered:
        detail = {
            row["name"]: {"asked": row["relaxed_from"], "possible": recorded(row["low"])} for row in lowered
        }
        record(night.ledger, actor="decide", action=LOWERED, subject=night.as_of.isoformat(), detail=detail)


def _live_book(night: Night) -> Sequence[Strategy]:
    """The live strategies, put on record by version: the lists will carry the words of these."""
    found = read_live(night.ledger)
    for name, why in found.unreadable.items():
        night.progress(f"{name} is left out tonight, because its live version no longer reads: {why}")
    record(
        night.ledger,
        actor="decide",
        action=DECIDED,
        subject=night.as_of.isoformat(),
        detail={"versions": found.versions, "unreadable": found.unreadable},
    )
    return found.strategies


def _candidates(
    night: Night, frames: Frames, book: Sequence[Strategy], *, made: DataFrame, journeys: DataFrame
) -> DataFrame:
    """Who could be contacted by what, and what forbids it: columns of ``_CANDIDATES``."""
    contact = night.settings.contact
    day, people = night.as_of + timedelta(days=1), known(night, frames, book, made=made, journeys=journeys)
    unread = non_personalised(frames[SUPPRESSIONS], persons=frames[PERSONS], day=day)
    matched = match(
        frames[CUSTOMER_FEATURES],
        segments=frames[CUSTOMER_SEGMENTS],
        non_personalised=unread,
        positions=journeys,
        strategies=book,
        as_of=night.as_of,
        costs={name: channel.cost for name, channel in load_channels().items()},
        window=contact,
    )
    # Without these rows there is nothing that a model could tell of them.
    readable = frames[CUSTOMER_FEATURES].join(unread, "customer", "left_anti")
    valued = with_champions(night, matched, features=readable, book=book)
    drawn = assign(valued, strategies=book, recorded=frames[ASSIGNMENTS], settings=night.settings.experiments)
    # An hour from which a contact could run past the permitted ones moves forward to the last that does not.
    last_hour = contact.hour_to - 1 - F.ceil(F.col("planned_seconds") / 3600)
    return (
        gather(drawn, people, day=day, contact=contact)
        .withColumn("hour", F.least("hour", last_hour).cast("int"))
        .withColumn("dropped_by", dropped_by(facts_of(day, contact=contact)))
        .select(*_CANDIDATES.names)
    )


def _is_released(night: Night) -> bool:
    with night.ledger.engine.connect() as connection:
        return is_fixed(connection, night.as_of)


def _begun(
    night: Night,
    frames: Frames,
    plan: DataFrame,
    book: Sequence[Strategy],
    *,
    into: Table,
    fates: Sequence[str],
) -> DataFrame:
    """Who comes into the table tonight: his first contact has one of ``fates`` and never had before.

    Whoever begins again stays in his arm and is read by his first journey: the later ones follow from it.
    """
    promises = [(each.name, each.goal.product, each.goal.window_days, each.manager) for each in book]
    begun = plan.filter(F.col("fate").isin(*fates) & (F.col("step") == 1)).join(
        frames[into], on=["customer", "strategy"], how="left_anti"
    )
    assets = frames[CUSTOMER_FEATURES].select("customer", F.col("aum_now").alias("aum_before"))
    day = F.lit(night.as_of + timedelta(days=1))
    return (
        with_draw(begun, strategies=book, settings=night.settings.experiments)
        .join(F.broadcast(night.spark.createDataFrame(promises, _PROMISES)), "strategy")
        .join(assets, "customer", "left")
        .withColumns({"first_exposed": day, "entered_on": day})
        .select(*into.names)
    )


def _nothing(night: Night, table: Table) -> DataFrame:
    return night.spark.createDataFrame([], table.spark_schema())
