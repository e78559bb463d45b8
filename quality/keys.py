"""Finds rows that carry a key already seen, over any number of pieces, without sorting whole rows."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

Numbers = np.ndarray[Any, np.dtype[Any]]

_ODD = np.uint64(0x9E3779B97F4A7C15)


class KeyLog:
    """Keys of the rows admitted so far, 4 to 8 bytes a cell."""

    def __init__(self) -> None:
        self._pieces: list[list[pa.Array]] = []

    def add(self, cells: list[pa.Array]) -> None:
        """The key columns of some more rows, without nulls."""
        self._pieces.append(cells)

    def repeats(self) -> Numbers:
        """Places, ascending, of rows whose key an earlier row carries. Places count all added rows from 0."""
        if not self._pieces:
            return np.array([], np.int64)
        columns = [_numbers(pa.chunked_array(list(chunks))) for chunks in zip(*self._pieces, strict=True)]
        hashes = _mixed(columns)
        if bool(np.all(hashes[1:] > hashes[:-1])):
            return np.array([], np.int64)
        ordered = np.sort(hashes)
        shared = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
        if not len(shared):
            return np.array([], np.int64)
        # Different keys may share a hash, so the few rows that share one are compared in full.
        suspects = np.flatnonzero(np.isin(hashes, shared))
        again = pd.DataFrame({i: column[suspects] for i, column in enumerate(columns)}).duplicated()
        return np.asarray(suspects[again.to_numpy()])


def _numbers(cells: pa.ChunkedArray) -> Numbers:
    return np.asarray(_plain(cells))


def _plain(cells: pa.ChunkedArray) -> Any:
    if pa.types.is_string(cells.type):
        whole = cells.combine_chunks()
        array = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
        return array.dictionary_encode().indices.to_numpy()
    if pa.types.is_timestamp(cells.type):
        return cells.cast(pa.int64()).to_numpy()
    if pa.types.is_date(cells.type):
        return cells.cast(pa.int32()).to_numpy()
    return cells.to_numpy()


def _mixed(columns: list[Numbers]) -> Numbers:
    """One 64-bit number a row. A single column stands for itself, so that keys in order stay in order."""
    mixed = columns[0].astype(np.int64).view(np.uint64)
    for column in columns[1:]:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _ODD
        mixed = mixed ^ column.astype(np.int64).view(np.uint64)
    if len(columns) > 1:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _ODD
    return mixed
