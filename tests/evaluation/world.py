"""Made-up exposures and what their customers did, row by row, for tests of what is measured."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from evaluation.aggregates import Metrics, cells, entry_cells, holdout_cells
from evaluation.compare import Terms
from evaluation.exposures import Events, exposures, happenings, open_windows, windows
from evaluation.readouts import Readings, readouts
from lake.store import Store
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
from lake.tables.words import ASSET_CLASSES

Row = dict[str, Any]
DAY = date(2026, 7, 2)
AS_OF = date(2026, 7, 10)


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12)  # noqa: DTZ001 - the bank's wall clock


def assignment(customer: str, arm: str = "treatment", **given: Any) -> Row:
    """One exposed on DAY to a strategy for funds with a window of three days, half of all held out."""
    row = {
        "customer": customer,
        "strategy": "s1",
        "arm": arm,
        "first_exposed": DAY,
        "segment": "S01",
        "kind": "fund",
        "window_days": 3,
        "treatment_share": 0.5,
        "arm_share": 0.5,
        "channel": "sms",
        "manager": "desk 1",
        "aum_before": 10_000.0,
        "covered_by": "global",
        "held_by": "",
    }
    return row | given


def opening(number: int, customer: str, day: date = DAY, **given: Any) -> Row:
    row = {
        "opening": number,
        "customer": customer,
        "occurred_at": noon(day),
        "product": "fund",
        "amount_fen": 10_000,
        "known_at": noon(day),
    }
    return row | given


def balance(customer: str, yuan: float, day: date = DAY, **given: Any) -> Row:
    assets = dict.fromkeys((f"{asset}_fen" for asset in ASSET_CLASSES), 0)
    row = {"customer": customer, "balance_date": day, **assets, "demand_fen": round(100 * yuan)}
    return row | {"known_at": noon(day)} | given


def complaint(number: int, customer: str, day: date = DAY) -> Row:
    return {
        "complaint": number,
        "customer": customer,
        "opened_at": noon(day),
        "topic": "contact",
        "known_at": noon(day),
    }


def opt_out(customer: str, day: date = DAY) -> Row:
    return {
        "customer": customer,
        "kind": "opt_out",
        "channel": "all",
        "since": day,
        "until": None,
        "known_at": noon(day),
    }


def listed(customer: str, day: date = DAY, strategy: str = "s1") -> Row:
    """A row of a contact list worked on that day."""
    return {
        "contact": f"{customer} {strategy} {day}",
        "customer": customer,
        "recipient": "sms_gateway",
        "strategy": strategy,
        "step": 1,
        "channel": "sms",
        "hour": 12,
        "payload": "{}",
        "expires_on": day,
        "as_of": day - timedelta(days=1),
    }


def outcome(customer: str, result: str = "delivered", day: date = DAY, strategy: str = "s1") -> Row:
    return {
        "contact": f"{customer} {strategy} {day}",
        "customer": customer,
        "strategy": strategy,
        "step": 1,
        "channel": "sms",
        "result": result,
        "happened_at": noon(day),
        "seconds": 0,
        "contact_day": day,
        "as_of": day - timedelta(days=1),
    }


def frame(engine: SparkSession, table: Table, rows: list[Row], *, as_of: date = AS_OF) -> DataFrame:
    """The rows as the store reads them: the table's columns and ``as_of``."""
    made = Store(Path("unused"), engine).frame(table, pa.Table.from_pylist(rows, table.arrow_schema()))
    if not rows or "as_of" not in rows[0]:
        return made.withColumn("as_of", F.lit(as_of))
    dates = pa.array([row["as_of"] for row in rows], pa.date32())
    table_of = pa.Table.from_pylist(rows, table.arrow_schema()).append_column("as_of", dates)
    return engine.createDataFrame(table_of)


@dataclass
class World:
    """What was recorded until AS_OF, as rows of the tables."""

    assignments: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    openings: list[Row] = field(default_factory=list)
    balances: list[Row] = field(default_factory=list)
    complaints: list[Row] = field(default_factory=list)
    suppressions: list[Row] = field(default_factory=list)
    lists: list[Row] = field(default_factory=list)
    outcomes: list[Row] = field(default_factory=list)

    def events(self, engine: SparkSession) -> Events:
        return Events(
            openings=frame(engine, OPENINGS, self.openings),
            balances=frame(engine, BALANCES, self.balances),
            complaints=frame(engine, COMPLAINTS, self.complaints),
            suppressions=frame(engine, SUPPRESSIONS, self.suppressions),
            lists=frame(engine, CONTACT_LISTS, self.lists),
            outcomes=frame(engine, OUTCOMES, self.outcomes),
        )

    def measured(self, engine: SparkSession, *, as_of: date = AS_OF) -> DataFrame:
        return self._measured(engine, ASSIGNMENTS, MEASURED, self.assignments, as_of)

    def _measured(
        self, engine: SparkSession, source: Table, table: Table, rows: list[Row], as_of: date
    ) -> DataFrame:
        watched = open_windows(frame(engine, source, rows), table=table, as_of=as_of, measured_until=None)
        days = windows({table: watched})
        days = engine.createDataFrame(days.toArrow(), days.schema)
        happened = happenings(days, self.events(engine), as_of=as_of)
        return exposures(watched, happened, table=table, before=frame(engine, table, []))

    def read(self, engine: SparkSession, *, metrics: Metrics | None = None, caveat: str = "") -> Readings:
        measured = self.measured(engine)
        entered = self._measured(engine, ENTRIES, MEASURED_ENTRIES, self.entries, AS_OF)
        return readouts(
            cells(measured, metrics=metrics),
            entered=entry_cells(entered, metrics=metrics),
            holdouts=holdout_cells(measured, metrics=metrics),
            terms=Terms(confidence=0.95, caveat=caveat),
            metrics=metrics,
        )
