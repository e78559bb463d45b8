"""Step six: takes in what came of the night's list, and reads every strategy's lift."""

from collections.abc import Mapping
from datetime import timedelta

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from evaluation.exposures import closed
from evaluation.novelty import weekly, weekly_cells
from evaluation.outcomes import read_inbox, take_in
from evaluation.suppress import recorded_by_reason
from features.compiler import CUSTOMER_FEATURES
from jobs.accounts import numbers_of
from jobs.job import Frames, Night, job
from jobs.measure import READS, measure
from jobs.rests import rest_callers
from jobs.returns import reckon
from jobs.staging import laid_down_rows
from jobs.uplift import refit
from jobs.verdicts import judge
from jobs.watch import watch_outcomes
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CONTACT_LISTS,
    EXPERIMENT_FINDINGS,
    MEASURED,
    MEASURED_ENTRIES,
    OUTCOMES,
    PERSONS,
    READOUTS,
    RETURNS_TABLE,
    SEGMENT_READOUTS,
    SUPPRESSIONS,
    VERDICTS_TABLE,
    WEEKLY,
)
from lake.tables.words import OPTED_OUT
from ledger.audit import record
from outreach.inbox import refuse_what_came_otherwise, take_arrivals
from outreach.opt_outs import heed_outcomes
from outreach.policy.suppressions import non_personalised

_CONTACT = ("contact", "customer", "strategy", "step", "channel")


@job(
    reads=(*READS, CUSTOMER_FEATURES.until, PERSONS.at),
    writes=(
        OUTCOMES,
        MEASURED,
        MEASURED_ENTRIES,
        READOUTS,
        SEGMENT_READOUTS,
        EXPERIMENT_FINDINGS,
        WEEKLY,
        RETURNS_TABLE,
        VERDICTS_TABLE,
    ),
)
def learn(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Takes in the outcomes that came after the night, and reads the lift of all contacts so far.

    Answers to earlier nights' contacts that come only now are tonight's news: tables of earlier nights, and
    what was decided from them, stay as they are.
    """
    night.progress("taking in outcomes")
    delivered = _delivered(night)
    contacts, before = _answered(night, frames, delivered)
    delivered = _heeded(night, delivered, contacts)
    taken = take_in(delivered, contacts, before=before)
    record(
        night.ledger,
        actor="learn",
        action="outcomes taken in",
        subject=night.as_of.isoformat(),
        detail={
            "contacts": contacts.num_rows,
            "outcomes": taken.outcomes.num_rows,
            "refused": recorded_by_reason(taken.refused),
        },
    )
    watch_outcomes(night, taken.outcomes)
    rest_callers(night, frames, taken.outcomes)
    night.progress("reading lifts")
    measured = measure(night, frames, outcomes=taken.outcomes)
    read = measured.readings
    by_week = weekly_cells(closed(measured.exposures, table=MEASURED, as_of=night.as_of))
    made = {
        READOUTS: read.readouts,
        SEGMENT_READOUTS: read.segments,
        EXPERIMENT_FINDINGS: read.findings,
        WEEKLY: weekly(by_week, confidence=night.settings.experiments.confidence),
        RETURNS_TABLE: reckon(
            night,
            readouts=read.readouts,
            segment_readouts=read.segments,
            findings=read.findings,
            lists=frames[CONTACT_LISTS],
            assignments=frames[ASSIGNMENTS],
        ),
        VERDICTS_TABLE: judge(
            night,
            readouts=read.readouts,
            findings=read.findings,
            closed_cells=by_week,
            exposed=frames[ASSIGNMENTS],
        ),
    }
    unread = non_personalised(
        frames[SUPPRESSIONS], persons=frames[PERSONS], day=night.as_of + timedelta(days=1)
    )
    readable = frames[CUSTOMER_FEATURES].join(unread, "customer", "left_anti")
    refit(night, measured=frames[MEASURED], features=readable)
    return {
        OUTCOMES: night.store.frame(OUTCOMES, taken.outcomes),
        **measured.closed,
        **{table: laid_down_rows(night, rows, job="learn", table=table) for table, rows in made.items()},
    }


def _delivered(night: Night) -> pa.Table:
    """What recipients have handed in, for this night or late for earlier ones: columns of ANSWERS."""
    arrived = take_arrivals(night.ledger, settings=night.settings, as_of=night.as_of)
    for line in arrived.refused:
        night.progress(f"refused: {line}")
    folder = night.settings.home / "inbox" / night.as_of.isoformat()
    with night.ledger.engine.connect() as connection:
        refuse_what_came_otherwise(connection, folder)
    return read_inbox(folder)


def _heeded(night: Night, delivered: pa.Table, contacts: pa.Table) -> pa.Table:
    """What was delivered, once everybody who wants no contact at all is entered as opted out: as refusals."""
    wants_none = pc.equal(delivered["result"], OPTED_OUT)
    said_so = contacts.select(["contact", "customer"]).filter(
        pc.is_in(contacts["contact"], value_set=delivered.filter(wants_none)["contact"].combine_chunks())
    )
    # The door has entered them, but of lists that nobody may use any more and that it has forgotten.
    customers = said_so["customer"].unique().to_pylist()
    numbers = numbers_of(customers, as_of=night.as_of, settings=night.settings)
    with night.ledger.engine.begin() as connection:
        heed_outcomes(connection, said_so.join(numbers, keys="customer"))
    place = delivered.schema.get_field_index("result")
    return delivered.set_column(place, "result", pc.if_else(wants_none, "refused", delivered["result"]))


def _answered(night: Night, frames: Frames, delivered: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Tonight's contacts and the earlier ones that ``delivered`` answers too; and what these said before."""
    contacts = frames[CONTACT_LISTS].select(*_CONTACT, F.date_add("as_of", 1).alias("contact_day"), "as_of")
    tonight = contacts.where(F.col("as_of") == F.lit(night.as_of)).drop("as_of").toArrow()
    others = pc.invert(pc.is_in(delivered["contact"], value_set=tonight["contact"].combine_chunks()))
    tokens = night.spark.createDataFrame(
        [(token,) for token in delivered.filter(others)["contact"].unique().to_pylist()], "contact string"
    )
    earlier = contacts.where(F.col("as_of") < F.lit(night.as_of)).drop("as_of")
    late = earlier.join(tokens, on="contact", how="left_semi").toArrow()
    before = frames[OUTCOMES].join(tokens, on="contact", how="left_semi").select("contact", "result")
    return pa.concat_tables([tonight, late]), before.toArrow()
