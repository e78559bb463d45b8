"""Random tables for the features: drawn from the declarations of the tables, dense around the business date.

Customers are cases: one frame holds hundreds of them, and one run of the features tries them all.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from features.compiler import READS, SOURCES, compile_features
from features.sources import Seen
from lake.table import Column, Table
from lake.tables import CUSTOMERS, NUMBERS

World = Mapping[Table, pa.Table]

SEEN: tuple[Seen, ...] = tuple(seen for source in SOURCES for seen in source.seen)
_ROWS_PER_CUSTOMER = 6
_EDGES = np.array([0, 1, 6, 7, 29, 30, 89, 90, 179, 180, 364, 365])
_TIMES = np.array([0, 1, 43_200_000_000, 86_399_999_999])


def world(*, seed: int, as_of: date, customers: int = 300) -> dict[Table, pa.Table]:
    """All that the features read, known at the close of ``as_of``."""
    rng = np.random.default_rng(seed)
    names = np.array([f"c{number:04d}" for number in range(customers)])
    return {seen.read.table: _rows(seen, rng, names, as_of, "known") for seen in SEEN}


def later(*, seed: int, as_of: date, customers: int = 300) -> dict[Table, pa.Table]:
    """Rows that nobody could know at the close of ``as_of``: yet to happen, or yet to be learned of."""
    rng = np.random.default_rng(seed)
    names = np.array([f"c{number:04d}" for number in range(customers)])
    unseen = {}
    for seen in SEEN:
        ways = ["next night"] + ["learned later"] * bool(seen.read.table.known)
        ways += ["happens later"] * bool(seen.happened)
        parts = [_rows(seen, rng, names, as_of, way) for way in ways]
        unseen[seen.read.table] = pa.concat_tables(parts)
    return unseen


def both(one: World, other: World) -> dict[Table, pa.Table]:
    """The rows of the two together."""
    return {table: pa.concat_tables([rows, other[table]]) for table, rows in one.items()}


def frames(engine: SparkSession, tables: World) -> dict[Table, DataFrame]:
    """The tables on the engine."""
    return {table: engine.createDataFrame(rows) for table, rows in tables.items()}


def features_of(engine: SparkSession, tables: World, *, as_of: date) -> pd.DataFrame:
    """``customer_features`` by customer."""
    made = compile_features(as_of, frames(engine, tables)).toPandas()
    return made.sort_values("customer").set_index("customer")


def _rows(seen: Seen, rng: np.random.Generator, names: np.ndarray, as_of: date, way: str) -> pa.Table:
    table = seen.read.table
    one_each = table in (CUSTOMERS, NUMBERS)
    size = len(names) if one_each else len(names) * _ROWS_PER_CUSTOMER
    # The first tenth of the customers has no events at all.
    owners = names if one_each else rng.choice(names[len(names) // 10 :], size)
    age = np.where(rng.random(size) < 0.5, rng.choice(_EDGES, size), rng.integers(0, 400, size))
    if way == "happens later":
        age = -rng.integers(1, 100, size)
    delay = rng.choice([0, 0, 0, 1, 20], size)
    # What happens later may be announced already: then only the time of the event hides it.
    known_age = -rng.integers(1, 5, size) if way == "learned later" else np.maximum(age - delay, 0)
    columns = {}
    for column in table.columns:
        if column.name == "customer":
            columns[column.name] = pa.array(owners)
        elif column.name == seen.happened:
            columns[column.name] = _times(column, rng, as_of, age)
        elif column.name == table.known:
            # Within the day of the event, knowledge does not come before it.
            columns[column.name] = _moments(as_of, known_age, np.full(size, _TIMES[-1]))
        else:
            columns[column.name] = _values(column, rng, as_of, size)
    partition = _partition(seen, as_of, age, known_age, way)
    days = [as_of + timedelta(days=int(offset)) for offset in partition]
    schema = table.arrow_schema().append(pa.field("as_of", pa.date32()))
    arrays = [columns[name].cast(schema.field(name).type) for name in table.names]
    drawn = pa.Table.from_arrays([*arrays, pa.array(days, pa.date32())], schema=schema)
    return drawn.filter(_first_of_its_grain(drawn.select(table.grain).to_pandas()))


def _first_of_its_grain(keys: pd.DataFrame) -> pa.Array:
    # Intake lets no second row of a grain into a partition.
    return pa.array(~keys.duplicated())


def _partition(seen: Seen, as_of: date, age: np.ndarray, known_age: np.ndarray, way: str) -> np.ndarray:
    """Day of each row's partition, counted from ``as_of``."""
    if way == "next night":
        return np.full(len(age), 0 if seen.read.scope == "before" else 1)
    if seen.read.scope == "at":
        return np.zeros(len(age), int)
    # Few partitions, for speed; and even a row delivered before its time is not to be seen.
    newest = -1 if seen.read.scope == "before" else 0
    return np.where((age if seen.read.scope == "before" else known_age) > 30, newest - 30, newest)


def _values(column: Column, rng: np.random.Generator, as_of: date, size: int) -> pa.Array:
    absent = (rng.random(size) < 0.15) & (not column.required)
    drawn: pa.Array
    if column.type == "string":
        words = np.array(column.values or [f"{column.name}{n}" for n in range(9)])
        drawn = pa.array(rng.choice(words, size))
    elif column.type in ("date", "timestamp"):
        drawn = _times(column, rng, as_of, rng.choice([0, 1, -1, 89, 90, 91, 6570, 23741, -30], size))
    elif column.type == "boolean":
        drawn = pa.array(rng.random(size) < 0.7)
    else:
        low, high = int(column.low or 0), int(column.high or 10_000_000)
        drawn = pa.array(np.where(rng.random(size) < 0.2, low, rng.integers(low, high + 1, size)))
    return pa.array(drawn.to_pylist(), mask=absent, type=drawn.type)


def _times(column: Column, rng: np.random.Generator, as_of: date, age: np.ndarray) -> pa.Array:
    moments = _moments(as_of, age, rng.choice(_TIMES, len(age)))
    return moments if column.type == "timestamp" else pa.array(moments.to_pandas().dt.date, pa.date32())


def _moments(as_of: date, age: np.ndarray, microseconds: np.ndarray) -> pa.Array:
    midnight = int((datetime(as_of.year, as_of.month, as_of.day) - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001
    epoch = (midnight - age.astype("int64") * 86_400) * 1_000_000 + microseconds
    return pa.array(epoch, pa.timestamp("us", tz="UTC"))


assert {read.table for read in READS} == {seen.read.table for seen in SEEN}
