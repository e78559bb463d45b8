"""Step six: takes in what came of the night's list, and reads every strategy's lift."""

from collections.abc import Mapping
from datetime import timedelta

import pyarrow as pa
from pyspark.sql import DataFrame

from evaluation.lift import aggregates, exposures, read_out
from evaluation.outcomes import read_inbox, take_in
from jobs.job import Frames, Night, job
from lake.table import Table
from lake.tables import ASSIGNMENTS, CONTACT_LISTS, OPENINGS, OUTCOMES, READOUTS
from ledger.audit import record
from sources.source import open_source


@job(reads=(CONTACT_LISTS.at, ASSIGNMENTS.before, OPENINGS.until), writes=(OUTCOMES, READOUTS))
def learn(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Takes in the outcomes of the night's list and reads the lift of all contacts so far."""
    night.progress("taking in outcomes")
    inbox = night.settings.home / "inbox" / night.as_of.isoformat()
    lists = frames[CONTACT_LISTS].drop("as_of").toArrow()
    taken = take_in(read_inbox(inbox), lists, contact_day=night.as_of + timedelta(days=1))
    record(
        night.ledger,
        actor="learn",
        action="outcomes taken in",
        subject=night.as_of.isoformat(),
        detail={"contacts": lists.num_rows, "outcomes": taken.outcomes.num_rows, "refused": taken.refused},
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
