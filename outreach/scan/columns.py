"""Columns of which it is declared what may stand in them: tokens, masks, numbers that a recipient is owed, a
script's variables."""

import json

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from outreach.scan.cells import Column, Ints, sayable
from outreach.scan.known import SHORTEST_NUMBER, Known

TOKENS = frozenset({"contact", "address"})
MASKS = {
    "masked_name": r"\A(?:[\x{4e00}-\x{9fff}]\*\*|\*\*\*)\z",
    "masked_phone": r"\A(?:1[3-9][0-9]\*\*\*\*[0-9]{4}|\*\*\*)\z",
}
"""What outreach/mask.py makes."""
CALLER = "caller"
VARIABLES = "variables"
DECLARED = TOKENS | MASKS.keys() | {CALLER}
_CALLER = r"\A(?:|[02-9][0-9]{2,19}|1[0-2][0-9]{1,18})\z"
_STAND_IN = r"\A[a-z][A-Za-z0-9_\-]{11}\z"
_DIGIT_RICH = r"(?:[0-9][^0-9]*){7}"

Flags = npt.NDArray[np.bool_]


def wrong_tokens(values: pa.StringArray, known: Known) -> Flags:
    """Which of ``values`` are no token, or a token that spells a number."""
    found = _no_match(values, _STAND_IN)
    rich = np.flatnonzero(~found & ~_no_match(values, _DIGIT_RICH))
    parts = [_parts(text) for text in values.take(pa.array(rich)).to_pylist()]
    spelt = known.among(pa.array({part for some in parts for part in some}, pa.string()))
    for at, some in zip(rich, parts, strict=True):
        found[at] = not spelt.isdisjoint(some) or any(part.isdecimal() and len(part) == 11 for part in some)
    return found


def wrong_masks(values: pa.StringArray, column: str) -> Flags:
    """Which of ``values`` are not masked as the masks of ``column`` are."""
    return _no_match(values, MASKS[column])


def wrong_callers(values: pa.StringArray, known: Known, own: frozenset[str]) -> Flags:
    """Which of ``values`` cannot be numbers of the bank's ``own``: not digits, a mobile, somebody's."""
    doubtful = values.filter(pa.array(_no_match(values, _CALLER))).unique()
    somebodys = pa.array(known.among(values.unique()), pa.string())
    wrong = pa.array(set(doubtful.to_pylist()) - own, pa.string())
    return np.asarray(pc.is_in(values, value_set=pa.concat_arrays([wrong, somebodys])))


def wrong_mobiles(values: pa.StringArray, known: Known, own: frozenset[str]) -> Flags:
    """Which of ``values`` are neither the mobile number of somebody on the list nor of the bank's ``own``."""
    by_right = pa.concat_arrays([known.mobiles, pa.array(own, pa.string())])
    return ~np.asarray(pc.is_in(values, value_set=by_right))


def wrong_variables(cells: Column) -> Flags:
    """Which rows hold something that is no JSON object of texts, each under a name of its own."""
    return np.array([_variables(cell) is None for cell in cells.values.to_pylist()], bool)[cells.rows]


def variables_of(cells: Column) -> dict[str, Column]:
    """Each variable, by its name, as a column of its own, empty in rows without it.

    So nothing is hidden by JSON's escapes, and what stands in two variables is not read as one word. A column
    is called ``variables.name`` where the name can be said.
    """
    spoken = [_variables(cell) or {} for cell in cells.values.to_pylist()]
    names = dict.fromkeys(name for cell in spoken for name in cell)
    return {name: _column(name, [cell.get(name, "") for cell in spoken], cells.rows) for name in names}


def _column(name: str, by_cell: list[str], rows: Ints) -> Column:
    coded = pa.array(by_cell, pa.string()).dictionary_encode()
    called = f"{VARIABLES}.{name}"
    return Column(
        name=called if sayable(called) == called else VARIABLES,
        values=coded.dictionary,
        rows=coded.indices.to_numpy()[rows],
    )


def _variables(cell: str) -> dict[str, str] | None:
    """What a cell of variables says; None where it is no JSON object of texts, each name once."""
    try:
        pairs = json.loads(cell, object_pairs_hook=tuple)
    except (ValueError, RecursionError):
        return None
    is_object = isinstance(pairs, tuple) and all(isinstance(value, str) for _, value in pairs)
    return dict(pairs) if is_object and len(dict(pairs)) == len(pairs) else None


def _no_match(values: pa.StringArray, pattern: str) -> Flags:
    return ~np.asarray(pc.fill_null(pc.match_substring_regex(values, pattern), False))


def _parts(token: str) -> list[str]:
    """All of a token that is long enough to be somebody's number, in capitals."""
    ends = range(SHORTEST_NUMBER, len(token) + 1)
    return [token[start:end].upper() for end in ends for start in range(end - SHORTEST_NUMBER + 1)]
