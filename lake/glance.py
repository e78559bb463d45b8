"""Reads small tables of the lake without an engine: for pages that must answer at once."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable

from base.errors import StoreError
from lake.table import Table

_BATCH = 16_384
_PIECE = 2**17
"""Bytes of a column that are read together."""
_MOST = 96 * 2**20
"""Bytes that are kept; what was asked for longest ago is forgotten."""
_MADE = 200
"""Things made of tables that are kept, as long as the tables are as they were."""

T = TypeVar("T")
Wanted = Mapping[str, Sequence[str]]
"""The values that a column of words may have, by its name."""


class Glance:
    """Looks at tables of the lake as they are now. Each is kept until it is written again. May be asked from
    several threads.

    Parameters: the folder of the lake and the format of its tables.
    """

    def __init__(self, folder: Path, *, table_format: Literal["delta", "parquet"] = "delta") -> None:
        self._folder, self._format = folder.resolve(), table_format
        self._kept: OrderedDict[Hashable, tuple[object, pa.Table]] = OrderedDict()
        self._made: OrderedDict[Hashable, tuple[Sequence[Table], object, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def dates(self, table: Table) -> tuple[date, ...]:
        """Business dates that were written, ascending."""
        return self.remembered(("dates", table.name), (table,), lambda: self._dates(table))

    def remembered(self, key: Hashable, of: Sequence[Table], make: Callable[[], T]) -> T:
        """What ``make`` makes of these tables: made anew once one of them is written again."""
        version = self._versions(of)
        with self._lock:
            kept = self._made.get(key)
            if kept is not None and kept[1] == version:
                self._made.move_to_end(key)
                return kept[2]  # type: ignore[no-any-return]
        made = make()
        with self._lock:
            fresh = [one for one in self._made.items() if self._versions(one[1][0]) == one[1][1]]
            self._made = OrderedDict([*fresh[1 - _MADE :], (key, (of, version, made))])
        return made

    def read(
        self, table: Table, *, as_of: date, columns: tuple[str, ...] = (), where: Wanted | None = None
    ) -> pa.Table:
        """That date's rows, columns as declared; all where none are named. ``where``: only those rows."""
        wanted = columns or table.names
        chosen = {name: tuple(values) for name, values in (where or {}).items()}
        key, version = (table.name, as_of, wanted, tuple(chosen.items())), self._version(table)
        if version is None:
            return table.arrow_schema().empty_table().select(list(wanted))
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == version:
                self._kept.move_to_end(key)
                return kept[1]
        found = self._read(table, as_of, wanted, chosen)
        with self._lock:
            self._kept[key] = (version, found)
            self._kept.move_to_end(key)
            while len(self._kept) > 1 and sum(one.nbytes for _, one in self._kept.values()) > _MOST:
                self._kept.popitem(last=False)
        return found

    def batches(self, table: Table, *, as_of: date, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        """That date's rows, a batch at a time, in the table's order; for tables too wide to keep.

        A column declared since the table was written is null.
        """
        for path in self._files(table, as_of):
            # Piece by piece, nothing ahead: a file may be larger than what this process is to hold.
            with pq.ParquetFile(path, buffer_size=_PIECE, pre_buffer=False) as file:
                known = set(file.schema_arrow.names)
                own = [name for name in columns if name in known]
                for batch in file.iter_batches(_BATCH, columns=own, use_threads=False):
                    yield _shaped(batch, table, columns)

    def _dates(self, table: Table) -> tuple[date, ...]:
        path = self._path(table)
        if self._format == "delta":
            if not (path / "_delta_log").is_dir():
                return ()
            told = [one["as_of"] for one in DeltaTable(str(path)).partitions()]
        else:
            told = [one.name.removeprefix("as_of=") for one in path.glob("as_of=*")]
        return tuple(sorted(date.fromisoformat(str(one)) for one in told))

    def _read(self, table: Table, as_of: date, columns: tuple[str, ...], where: Wanted) -> pa.Table:
        asked = tuple(dict.fromkeys((*columns, *where)))
        found = []
        for batch in self.batches(table, as_of=as_of, columns=asked):
            for name, values in where.items():
                batch = batch.filter(pc.is_in(batch[name], pa.array(values, batch[name].type)))
            if batch.num_rows:
                found.append(batch.select(columns))
        return pa.Table.from_batches(found, _schema(table, columns)).combine_chunks()

    def _files(self, table: Table, as_of: date) -> Sequence[Path]:
        path = self._path(table)
        if self._version(table) is None:
            return []
        if self._format == "parquet":
            return sorted((path / f"as_of={as_of.isoformat()}").glob("[!._]*.parquet"))
        there = DeltaTable(str(path))
        if there.protocol().reader_features:
            raise StoreError(
                f"table {table.name}: written with {', '.join(there.protocol().reader_features)}, which the "
                "desk cannot read; switch that off for the table and write it again"
            )
        night = [("as_of", "=", as_of.isoformat())]
        return [Path(one) for one in there.file_uris(file_pruning_predicate=night)]

    def _versions(self, tables: Sequence[Table]) -> tuple[object, ...]:
        return tuple(self._version(table) for table in tables)

    def _version(self, table: Table) -> object:
        """Changes whenever the table does; None where nothing was ever written."""
        path = self._path(table)
        places = path / "_delta_log" if self._format == "delta" else path
        return places.stat().st_mtime_ns if places.is_dir() else None

    def _path(self, table: Table) -> Path:
        return self._folder / table.name


def _schema(table: Table, columns: Sequence[str]) -> pa.Schema:
    whole = table.arrow_schema()
    return pa.schema([whole.field(name) for name in columns])


def _shaped(batch: pa.RecordBatch, table: Table, columns: Sequence[str]) -> pa.RecordBatch:
    """The columns as they are declared."""
    schema, there = _schema(table, columns), set(batch.schema.names)
    return pa.RecordBatch.from_arrays(
        [
            batch[field.name].cast(field.type)
            if field.name in there
            else pa.nulls(batch.num_rows, field.type)
            for field in schema
        ],
        schema=schema,
    )
