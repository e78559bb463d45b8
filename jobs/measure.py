"""What exposed customers did so far, and what is read from it: the measuring part of learning."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from evaluation.aggregates import Metrics, cells, entry_cells, holdout_cells
from evaluation.compare import Terms
from evaluation.exposures import Events, closed, exposures, happenings, open_windows, windows
from evaluation.readouts import Readings, readouts
from jobs.job import Frames, Night
from jobs.staging import laid_down
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    BALANCES,
    COMPLAINTS,
    CONTACT_LISTS,
    ENTRIES,
    MEASURED,
    MEASURED_ENTRIES,
    OPENINGS,
    OUTCOMES,
    SUPPRESSIONS,
)
from sources.source import open_source

READS = (
    CONTACT_LISTS.until,
    OUTCOMES.before,
    ASSIGNMENTS.before,
    ENTRIES.before,
    MEASURED.before,
    MEASURED_ENTRIES.before,
    OPENINGS.until,
    BALANCES.until,
    COMPLAINTS.until,
    SUPPRESSIONS.at,
)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """``closed``: what tonight writes to MEASURED and MEASURED_ENTRIES. ``exposures``: MEASURED's columns,
    of everybody so far, also where the window is still open."""

    closed: Mapping[Table, DataFrame]
    exposures: DataFrame
    readings: Readings


def measure(night: Night, frames: Frames, *, outcomes: pa.Table, metrics: Metrics | None = None) -> Measured:
    """Measures all windows that are open or close tonight, and reads everything measured so far.

    ``frames`` hold READS, ``outcomes`` what came in tonight (columns of OUTCOMES), ``metrics`` those that are
    read: all unless given. What a skipped night would have written is written by the next one.
    """
    tonight = night.store.frame(OUTCOMES, outcomes).withColumn("as_of", F.lit(night.as_of))
    events = Events(
        openings=frames[OPENINGS],
        balances=frames[BALANCES],
        complaints=frames[COMPLAINTS],
        suppressions=frames[SUPPRESSIONS],
        lists=frames[CONTACT_LISTS],
        outcomes=frames[OUTCOMES].unionByName(tonight),
    )
    before = {table: frames[table] for table in (MEASURED, MEASURED_ENTRIES)}
    watched = {
        table: _watched(night, assigned, before[table], table=table)
        for table, assigned in ((MEASURED, frames[ASSIGNMENTS]), (MEASURED_ENTRIES, frames[ENTRIES]))
    }
    days = windows(watched)
    days = laid_down(night, days, job="learn", name="windows", schema=days.schema)
    happened = happenings(days, events, as_of=night.as_of)
    happened = laid_down(night, happened, job="learn", name="happenings", schema=happened.schema)
    exposed, entered = (
        laid_down(
            night,
            exposures(watched[table], happened, table=table, before=before[table]),
            job="learn",
            name=table.name,
            schema=table.spark_schema(),
        )
        for table in watched
    )
    everybody = _side_by_side(night, frames[MEASURED].select(*MEASURED.names).unionByName(exposed))
    entries = frames[MEASURED_ENTRIES].select(*MEASURED_ENTRIES.names).unionByName(entered)
    return Measured(
        closed={
            table: _closed(night, watched, table).sort("strategy", "segment", "customer")
            for table, watched in ((MEASURED, exposed), (MEASURED_ENTRIES, entered))
        },
        exposures=everybody,
        readings=readouts(
            cells(everybody, metrics=metrics),
            entered=entry_cells(entries, metrics=metrics),
            holdouts=holdout_cells(everybody, metrics=metrics),
            terms=Terms(
                confidence=night.settings.experiments.confidence, caveat=open_source(night.settings).caveat
            ),
            metrics=metrics,
        ),
    )


def _side_by_side(night: Night, rows: DataFrame) -> DataFrame:
    """The rows in one partition a processor: two tables together have twice as many, and each of them makes
    nearly every cell. How many processors another engine has is for it to know."""
    return rows if night.settings.spark_remote else rows.coalesce(os.cpu_count() or 1)


def _closed(night: Night, watched: DataFrame, table: Table) -> DataFrame:
    """What tonight writes: nothing if it runs late, since the newer night has written it in its place."""
    written = night.store.dates(table)
    found = closed(watched, table=table, as_of=night.as_of)
    runs_late = night.as_of not in written and any(day > night.as_of for day in written)
    return found.filter(F.lit(False)) if runs_late else found


def _watched(night: Night, assigned: DataFrame, before: DataFrame, *, table: Table) -> DataFrame:
    newest = before.agg(F.max("as_of")).collect()[0][0]
    return open_windows(assigned, table=table, as_of=night.as_of, measured_until=newest)
