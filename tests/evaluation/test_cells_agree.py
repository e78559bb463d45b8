"""The sums of experiments are the same on the embedded engine, on JVM Spark and in pandas. About 25 s."""

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import SparkSession

from evaluation.aggregates import CELL, cells, holdout_cells
from evaluation.metrics.metric import columns, load_metrics
from lake.tables import MEASURED
from tests.evaluation.test_readouts import arms
from tests.evaluation.world import DAY, World, balance, complaint, opening, opt_out, outcome

ROWS = 3_000


def _measured() -> pa.Table:
    """Rows with missing values, negative changes and amounts whose squares do not fit 64 bits."""
    rng = np.random.default_rng(5)
    made: dict[str, object] = {
        "customer": [f"A{number:05d}" for number in range(ROWS)],
        "strategy": [f"s{number}" for number in rng.integers(0, 6, ROWS)],
        "arm": rng.choice(["treatment", "treatment_b", "control", "global_holdout"], ROWS),
        "first_exposed": [DAY] * ROWS,
        "segment": rng.choice(["S01", "S02", "S03"], ROWS),
        "kind": ["fund"] * ROWS,
        "window_days": np.full(ROWS, 3, dtype=np.int32),
        "treatment_share": rng.choice([0.5, 0.8], ROWS),
        "arm_share": pa.array(rng.choice([0.2, 0.4], ROWS), mask=rng.random(ROWS) < 0.1),
        "channel": pa.array(rng.choice(["sms", "push"], ROWS), mask=rng.random(ROWS) < 0.1),
        "manager": rng.choice(["desk 1", "desk 2"], ROWS),
        "aum_before": pa.array(rng.integers(-50, 5_000_000, ROWS) / 100, mask=rng.random(ROWS) < 0.1),
        "covered_by": ["global"] * ROWS,
        "held_by": rng.choice(["", "global"], ROWS),
        "listed": rng.random(ROWS) < 0.5,
        "contacted": rng.random(ROWS) < 0.3,
        "flaw": pa.array(rng.choice(["two_arms", "duplicate_outcomes"], ROWS), mask=rng.random(ROWS) < 0.9),
        "first_in": rng.choice(["", "global"], ROWS),
        "converted": rng.integers(0, 2, ROWS),
        "openings": rng.integers(0, 3, ROWS),
        "amount": rng.integers(0, 2_000_000_000, ROWS),
        "aum_change": pa.array(
            rng.integers(-2_000_000_000, 2_000_000_000, ROWS), mask=rng.random(ROWS) < 0.2
        ),
        "outflow": pa.array(rng.integers(0, 2, ROWS), mask=rng.random(ROWS) < 0.2),
        "complained": rng.integers(0, 2, ROWS),
        "opted_out": rng.integers(0, 2, ROWS),
    }
    return pa.table({name: made[name] for name in MEASURED.names}).cast(MEASURED.arrow_schema())


def _by_hand(measured: pa.Table) -> dict[str, int]:
    """Every metric's sums over all rows, in Python's own whole numbers."""
    rows = measured.to_pylist()
    found = {}
    for name, metric in load_metrics().items():
        column, beside = columns(metric)
        known = [row for row in rows if row[column] is not None]
        found[f"{name}_n"] = len(known)
        found[f"{name}_sum"] = sum(row[column] for row in known)
        if metric.kind != "share":
            found[f"{name}_squares"] = sum(row[column] ** 2 for row in known)
        if metric.kind == "mean" and not metric.never_negative:
            gains = [row[column] for row in known if row[column] > 0]
            found |= {f"{name}_gains": sum(gains), f"{name}_gain_squares": sum(gain**2 for gain in gains)}
        if beside is not None:
            whole = [int(np.floor((row[beside] or 0.0) + 0.5)) for row in known]
            found[f"{name}_x_sum"] = sum(whole)
            found[f"{name}_x_squares"] = sum(x**2 for x in whole)
            found[f"{name}_product"] = sum(row[column] * x for row, x in zip(known, whole, strict=True))
    return found


def _sums(spark: SparkSession) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Cells, cells of holdouts, and what is measured of a small world, in a fixed order."""
    measured = spark.createDataFrame(_measured())
    world = World(assignments=arms(30, 30))
    world.openings = [opening(i, f"s1 t{i % 7}", amount_fen=12_345 + i) for i in range(20)]
    world.balances = [balance(f"s1 c{i}", 9_999.5 * i) for i in range(20)]
    world.complaints, world.suppressions = [complaint(1, "s1 t1")], [opt_out("s1 c2")]
    world.outcomes = [outcome(f"s1 t{i}") for i in range(10)]
    exposed = world.measured(spark).orderBy("customer").toPandas()
    return cells(measured).to_pandas(), holdout_cells(measured).to_pandas(), exposed


def test_sums_equal_those_in_whole_numbers(engine: SparkSession) -> None:
    table = _measured()
    found = cells(engine.createDataFrame(table))
    numbers = [name for name in found.column_names if name not in (*CELL, "customers", "listed")]
    assert {name: int(sum(found[name].drop_null().to_pylist())) for name in numbers} == _by_hand(table)
    by_pandas = table.to_pandas().assign(flaw=lambda rows: rows["flaw"].fillna(""))
    expected = by_pandas.groupby(list(CELL), dropna=False)["amount"].agg(["size", "sum"])
    assert len(found) == len(expected)
    assert sorted(found["customers"].to_pylist()) == sorted(expected["size"])
    assert sorted(found["amount_sum"].to_pylist()) == sorted(expected["sum"])


def test_the_order_of_the_rows_changes_nothing(engine: SparkSession) -> None:
    table = _measured()
    mixed = table.take(pa.array(np.random.default_rng(1).permutation(ROWS)))
    first, second = (cells(engine.createDataFrame(each).repartition(3)) for each in (table, mixed))
    assert first.equals(second)


def test_sums_are_the_same_on_jvm_spark(engine: SparkSession, jvm: SparkSession) -> None:
    embedded = _sums(engine)
    for ours, theirs in zip(embedded, _sums(jvm), strict=True):
        pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)
