"""The compiled loops of mass evaluation: comparisons into bit sets, bit sets into others, bits into pairs.

A bit set holds one bit a row, 64 rows a word, the lowest bit first. None of these loops holds the
interpreter's lock, so that threads may run them side by side.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba.extending import intrinsic

from strategies.evaluate.program import ALL, INSIDE, OUTSIDE, Words

_AT_ONCE = 3

Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Codes = npt.NDArray[np.int8]
Counts = npt.NDArray[np.int64]


def _count_trailing_zeros(context: Any, word: Any) -> Any:  # noqa: ARG001
    """Place of a word's lowest bit, 64 where it has none, in one instruction of the processor."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], context.get_constant(numba.types.boolean, False))

    return numba.types.int64(numba.types.uint64), generate


def _count_ones(context: Any, word: Any) -> Any:  # noqa: ARG001
    """How many bits of a word are set, in one instruction of the processor."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.ctpop(arguments[0])

    return numba.types.int64(numba.types.uint64), generate


_zeros: Any = intrinsic(_count_trailing_zeros)
_ones: Any = intrinsic(_count_ones)


@numba.njit(nogil=True, cache=True)
def compare(
    worths: Doubles, slots: Ints, tests: Codes, low: Doubles, high: Doubles, first: int, bits: Words
) -> None:
    """Bit set ``leaf`` of ``bits``: which rows, from ``first`` on, pass its test against [low, high].

    ``worths`` (slots x rows): NaN where missing, which is neither INSIDE nor OUTSIDE. There are rows enough
    for every word to be full: loops of a known length become vector instructions.
    """
    for leaf in range(slots.size):
        numbers = worths[slots[leaf], first : first + 64 * bits.shape[1]]
        least, most = low[leaf], high[leaf]
        for word in range(bits.shape[1]):
            found = np.uint64(0)
            if tests[leaf] == INSIDE:
                for row in range(64):
                    number = numbers[64 * word + row]
                    found |= np.uint64((number >= least) & (number <= most)) << np.uint64(row)
            elif tests[leaf] == OUTSIDE:
                for row in range(64):
                    number = numbers[64 * word + row]
                    found |= np.uint64((number < least) | (number > most)) << np.uint64(row)
            else:
                for row in range(64):
                    number = numbers[64 * word + row]
                    found |= np.uint64(number != number) << np.uint64(row)
            bits[leaf, word] = found


@numba.njit(nogil=True, cache=True)
def join(joints: Codes, bounds: Ints, parts: Ints, leaves: int, bits: Words) -> None:
    """Bit set ``leaves + joint``: ALL or ANY of the earlier sets ``parts[bounds[joint]:bounds[joint + 1]]``.

    ALL of nothing is everybody, ANY of nothing is nobody.
    """
    for joint in range(joints.size):
        made = bits[leaves + joint]
        if joints[joint] == ALL:
            made[:] = ~np.uint64(0)
            for part in parts[bounds[joint] : bounds[joint + 1]]:
                for word in range(made.size):
                    made[word] &= bits[part, word]
        else:
            made[:] = np.uint64(0)
            for part in parts[bounds[joint] : bounds[joint + 1]]:
                for word in range(made.size):
                    made[word] |= bits[part, word]


@numba.njit(nogil=True, cache=True)
def pair(bits: Words, roots: Ints, start: int) -> tuple[Ints, Ints]:
    """Every (row, rule) of the sets ``roots``: rows ascending from ``start``, and rules within them."""
    total = 0
    for root in roots:
        for word in bits[root]:
            total += _ones(word)
    rows = np.empty(total, dtype=np.int32)
    rules = np.empty(total + _AT_ONCE, dtype=np.int32)
    by_row = np.empty((64, (roots.size + 63) // 64), dtype=np.uint64)
    done = 0
    for word in range(bits.shape[1]):
        _turn(bits, roots, word, by_row)
        for row in range(64):
            first = done
            for block in range(by_row.shape[1]):
                left = by_row[row, block]
                ones = _ones(left)
                # Few words hold more: a fixed number of steps spares the processor guessing when to stop, and
                # what is written beyond the last one is overwritten by the next word's.
                for place in range(_AT_ONCE):
                    rules[done + place] = 64 * block + _zeros(left)
                    left &= left - np.uint64(1)
                for place in range(_AT_ONCE, ones):
                    rules[done + place] = 64 * block + _zeros(left)
                    left &= left - np.uint64(1)
                done += ones
            rows[first:done] = start + 64 * word + row
    return rows, rules[:total]


@numba.njit(nogil=True, cache=True)
def shared(bits: Words, selected: Words) -> Counts:
    """How many rows of the set ``selected`` are in each set of ``bits`` too."""
    counts = np.zeros(bits.shape[0], dtype=np.int64)
    for place in range(bits.shape[0]):
        for word in range(selected.size):
            counts[place] += _ones(bits[place, word] & selected[word])
    return counts


@numba.njit(nogil=True, cache=True)
def _turn(bits: Words, roots: Ints, word: int, by_row: Words) -> None:
    """One word of every set, turned: the sets each of its 64 rows is in, by blocks of 64 sets.

    Each block is a 64 x 64 matrix of bits, transposed in six rounds that swap ever smaller squares of it
    (Warren, Hacker's Delight, 7-3).
    """
    tile = np.empty(64, dtype=np.uint64)
    for block in range(by_row.shape[1]):
        tile[:] = np.uint64(0)
        for rule in range(64 * block, min(64 * block + 64, roots.size)):
            tile[rule - 64 * block] = bits[roots[rule], word]
        width, mask = 32, np.uint64(0xFFFFFFFF)
        while width:
            shift = np.uint64(width)
            for corner in range(0, 64, 2 * width):
                for line in range(corner, corner + width):
                    swapped = ((tile[line] >> shift) ^ tile[line + width]) & mask
                    tile[line] ^= swapped << shift
                    tile[line + width] ^= swapped
            width >>= 1
            mask ^= mask << np.uint64(width)
        by_row[:, block] = tile
