"""Reads a Parquet extract in pieces."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from base.errors import SourceError
from sources.cells import fits, read_typed
from sources.extract import Extract
from sources.piece import Piece, check_header

_ROWS = 1 << 20


def read(path: Path, file: str, extract: Extract) -> Iterator[Piece]:
    """Pieces of about a million rows. Raises SourceError when the file is cut or not what was agreed."""
    try:
        with pq.ParquetFile(path) as opened:
            _check_schema(opened, file, extract)
            start = 0
            names = [extract.theirs(column.name) for column in extract.delivered]
            for batch in opened.iter_batches(batch_size=_ROWS, columns=names):
                yield _piece(batch, file, extract, start)
                start += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{file} is damaged or cut short ({path.stat().st_size:,} bytes, {type(error).__name__}); "
            "deliver it again"
        ) from None


def _check_schema(opened: pq.ParquetFile, file: str, extract: Extract) -> None:
    schema = opened.schema_arrow
    rows = opened.metadata.num_rows
    check_header(schema.names, extract, file=file, count_rows=lambda: rows)
    for column in extract.delivered:
        type_ = schema.field(extract.theirs(column.name)).type
        if not fits(type_, column, extract) and not pa.types.is_null(type_):
            raise SourceError(
                f"{file} ({rows:,} rows): column {extract.theirs(column.name)} is of type {type_}, "
                f"agreed was {column.type}"
            )


def _piece(batch: pa.RecordBatch, file: str, extract: Extract, start: int) -> Piece:
    columns, unreadable = {}, {}
    for column in extract.delivered:
        cells, mask = read_typed(batch.column(extract.theirs(column.name)), column, extract)
        columns[column.name] = cells
        if mask is not None:
            unreadable[column.name] = mask
    typed = pa.RecordBatch.from_pydict(columns)
    return Piece(
        file=file, batch=typed, rows=range(start + 1, start + 1 + batch.num_rows), unreadable=unreadable
    )
