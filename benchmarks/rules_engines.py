"""The textbook ways to evaluate many rules: DuckDB's union of one query a rule, Spark's column a rule."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import functions as F

from base.settings import load_settings
from benchmarks.jvm_spark import open_jvm_spark
from lake.session import open_engine
from strategies.sql import Dialect, sql
from strategies.tree import Condition

Integers = npt.NDArray[np.signedinteger]

CORES = 2
SPARK_MEMORY = "6g"

# Either engine's planner takes ever longer, a rule, over ever longer statements.
_QUERIES_AT_A_TIME = 100
_COLUMNS_AT_A_TIME = 250


@dataclass(frozen=True, kw_only=True)
class Found:
    """Seconds from columns in memory to candidate pairs, and the pairs: row << 16 | rule, ascending."""

    seconds: float
    pairs: npt.NDArray[np.int64]


def found(seconds: float, rows: Integers, rules: Integers) -> Found:
    """Pairs from whichever engine, so that two can be held against each other."""
    return Found(seconds=seconds, pairs=np.sort(rows.astype(np.int64) << 16 | rules))


def by_duckdb(customers: pa.Table, rules: Sequence[Condition], *, as_of: date) -> Found:
    """``select ... union all select ...``, one query a rule, over a table that DuckDB has loaded."""
    with duckdb.connect() as connection:
        connection.execute(f"set threads = {CORES}")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set enable_progress_bar = false")
        connection.register("given", _numbered(customers))
        connection.execute("create table customers as from given")
        connection.execute("create table pairs (row integer, rule smallint)")
        queries = [
            f"select row, {number}::smallint from customers where {condition}"
            for number, condition in enumerate(_written(rules, as_of, "duckdb"))
        ]
        started = time.perf_counter()
        for first in range(0, len(queries), _QUERIES_AT_A_TIME):
            united = " union all ".join(queries[first : first + _QUERIES_AT_A_TIME])
            connection.execute(f"insert into pairs {united}")
        seconds = time.perf_counter() - started
        pairs: pa.Table = connection.sql("from pairs").to_arrow_table()
    return found(seconds, pairs["row"].to_numpy(), pairs["rule"].to_numpy())


def by_spark(customers: pa.Table, rules: Sequence[Condition], *, as_of: date, folder: Path) -> Found:
    """A column a rule, exploded, on JVM Spark: the columns in groups, the frame cached, Spark warm."""
    file = folder / "customers.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(_numbered(customers), file, row_group_size=-(-customers.num_rows // CORES))
    written = list(enumerate(_written(rules, as_of, "spark")))
    groups = [written[at : at + _COLUMNS_AT_A_TIME] for at in range(0, len(written), _COLUMNS_AT_A_TIME)]
    with (
        open_jvm_spark(folder / "jvm", cores=CORES, memory=SPARK_MEMORY) as address,
        open_engine(load_settings(spark_remote=address)) as spark,
    ):
        frame = spark.read.parquet(str(file)).cache()
        frame.count()

        def selected(group: Sequence[tuple[int, str]]) -> pa.Table:
            columns = (F.when(F.expr(condition), F.lit(number)) for number, condition in group)
            return frame.select("row", F.explode(F.array_compact(F.array(*columns))).alias("rule")).toArrow()

        selected(groups[0])
        started = time.perf_counter()
        pairs = pa.concat_tables([selected(group) for group in groups])
        seconds = time.perf_counter() - started
    return found(seconds, pairs["row"].to_numpy(), pairs["rule"].to_numpy())


def _written(rules: Sequence[Condition], as_of: date, dialect: Dialect) -> Iterator[str]:
    """The rules in SQL as a person would write them: the made-up customers have nulls, but no NaN."""
    return (sql(rule, as_of=as_of, dialect=dialect, nan_free=True) for rule in rules)


def _numbered(customers: pa.Table) -> pa.Table:
    """With the row's number, and counts as doubles already: doubles are what every reader compares."""
    doubles = pa.schema(
        [field.with_type(pa.float64()) if field.type == pa.int64() else field for field in customers.schema]
    )
    rows = pa.array(np.arange(customers.num_rows, dtype=np.int32))
    return customers.cast(doubles).append_column("row", rows)
