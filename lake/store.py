"""Keeps tables: one folder a table, one partition a business date, overwritten whole or not at all."""

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Literal

import pyarrow as pa
from deltalake import DeltaTable
from deltalake import Field as DeltaField
from deltalake import Schema as DeltaSchema
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as spark_types

from base.errors import StoreError
from base.scrub import brief
from lake.erasure import drop_delta_before, erase_delta, erase_parquet
from lake.table import Classification, Scope, Table


class Store:
    """Reads and writes the lake's tables through the engine.

    Parameters: the folder of the lake, an open session, and the table format. Delta makes every write one
    transaction; Parquet is for engines without Delta and swaps a finished folder in.
    """

    def __init__(
        self, folder: Path, spark: SparkSession, *, table_format: Literal["delta", "parquet"] = "delta"
    ) -> None:
        self.folder = folder.resolve()
        self.spark = spark
        self.table_format = table_format

    def read(self, table: Table, *, as_of: date, scope: Scope = "at") -> DataFrame:
        """The table's columns and ``as_of``: that date's partition, all until it, or all before it.

        A column declared since the last write is null, unless it is required: then StoreError is raised.
        """
        if not self.exists(table):
            return self._empty(table)
        frame = self._load(table)
        frame = frame.filter(_SCOPES[scope].format(as_of=f"date'{as_of.isoformat()}'"))
        missing = {name for name in table.names if name not in frame.columns}
        needed = [name for name in table.names if name in missing and table[name].required]
        if needed:
            raise StoreError(
                f"table {table.name} was written without {', '.join(needed)}; re-run the job that writes it"
            )
        columns = [
            F.lit(None).cast(field.dataType).alias(field.name) if field.name in missing else field.name
            for field in table.spark_schema().fields
        ]
        return frame.select(*columns, "as_of")

    def frame(self, table: Table, rows: pa.Table) -> DataFrame:
        """Arrow rows as a frame of the table's columns, also where there are none."""
        if rows.num_rows == 0:
            return self.spark.createDataFrame([], table.spark_schema())
        return self.spark.createDataFrame(rows.select(table.names).cast(table.arrow_schema()))

    def write(self, table: Table, frame: DataFrame, *, as_of: date) -> int:
        """Overwrites exactly one partition; returns its number of rows.

        Raises StoreError naming missing, surplus or mistyped columns, or when the write failed; in each case
        the partition is what it was before.
        """
        shaped = self._shape(table, frame, as_of)
        try:
            if self.table_format == "delta":
                self._write_delta(table, shaped, as_of)
            else:
                self._write_parquet(table, shaped, as_of)
        except OSError as error:
            raise StoreError(f"table {table.name}, {as_of}: not written ({error.strerror})") from error
        except Exception as error:
            raise StoreError(
                f"table {table.name}, {as_of}: not written, the partition is unchanged ({brief(error)})"
            ) from error
        return self.read(table, as_of=as_of).count()

    def exists(self, table: Table) -> bool:
        """Whether anything was ever written to the table."""
        path = self._path(table)
        return (path / "_delta_log").is_dir() or (
            self.table_format == "parquet" and any(path.glob("as_of=*"))
        )

    def dates(self, table: Table) -> tuple[date, ...]:
        """Business dates that have rows, ascending."""
        if not self.exists(table):
            return ()
        rows = self._load(table).select("as_of").distinct().collect()
        return tuple(sorted(row["as_of"] for row in rows))

    def digest(self, table: Table, *, as_of: date) -> str:
        """A fingerprint of the partition's content that does not depend on the order of its rows."""
        frame = self.read(table, as_of=as_of)
        row = frame.select(F.xxhash64(*table.names).alias("h")).agg(
            F.count("h").alias("rows"), F.sum(F.col("h").cast("decimal(38,0)")).alias("total")
        )
        found = row.collect()[0]
        return f"{found['rows']}:{found['total'] or 0}"

    def erase(self, table: Table, tokens: Sequence[str]) -> int:
        """Deletes every row in which one of ``tokens`` stands, in every partition; returns how many.

        No earlier version of the table can be read after. Interrupted, it is run again. Raises StoreError
        where the table could not be changed.
        """
        columns = [one.name for one in table.columns if one.classification is Classification.TOKEN]
        if not columns or not tokens or not self.exists(table):
            return 0
        erase = erase_delta if self.table_format == "delta" else erase_parquet
        try:
            return erase(self._path(table), columns=columns, tokens=tokens)
        except Exception as error:
            raise StoreError(f"table {table.name}: nobody was erased from it ({brief(error)})") from error

    def drop_before(self, table: Table, day: date) -> int:
        """Deletes the partitions of the days before ``day``, for good; returns how many rows.

        Raises StoreError where the table could not be changed.
        """
        if not self.exists(table):
            return 0
        try:
            if self.table_format == "delta":
                return drop_delta_before(self._path(table), day)
            rows = sum(self.read(table, as_of=one).count() for one in self.dates(table) if one < day)
            for folder in self._path(table).glob("as_of=*"):
                if folder.name < f"as_of={day.isoformat()}":
                    shutil.rmtree(folder)
            return rows
        except Exception as error:
            raise StoreError(f"table {table.name}: nothing was dropped from it ({brief(error)})") from error

    def _shape(self, table: Table, frame: DataFrame, as_of: date) -> DataFrame:
        given = [name for name in frame.columns if name != "as_of"]
        missing, surplus = set(table.names) - set(given), set(given) - set(table.names)
        if missing or surplus:
            raise StoreError(
                f"table {table.name}: missing columns {sorted(missing)}, undeclared columns {sorted(surplus)}"
            )
        types = {field.name: field.dataType for field in frame.schema.fields}
        for field in table.spark_schema().fields:
            if types[field.name] != field.dataType and not isinstance(
                types[field.name], spark_types.NullType
            ):
                raise StoreError(
                    f"table {table.name}: column {field.name} is {types[field.name].simpleString()}, "
                    f"declared {field.dataType.simpleString()}"
                )
        columns = [F.col(f.name).cast(f.dataType).alias(f.name) for f in table.spark_schema().fields]
        return frame.select(*columns, F.lit(as_of).alias("as_of"))

    def _write_delta(self, table: Table, frame: DataFrame, as_of: date) -> None:
        exists = self.exists(table)
        if exists:
            frame = self._with_kept_columns(table, frame)
        writer = frame.write.format("delta").mode("overwrite").partitionBy("as_of")
        if exists:
            writer = writer.option("replaceWhere", f"as_of = '{as_of.isoformat()}'")
        writer.save(str(self._path(table)))

    def _write_parquet(self, table: Table, frame: DataFrame, as_of: date) -> None:
        # Readers pass over names that begin with a dot, so an unfinished partition is never seen.
        final = self._path(table) / f"as_of={as_of.isoformat()}"
        draft = self._path(table) / f".as_of={as_of.isoformat()}"
        shutil.rmtree(draft, ignore_errors=True)
        frame.drop("as_of").write.mode("overwrite").parquet(str(draft))
        draft.mkdir(parents=True, exist_ok=True)  # the engine writes nothing at all for no rows
        shutil.rmtree(final, ignore_errors=True)
        draft.rename(final)

    def _with_kept_columns(self, table: Table, frame: DataFrame) -> DataFrame:
        """Makes room for columns declared since the table was made; those no longer declared become null."""
        kept = DeltaTable(str(self._path(table)))
        known = {field.name for field in kept.schema().fields}
        declared = DeltaSchema.from_arrow(table.arrow_schema()).fields
        new = [
            DeltaField(field.name, field.type, nullable=True) for field in declared if field.name not in known
        ]
        if new:
            kept.alter.add_columns(new)
        stored = self._load(table).schema
        gone = [field for field in stored.fields if field.name not in frame.columns]
        return frame.select("*", *(F.lit(None).cast(field.dataType).alias(field.name) for field in gone))

    def _load(self, table: Table) -> DataFrame:
        reader = self.spark.read.format(self.table_format)
        if self.table_format == "parquet":
            reader = reader.schema(_with_as_of(table))
        return reader.load(str(self._path(table)))

    def _empty(self, table: Table) -> DataFrame:
        return self.spark.createDataFrame([], _with_as_of(table))

    def _path(self, table: Table) -> Path:
        return self.folder / table.name


_SCOPES: dict[Scope, str] = {
    "at": "as_of = {as_of}",
    "until": "as_of <= {as_of}",
    "before": "as_of < {as_of}",
}


def _with_as_of(table: Table) -> spark_types.StructType:
    return table.spark_schema().add("as_of", spark_types.DateType())
