"""A night's choice is the same in process and in the engines' partitions, byte for byte. About 20 s."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from base.errors import ArbitrationError
from benchmarks.instances import instance
from outreach.arbitrate.bundles import rows_of, without_rows
from outreach.arbitrate.partitions import solve_in_partitions
from outreach.arbitrate.problem import Floats, Problem
from outreach.arbitrate.solve import solve


@pytest.fixture(scope="module")
def problem() -> Problem:
    return instance(400, rows=6, strategies=20, hours=30, tightness=0.3, held_back=0.1, seed=6)


def _start(problem: Problem, how: str) -> Floats | None:
    return solve(problem).prices if how == "warm" else None


def _solved(
    spark: SparkSession, problem: Problem, folder: Path, *, bundles: int, how: str, rows: DataFrame
) -> tuple[bytes, bytes, tuple[float, float]]:
    def staged(frame: DataFrame) -> DataFrame:
        frame.write.parquet(str(folder))
        return spark.read.schema(frame.schema).parquet(str(folder))

    chosen, answer = solve_in_partitions(
        rows,
        terms=without_rows(problem),
        bundles=bundles,
        staged=staged,
        start=_start(problem, how),
    )
    picked = np.sort(chosen.toArrow()["row"].to_numpy())
    found = answer.certificate
    return picked.tobytes(), answer.prices.tobytes(), (found.value, found.bound)


def _in_process(problem: Problem, how: str) -> tuple[bytes, bytes, tuple[float, float]]:
    found = solve(problem, start=_start(problem, how))
    picked = np.flatnonzero(found.chosen)
    assert 50 < len(picked) < 400
    return picked.tobytes(), found.prices.tobytes(), (found.certificate.value, found.certificate.bound)


def _shuffled(spark: SparkSession, problem: Problem) -> DataFrame:
    rows = rows_of(problem)
    return spark.createDataFrame(rows.take(np.random.default_rng(8).permutation(rows.num_rows)))


@pytest.mark.parametrize(("bundles", "how"), [(4, "cold"), (1, "warm"), (16, "warm")])
def test_bundles_and_row_order_change_no_byte(
    engine: SparkSession, problem: Problem, tmp_path: Path, bundles: int, how: str
) -> None:
    found = _solved(
        engine, problem, tmp_path / "laid", bundles=bundles, how=how, rows=_shuffled(engine, problem)
    )
    assert found == _in_process(problem, how)


def test_jvm_spark_finds_the_same(jvm: SparkSession, problem: Problem, tmp_path: Path) -> None:
    rows = _shuffled(jvm, problem)
    # Every pass is a job of its own, which this engine takes a second for: few passes.
    found = _solved(jvm, problem, tmp_path / "laid", bundles=2, how="warm", rows=rows)
    assert found == _in_process(problem, "warm")


def test_a_worth_without_end_is_refused(engine: SparkSession, problem: Problem, tmp_path: Path) -> None:
    rows = engine.createDataFrame(rows_of(problem)).withColumn("worth", F.lit(float("inf")))
    with pytest.raises(ArbitrationError, match=r"row \d+ is worth without end"):
        _solved(engine, problem, tmp_path / "laid", bundles=1, how="cold", rows=rows)


def test_no_units_are_no_contacts(engine: SparkSession, problem: Problem, tmp_path: Path) -> None:
    none = engine.createDataFrame(rows_of(problem)).where(F.lit(False))
    free = replace(problem, limits=replace(problem.limits, low=np.zeros_like(problem.limits.low)))
    picked, _, found = _solved(engine, free, tmp_path / "laid", bundles=2, how="cold", rows=none)
    assert (picked, found) == (b"", (0.0, 0.0))
