"""Reads a delimited text extract (CSV) in pieces."""

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from base.errors import SourceError
from sources.cells import read_text
from sources.encoding import check_encoding
from sources.extract import Extract
from sources.piece import Piece, check_header

_BLOCK = 1 << 26


def read(path: Path, file: str, extract: Extract) -> Iterator[Piece]:
    """Pieces of some ten thousand rows or more. Raises SourceError when the file is not what was agreed."""
    check_encoding(path, file, declared=extract.encoding)
    names = _header(path, file, extract)
    if len(names) == 1:
        raise SourceError(
            f"{file} ({_count_rows(path):,} rows): has one column only; "
            f"is the separator {extract.separator!r} right?"
        )
    check_header(names, extract, file=file, count_rows=lambda: _count_rows(path))
    torn: list[int] = []

    def set_aside(row: arrow_csv.InvalidRow) -> str:
        torn.append(row.number - 1)  # the header is the first physical row
        return "skip"

    try:
        yield from _pieces(path, file, extract, names, torn, set_aside)
    except (pa.ArrowException, OSError) as error:
        # The library's own message would quote the row.
        raise SourceError(
            f"{file} ({_count_rows(path):,} rows) does not read as CSV ({type(error).__name__}); "
            f"it is damaged or cut short, or the separator is not {extract.separator!r}"
        ) from None


def _pieces(
    path: Path,
    file: str,
    extract: Extract,
    names: list[str],
    torn: list[int],
    set_aside: Callable[[Any], str],
) -> Iterator[Piece]:
    opened = arrow_csv.open_csv(
        path,
        # One thread, since only then the number of a torn row is known.
        read_options=arrow_csv.ReadOptions(encoding=extract.encoding, block_size=_BLOCK, use_threads=False),
        parse_options=arrow_csv.ParseOptions(delimiter=extract.separator, invalid_row_handler=set_aside),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            include_columns=[extract.theirs(column.name) for column in extract.delivered],
            null_values=list(extract.nulls),
            strings_can_be_null=True,
        ),
    )
    taken, reported = 0, 0
    for batch in opened:
        numbers = _row_numbers(taken, batch.num_rows, torn)
        new, reported = tuple(torn[reported:]), len(torn)
        taken += batch.num_rows
        yield _piece(batch, file, extract, numbers, new)
    if torn[reported:]:
        nothing = pa.RecordBatch.from_pydict(
            {name: pa.array([], pa.string()) for name in opened.schema.names}
        )
        yield _piece(nothing, file, extract, (), tuple(torn[reported:]))


def _piece(
    batch: pa.RecordBatch,
    file: str,
    extract: Extract,
    numbers: Sequence[int],
    torn: tuple[int, ...],
) -> Piece:
    columns, unreadable = {}, {}
    for column in extract.delivered:
        cells, mask = read_text(batch.column(extract.theirs(column.name)), column, extract)
        columns[column.name] = cells
        if mask is not None:
            unreadable[column.name] = mask
    return Piece(
        file=file, batch=pa.RecordBatch.from_pydict(columns), rows=numbers, unreadable=unreadable, torn=torn
    )


def _row_numbers(taken: int, rows: int, torn: list[int]) -> Sequence[int]:
    """Numbers of the next ``rows`` good rows after ``taken`` good ones, torn rows between them counted."""
    if not torn:
        return range(taken + 1, taken + 1 + rows)
    every = np.arange(1, taken + rows + len(torn) + 1)
    return [int(row) for row in np.setdiff1d(every, torn, assume_unique=True)[taken : taken + rows]]


def _header(path: Path, file: str, extract: Extract) -> list[str]:
    with path.open(encoding=extract.encoding, newline="") as opened:
        header = next(csv.reader(opened, delimiter=extract.separator), None)
    if not header:
        raise SourceError(f"{file} is empty (0 rows, not even a header); deliver it again")
    return [name.removeprefix("\ufeff") for name in header]


def _count_rows(path: Path) -> int:
    """Lines below the header; only told to people, so quoted line breaks count too."""
    with path.open("rb") as opened:
        lines = sum(chunk.count(b"\n") for chunk in iter(lambda: opened.read(_BLOCK), b""))
    return max(lines - 1, 0)
