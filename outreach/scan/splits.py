"""Finds identifiers that are cut in two, the parts in different columns of a row."""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import permutations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outreach.scan.cells import Column, Place, where
from outreach.scan.known import Known

_TAIL = r"(?P<part>[0-9]{3,15}[Xx]?)\s*\z"
_HEAD = r"\A\s*(?P<part>[0-9]{3,15}[Xx]?)"
_DATE = r"\A\s*(?:19|20)[0-9]{2}(?:[-/.年]|(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[^0-9]|\z))"
_HAN = r"\A\s*(?P<part>[\x{3400}-\x{9fff}]{1,3})\s*\z"
_LONGEST_PART = 20
_SHORTEST_WHOLE = 10


class _Meeting(NamedTuple):
    """What the parts in two columns make together, in the rows that have both."""

    columns: tuple[str, str]
    rows: npt.NDArray[np.int64]
    wholes: pa.StringArray


def split_numbers(columns: list[Column], known: Known) -> Iterator[Place]:
    """Places where the end of one value and the beginning of another make a known number."""
    tails = [_parts(column, _TAIL, -_LONGEST_PART, None) for column in columns]
    heads = [_parts(column, _HEAD, 0, _LONGEST_PART) for column in columns]
    meetings = [
        meeting
        for one, other in permutations(range(len(columns)), 2)
        for meeting in _meet(columns[one], columns[other], tails[one], heads[other])
    ]
    wholes = pa.chunked_array([meeting.wholes for meeting in meetings], pa.string()).unique()
    long = wholes.filter(pc.greater_equal(pc.binary_length(wholes), _SHORTEST_WHOLE))
    yield from _places(meetings, known.among(pc.utf8_upper(long)))


def split_names(columns: list[Column], known: Known) -> Iterator[Place]:
    """Places where two values make the name of somebody on the list."""
    parts = [_parts(column, _HAN, 0, 4) for column in columns]
    meetings = [
        meeting
        for one, other in permutations(range(len(columns)), 2)
        for meeting in _meet(columns[one], columns[other], parts[one], parts[other])
    ]
    wholes = {whole for meeting in meetings for whole in meeting.wholes.unique().to_pylist()}
    yield from _places(meetings, known.names & wholes)


def _parts(column: Column, shape: str, start: int, stop: int | None) -> pa.StringArray:
    """The part of each distinct value that may belong to another's; null where there is none."""
    ends = pc.utf8_slice_codeunits(column.values, start, stop)
    candidates = pc.if_else(pc.match_substring_regex(column.values, _DATE), None, ends)
    return pc.struct_field(pc.extract_regex(pc.utf8_normalize(candidates, form="NFKC"), shape), "part")


def _meet(one: Column, other: Column, before: pa.StringArray, after: pa.StringArray) -> Iterator[_Meeting]:
    if before.null_count == len(before) or after.null_count == len(after):
        return
    has = np.asarray(before.is_valid())[one.rows] & np.asarray(after.is_valid())[other.rows]
    rows = np.flatnonzero(has)
    if rows.size:
        wholes = pc.binary_join_element_wise(before.take(one.rows[rows]), after.take(other.rows[rows]), "")
        yield _Meeting(columns=(one.name, other.name), rows=rows, wholes=wholes)


def _places(meetings: Iterable[_Meeting], found: Iterable[str]) -> Iterator[Place]:
    wanted = pa.array(found, pa.string())
    for meeting in meetings:
        hits = np.flatnonzero(pc.is_in(pc.utf8_upper(meeting.wholes), value_set=wanted))
        if hits.size:
            yield partial(where, meeting.rows[hits], *meeting.columns)
