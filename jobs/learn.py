"""Step six: takes in what came of the night's list, and reads every strategy's lift."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from evaluation.lift import aggregates, exposures, read_out
from evaluation.outcomes import read_inbox, take_in
from jobs.job import Frames, Night, job
from lake.table import Table
from lake.tables import ASSIGNMENTS, CONTACT_LISTS, OPENINGS, OUTCOMES, READOUTS
from ledger.audit import record
from sources.source import open_source

_CONTACT = ("contact", "customer", "strategy", "step", "channel")


@job(
    reads=(CONTACT_LISTS.until, OUTCOMES.before, ASSIGNMENTS.before, OPENINGS.until),
    writes=(OUTCOMES, READOUTS),
)
def learn(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Takes in the outcomes that came after the night, and reads the lift of all contacts so far.

    Answers to earlier nights' contacts that come only now are tonight's news: tables of earlier nights, and
    what was decided from them, stay as they are.
    """
    night.progress("taking in outcomes")
    delivered = read_inbox(night.settings.home / "inbox" / night.as_of.isoformat())
    contacts, before = _answered(night, frames, delivered)
    taken = take_in(delivered, contacts, before=before)
    record(
        night.ledger,
        actor="learn",
        action="outcomes taken in",
        subject=night.as_of.isoformat(),
        detail={
            "contacts": contacts.num_rows,
            "outcomes": taken.outcomes.num_rows,
            "refused": taken.refused,
        },
    )
    night.progress("reading lifts")
    sums = aggregates(exposures(frames[ASSIGNMENTS], frames[OPENINGS], as_of=night.as_of))
    readouts = read_out(
        sums,
        confidence=night.settings.experiments.confidence,
        caveat=open_source(night.settings).caveat,
    )
    return {
        OUTCOMES: night.store.frame(OUTCOMES, taken.outcomes),
        READOUTS: night.store.frame(
            READOUTS, pa.Table.from_pandas(readouts, schema=READOUTS.arrow_schema(), preserve_index=False)
        ),
    }


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
