"""The compiled loops of mass evaluation: comparisons into bit sets, bit sets into others, bits into pairs.

A bit set holds one bit a row, 64 rows a word, the lowest bit first. None of these loops holds the
interpreter's lock, so that threads may run them side by side.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba.extending import intrinsic

INSIDE, OUTSIDE, MISSING = range(3)
ALL, ANY = range(2)

Words = npt.NDArray[np.uint64]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int8]


def _count_trailing_zeros(context: Any, word: Any) -> Any:  # noqa: ARG001
    """Place of the lowest bit of a word that has one: a single instruction of the processor."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], context.get_constant(numba.types.boolean, True))

    return numba.types.int64(numba.types.uint64), generate


_lowest: Any = intrinsic(_count_trailing_zeros)


@numba.njit(nogil=True, cache=True)
def compare(
    worths: Doubles,
    slots: Ints,
    tests: Codes,
    low: Doubles,
    high: Doubles,
    start: int,
    stop: int,
    bits: Words,
) -> None:
    """Bit set ``leaf`` of ``bits``: which rows of [start, stop) pass its test against [low, high].

    ``worths`` (slots x rows): NaN where missing, which is neither INSIDE nor OUTSIDE.
    """
    for leaf in range(slots.size):
        numbers = worths[slots[leaf]]
        least, most = low[leaf], high[leaf]
        for word in range(bits.shape[1]):
            first = start + 64 * word
            found = np.uint64(0)
            if tests[leaf] == INSIDE:
                for row in range(min(64, stop - first)):
                    number = numbers[first + row]
                    found |= np.uint64((number >= least) & (number <= most)) << np.uint64(row)
            elif tests[leaf] == OUTSIDE:
                for row in range(min(64, stop - first)):
                    number = numbers[first + row]
                    found |= np.uint64((number < least) | (number > most)) << np.uint64(row)
            else:
                for row in range(min(64, stop - first)):
                    number = numbers[first + row]
                    found |= np.uint64(number != number) << np.uint64(row)
            bits[leaf, word] = found


@numba.njit(nogil=True, cache=True)
def join(joints: Codes, bounds: Ints, parts: Ints, leaves: int, rows: int, bits: Words) -> None:
    """Bit set ``leaves + joint``: ALL or ANY of the earlier sets ``parts[bounds[joint]:bounds[joint + 1]]``.

    ALL of nothing is every one of the ``rows``, ANY of nothing is none.
    """
    for joint in range(joints.size):
        made = bits[leaves + joint]
        first, last = bounds[joint], bounds[joint + 1]
        if first == last:
            _fill(made, rows if joints[joint] == ALL else 0)
            continue
        made[:] = bits[parts[first]]
        for part in range(first + 1, last):
            other = bits[parts[part]]
            if joints[joint] == ALL:
                for word in range(made.size):
                    made[word] &= other[word]
            else:
                for word in range(made.size):
                    made[word] |= other[word]


@numba.njit(nogil=True, cache=True)
def _fill(made: Words, rows: int) -> None:
    for word in range(made.size):
        held = min(64, max(0, rows - 64 * word))
        made[word] = np.uint64(0) if held == 0 else ~np.uint64(0) >> np.uint64(64 - held)


@numba.njit(nogil=True, cache=True)
def count(bits: Words, roots: Ints, rows: int) -> Ints:
    """How many of the sets ``roots`` each row is in."""
    counts = np.zeros(rows, dtype=np.int32)
    for rule in range(roots.size):
        for word in range(bits.shape[1]):
            left = bits[roots[rule], word]
            while left:
                counts[64 * word + _lowest(left)] += 1
                left &= left - np.uint64(1)
    return counts


@numba.njit(nogil=True, cache=True)
def pair(bits: Words, roots: Ints, counts: Ints, start: int) -> tuple[Ints, Ints]:
    """Every (row, rule) of the sets ``roots``, rows ascending; rows count from ``start``."""
    ends = np.cumsum(counts)
    rows = np.empty(ends[-1], dtype=np.int32)
    rules = np.empty(ends[-1], dtype=np.int32)
    places = np.empty(counts.size, dtype=np.int64)
    for row in range(counts.size):
        places[row] = ends[row] - counts[row]
        rows[places[row] : ends[row]] = start + row
    for rule in range(roots.size):
        for word in range(bits.shape[1]):
            left = bits[roots[rule], word]
            while left:
                row = 64 * word + _lowest(left)
                rules[places[row]] = rule
                places[row] += 1
                left &= left - np.uint64(1)
    return rows, rules
