"""Reads the bytes of a file into distinct values and where each stands."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

Ints = npt.NDArray[np.int32]
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
_PARSING = csv.ParseOptions(newlines_in_values=True)
_TECHNICAL = re.compile(r"[a-z]+(?:_[a-z]+){0,5}[0-9]{0,2}")


@dataclass(frozen=True, kw_only=True)
class Column:
    """Distinct ``values`` of a column (all where they hardly repeat), and which of them each row has."""

    name: str
    values: pa.StringArray
    rows: Ints

    def where(self, value: int) -> str:
        """Like ``row 3 and 11 more, column text``; the row beneath the names of columns is 1."""
        rows = np.flatnonzero(self.rows == value)
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        return f"row {rows[0] + 1}{more}, column {sayable(self.name)}"


def sayable(name: str) -> str:
    """``name`` where it is a plain technical word, so that a finding never repeats an identifier."""
    return name if _TECHNICAL.fullmatch(name) else "of another name"


def read_csv(content: bytes, *, unique: frozenset[str]) -> list[Column]:
    """The columns of a CSV in UTF-8 with a line of names. ``unique``: columns whose values hardly repeat.

    Raises ValueError where the bytes are no such file, or two columns bear one name.
    """
    source = pa.BufferReader(content)
    names = csv.open_csv(source, parse_options=_PARSING).schema.names
    if len(set(names)) < len(names):
        raise ValueError("two columns bear one name")
    kinds = {name: pa.string() if name in unique else _DICTIONARY for name in names}
    converting = csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
    table = csv.read_csv(pa.BufferReader(content), parse_options=_PARSING, convert_options=converting)
    return [_column(name, table[name]) for name in names]


def _column(name: str, values: pa.ChunkedArray) -> Column:
    if values.type == _DICTIONARY:
        whole = values.combine_chunks()
        return Column(name=name, values=whole.dictionary, rows=whole.indices.to_numpy())
    rows = np.arange(len(values), dtype=np.int32)
    return Column(name=name, values=pa.concat_arrays(values.chunks or [pa.array([], pa.string())]), rows=rows)


def leaves(content: bytes) -> Iterator[tuple[str, str]]:
    """Every key and value of a JSON document, with the key it stands under; a list also as one text.

    Raises ValueError where the bytes are no JSON.
    """
    yield from _leaves("", json.loads(content))


def _leaves(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield place or "keys", key
            yield from _leaves(key, inner)
    elif isinstance(value, list):
        yield place, " ".join(str(inner) for inner in value if not isinstance(inner, dict | list))
        for inner in value:
            yield from _leaves(place, inner)
    else:
        yield place, str(value)
