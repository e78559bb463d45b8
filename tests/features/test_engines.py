"""Sail and JVM Spark, reading the same Parquet, make the same features to the last bit."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from features.compiler import CUSTOMER_FEATURES, READS, compile_features
from lake.store import Store
from tests.features.world import both, later, world

AS_OF = date(2026, 7, 1)


def test_both_engines_make_the_same_table(engine: SparkSession, jvm: SparkSession, tmp_path: Path) -> None:
    _write_raw(Store(tmp_path / "lake", engine, table_format="parquet"))
    made_by_sail = _features(engine, tmp_path, "sail")
    made_by_spark = _features(jvm, tmp_path, "spark")
    assert made_by_sail.num_rows == 300
    assert made_by_sail.equals(made_by_spark)


def _write_raw(store: Store) -> None:
    tables = both(world(seed=31, as_of=AS_OF), later(seed=32, as_of=AS_OF))
    for table, rows in tables.items():
        for night in rows["as_of"].unique().to_pylist():
            part = rows.filter(pc.equal(rows["as_of"], night)).drop_columns(["as_of"])
            store.write(table, store.spark.createDataFrame(part), as_of=night)


def _features(spark: SparkSession, home: Path, engine_name: str) -> pa.Table:
    raw = Store(home / "lake", spark, table_format="parquet")
    frames = {read.table: raw.read(read.table, as_of=AS_OF, scope=read.scope) for read in READS}
    made = Store(home / engine_name, spark, table_format="parquet")
    made.write(CUSTOMER_FEATURES, compile_features(AS_OF, frames), as_of=AS_OF)
    rows = pq.read_table(home / engine_name / CUSTOMER_FEATURES.name / f"as_of={AS_OF}", partitioning=None)
    return rows.cast(CUSTOMER_FEATURES.arrow_schema()).sort_by("customer")
