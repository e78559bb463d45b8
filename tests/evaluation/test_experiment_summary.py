"""What the report counts of experiments, against counting by hand."""

from datetime import date, datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from evaluation.experiment_summary import EVERYTHING, ExperimentSummary, summarise_experiments
from lake.table import Table
from lake.tables import (
    ASSIGNMENTS,
    CONTACT_LISTS,
    EXPERIMENT_FINDINGS,
    OUTCOMES,
    READOUTS,
    RETURNS_TABLE,
    VERDICTS_TABLE,
    WEEKLY,
)

FIRST, SECOND = date(2026, 7, 1), date(2026, 7, 2)


def _frame(engine: SparkSession, table: Table, rows: list[dict[str, Any]]) -> DataFrame:
    """Rows of the table with what they leave out as null; every row names its ``as_of``."""
    schema = table.arrow_schema().append(pa.field("as_of", pa.date32()))
    whole = [{name: row.get(name) for name in schema.names} for row in rows]
    loose = pa.schema([field.with_nullable(True) for field in schema])
    if not whole:
        return engine.createDataFrame([], table.spark_schema()).withColumn("as_of", F.lit(FIRST))
    return engine.createDataFrame(pa.Table.from_pylist(whole, schema=loose))


def _contact(number: int, *, step: int = 1, as_of: date = FIRST) -> dict[str, Any]:
    return {"contact": f"c{number}", "strategy": "s1", "step": step, "as_of": as_of}


def _answer(number: int, result: str, *, as_of: date = FIRST) -> dict[str, Any]:
    moment = datetime(2026, 7, 2, 12)  # noqa: DTZ001 - the bank's wall clock
    return {"contact": f"c{number}", "result": result, "happened_at": moment, "as_of": as_of}


def _readout(name: str, as_of: date, **changes: Any) -> dict[str, Any]:
    row = {"level": "strategy", "name": name, "metric": "converted", "view": "exposed", "arm": "any"}
    return {**row, "customers": 100, "control_customers": 50, "words": "", "as_of": as_of, **changes}


@pytest.fixture(scope="module")
def found(engine: SparkSession) -> ExperimentSummary:
    lists = [_contact(number) for number in range(40)]
    lists += [_contact(100 + number, step=2, as_of=SECOND) for number in range(20)]
    answers = [_answer(number, "delivered") for number in range(30)]
    answers += [_answer(number, "interested") for number in range(15)]
    answers += [_answer(number, "refused", as_of=SECOND) for number in range(25)]  # of c0 to c14 again
    answers += [_answer(100 + number, "converted", as_of=SECOND) for number in range(11)]
    assignments = [
        {"customer": f"{arm}{number}", "strategy": "s1", "arm": arm, "treatment_share": share, "as_of": FIRST}
        for arm, share, count in (("treatment", 0.8, 6), ("control", 0.5, 2), ("global_holdout", 0.1, 9))
        for number in range(count)
    ]
    readouts = [
        _readout("s1", FIRST, view=None, arm=None),
        _readout("s1", SECOND),
        _readout("s1", SECOND, view="entered"),
        _readout("s1", SECOND, arm="treatment_b"),
        _readout("s1", SECOND, metric="amount"),
        _readout("all", FIRST, level="all", view=None, arm=None),
        _readout("all", SECOND, level="all"),
    ]
    rows: dict[Table, list[dict[str, Any]]] = {
        CONTACT_LISTS: lists,
        OUTCOMES: answers,
        ASSIGNMENTS: assignments,
        READOUTS: readouts,
        **{table: [] for table in (VERDICTS_TABLE, EXPERIMENT_FINDINGS, RETURNS_TABLE, WEEKLY)},
    }
    frames = {table: _frame(engine, table, own) for table, own in rows.items()}
    return summarise_experiments(frames, as_of=SECOND)


def test_touches_count_every_contact_once_by_the_farthest_it_came(found: ExperimentSummary) -> None:
    counts = found.touches.set_index(["strategy", "step", "stage"])["contacts"]
    first = [counts["s1", 1, stage] for stage in ("sent", "reached", "interested", "converted")]
    assert first == [40, 25, 15, 0]
    second = [counts["s1", 2, stage] for stage in ("sent", "reached", "interested", "converted")]
    assert second == [20, 11, 11, 11]
    assert counts[EVERYTHING, 1, "sent"] == 40


def test_history_is_the_primary_reading_of_every_night_also_of_old_ones(found: ExperimentSummary) -> None:
    nights = found.history[["name", "as_of"]]
    wanted = [(EVERYTHING, FIRST), (EVERYTHING, SECOND), ("s1", FIRST), ("s1", SECOND)]
    assert [(name, pd.Timestamp(day).date()) for name, day in nights.to_numpy()] == wanted
    assert len(found.readouts) == 5  # of the night, whole


def test_the_share_drawn_is_that_of_those_compared(found: ExperimentSummary) -> None:
    assert found.drawn["drawn"].item() == pytest.approx((6 * 0.8 + 2 * 0.5) / 8)
