"""A partition is overwritten whole or not at all, in either format."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from base.errors import StoreError
from lake.store import Store
from lake.table import Classification, Column, Table

FIRST, SECOND = date(2026, 7, 1), date(2026, 7, 2)


def _column(name: str, kind: str, **more: object) -> Column:
    return Column(name=name, type=kind, classification=Classification.INTERNAL, doc=name, **more)  # type: ignore[arg-type]


THINGS = Table(
    name="things",
    doc="Things.",
    grain=("key",),
    delivery="derived",
    columns=(_column("key", "long"), _column("value", "double", required=False)),
)
WIDER = replace(THINGS, columns=(*THINGS.columns, _column("word", "string", required=False)))


@pytest.fixture(params=["delta", "parquet"])
def store(request: pytest.FixtureRequest, tmp_path: Path, engine: SparkSession) -> Store:
    return Store(tmp_path / "lake", engine, table_format=request.param)


def _rows(store: Store, count: int) -> DataFrame:
    return store.spark.range(count).select(F.col("id").alias("key"), (F.col("id") / 3).alias("value"))


def test_a_table_never_written_is_empty_and_typed(store: Store) -> None:
    frame = store.read(THINGS, as_of=FIRST)
    assert frame.columns == ["key", "value", "as_of"]
    assert frame.count() == 0
    assert store.dates(THINGS) == ()


def test_writing_a_date_leaves_the_others_alone(store: Store) -> None:
    store.write(THINGS, _rows(store, 10), as_of=FIRST)
    before = store.digest(THINGS, as_of=FIRST)
    assert store.write(THINGS, _rows(store, 5), as_of=SECOND) == 5
    assert store.write(THINGS, _rows(store, 7), as_of=SECOND) == 7
    assert store.digest(THINGS, as_of=FIRST) == before
    assert store.dates(THINGS) == (FIRST, SECOND)


def test_scopes_see_what_they_say(store: Store) -> None:
    store.write(THINGS, _rows(store, 1), as_of=FIRST)
    store.write(THINGS, _rows(store, 2), as_of=SECOND)
    seen = {
        scope: store.read(THINGS, as_of=SECOND, scope=scope).count() for scope in ("at", "until", "before")
    }
    assert seen == {"at": 2, "until": 3, "before": 1}


def test_the_digest_knows_content_and_not_order(store: Store) -> None:
    store.write(THINGS, _rows(store, 50), as_of=FIRST)
    first = store.digest(THINGS, as_of=FIRST)
    store.write(THINGS, _rows(store, 50).orderBy(F.desc("key")).repartition(3), as_of=FIRST)
    assert store.digest(THINGS, as_of=FIRST) == first
    store.write(THINGS, _rows(store, 50).withColumn("value", F.col("value") + 1), as_of=FIRST)
    assert store.digest(THINGS, as_of=FIRST) != first


def test_no_rows_empty_the_partition(store: Store) -> None:
    store.write(THINGS, _rows(store, 3), as_of=FIRST)
    assert store.write(THINGS, _rows(store, 0), as_of=FIRST) == 0
    assert store.write(THINGS, store.frame(THINGS, THINGS.arrow_schema().empty_table()), as_of=SECOND) == 0
    assert store.read(THINGS, as_of=SECOND, scope="until").count() == 0


def test_a_failed_write_changes_nothing(store: Store) -> None:
    store.write(THINGS, _rows(store, 10), as_of=FIRST)
    before = store.digest(THINGS, as_of=FIRST)
    broken = _rows(store, 10).withColumn("value", F.expr("cast(raise_error('no') as double)"))
    with pytest.raises(StoreError, match="things, 2026-07-01: not written, the partition is unchanged"):
        store.write(THINGS, broken, as_of=FIRST)
    assert store.digest(THINGS, as_of=FIRST) == before
    assert store.write(THINGS, _rows(store, 4), as_of=FIRST) == 4


def test_a_column_declared_later_is_null_before_and_one_dropped_is_gone(store: Store) -> None:
    store.write(THINGS, _rows(store, 2), as_of=FIRST)
    not_yet = store.read(WIDER, as_of=FIRST).collect()
    assert [row["word"] for row in not_yet] == [None, None]
    store.write(WIDER, _rows(store, 2).withColumn("word", F.lit("长尾")), as_of=SECOND)
    words = store.read(WIDER, as_of=SECOND, scope="until").orderBy("as_of", "key").select("word").collect()
    assert [row["word"] for row in words] == [None, None, "长尾", "长尾"]
    assert store.write(THINGS, _rows(store, 3), as_of=SECOND) == 3
    assert store.read(THINGS, as_of=SECOND).columns == ["key", "value", "as_of"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop("value"), r"missing columns \['value'\]"),
        (lambda f: f.withColumn("more", F.lit(1)), r"undeclared columns \['more'\]"),
        (lambda f: f.withColumn("value", F.lit("x")), "column value is string, declared double"),
    ],
)
def test_what_is_not_as_declared_is_refused(store: Store, change, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(StoreError, match=message):
        store.write(THINGS, change(_rows(store, 2)), as_of=FIRST)


def test_arrow_rows_become_a_frame(store: Store) -> None:
    rows = pa.table({"value": [1.5], "key": [1]})
    assert store.frame(THINGS, rows).collect()[0].asDict() == {"key": 1, "value": 1.5}


def test_days_before_another_are_dropped_for_good_and_no_others(store: Store) -> None:
    store.write(THINGS, _rows(store, 10), as_of=FIRST)
    store.write(THINGS, _rows(store, 4), as_of=SECOND)
    assert store.drop_before(THINGS, FIRST) == 0
    assert store.drop_before(THINGS, SECOND) == 10
    assert store.dates(THINGS) == (SECOND,)
    store.write(THINGS, _rows(store, 3), as_of=FIRST)
    assert (store.read(THINGS, as_of=FIRST).count(), store.read(THINGS, as_of=SECOND).count()) == (3, 4)
