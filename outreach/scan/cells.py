"""Reads the bytes of a file into distinct values and where each stands."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

Ints = npt.NDArray[np.int32]
_DICTIONARY = pa.dictionary(pa.int32(), pa.string())
_PARSING = csv.ParseOptions(newlines_in_values=True)
Place = Callable[[], str]
"""Where a value stands, found out only when it has to be told."""
_TECHNICAL = re.compile(r"(?:variables\.)?[a-z]+(?:_[a-z]+){0,5}[0-9]{0,2}")


@dataclass(frozen=True, kw_only=True)
class Column:
    """Distinct ``values`` of a column (all where they hardly repeat), and which of them each row has."""

    name: str
    values: pa.StringArray
    rows: Ints

    def where(self, value: int) -> str:
        """The place of a value."""
        return where(np.flatnonzero(self.rows == value), self.name)


def where(rows: npt.NDArray[np.int64], *columns: str) -> str:
    """Like ``row 3 and 11 more, column text``; the row beneath the names of columns is 1."""
    more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
    said = " and ".join(map(sayable, columns))
    return f"row {rows[0] + 1}{more}, column{'s' if len(columns) > 1 else ''} {said}"


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
        pieces = [len(chunk.dictionary) for chunk in values.chunks]
        if len(pieces) > 1 and 2 * sum(pieces) > len(values):
            # They hardly repeat: to make one dictionary of many would take longer than it saves.
            begins = np.repeat(np.cumsum(pieces) - pieces, [len(chunk) for chunk in values.chunks])
            own = np.concatenate([chunk.indices.to_numpy() for chunk in values.chunks])
            dictionaries = pa.concat_arrays([chunk.dictionary for chunk in values.chunks])
            return Column(name=name, values=dictionaries, rows=(begins + own).astype(np.int32))
        whole = values.combine_chunks()
        return Column(name=name, values=whole.dictionary, rows=whole.indices.to_numpy())
    rows = np.arange(len(values), dtype=np.int32)
    return Column(name=name, values=pa.concat_arrays(values.chunks or [pa.array([], pa.string())]), rows=rows)


def leaves(content: bytes) -> Iterator[tuple[str, str]]:
    """Every key and value of a JSON document, with the key it stands under; a list also as one text.

    Raises ValueError where the bytes are no JSON.
    """
    yield from _leaves("", json.loads(content, object_pairs_hook=_Object))


class _Object(list[tuple[str, Any]]):
    """The pairs of a JSON object as they stand, also those whose key comes twice."""


def _leaves(place: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, _Object):
        for key, inner in value:
            yield place or "keys", key
            yield from _leaves(key, inner)
    elif isinstance(value, list):
        yield place, " ".join(str(inner) for inner in value if not isinstance(inner, list))
        for inner in value:
            yield from _leaves(place, inner)
    else:
        yield place, str(value)
