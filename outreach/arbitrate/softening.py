"""The passes over units that divide themselves over their rows, softly; see ``kernel`` for what all share.

A softened unit takes all its rows, and nobody, in proportion to exp(surplus / heat). Shares count in 2**-24.
"""

import numba
import numpy as np

from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import Codes, Floats, Ints

SHARE = 2**24
"""What one whole contact counts in the sums of a softened choice."""

_NOTHING = -18.0  # exp of it rounds to no share at all
_FAINT, _LITTLE = -7.0, 1e-3  # exp of it, and a share, that hardly bend the dual


@numba.njit(nogil=True, cache=True)
def soften(
    starts: Ints,
    worth: Floats,
    codes: Codes,
    table: Floats,
    heat: float,
    first: int,
    last: int,
    used: Ints,
    spread: Ints,
    money: Ints,
    widest: int,
) -> None:
    """Every unit divides itself over its rows and nobody, in proportion to exp(surplus / heat).

    Adds the shares by code, the spread share * (1 - share) by code, and to ``money`` the softened surplus.
    """
    weights = np.empty(widest)
    for unit in range(first, last):
        low, high = starts[unit], starts[unit + 1]
        best = 0.0
        for row in range(low, high):
            surplus = worth[row]
            for side in range(codes.shape[1]):
                surplus -= table[codes[row, side]]
            weights[row - low] = surplus
            if surplus > best:
                best = surplus
        whole = np.exp(-best / heat) if best < -_NOTHING * heat else 0.0
        for place in range(high - low):
            power = (weights[place] - best) / heat
            weights[place] = np.exp(power) if power > _NOTHING else 0.0
            whole += weights[place]
        money[0] += np.int64(np.rint((best + heat * np.log(whole)) * MICRO))
        for place in range(high - low):
            if weights[place] > 0.0:
                share = weights[place] / whole
                counted = np.int64(np.rint(share * SHARE))
                varied = np.int64(np.rint(share * (1.0 - share) * SHARE))
                for side in range(codes.shape[1]):
                    used[codes[low + place, side]] += counted
                    spread[codes[low + place, side]] += varied


@numba.njit(nogil=True, cache=True)
def divided(
    starts: Ints,
    worth: Floats,
    codes: Codes,
    table: Floats,
    heat: float,
    first: int,
    last: int,
    ends: Ints,
    share: Floats,
    row: Ints,
    widest: int,
) -> tuple[int, int]:
    """The units that a small move of prices would move, with the rows that count: how many of each.

    Fills ``share`` and ``row`` with the softened shares of these rows and ``ends`` with the place after each
    unit's last. Left out are rows of hardly any share and units that one choice has nearly whole.
    """
    weights = np.empty(widest)
    units, rows = 0, 0
    for unit in range(first, last):
        low, high = starts[unit], starts[unit + 1]
        best = 0.0
        for place in range(high - low):
            surplus = worth[low + place]
            for side in range(codes.shape[1]):
                surplus -= table[codes[low + place, side]]
            weights[place] = surplus
            if surplus > best:
                best = surplus
        nobody = np.exp(-best / heat) if best < -_FAINT * heat else 0.0
        whole, alone, kept = nobody, nobody, rows
        for place in range(high - low):
            power = (weights[place] - best) / heat
            if power > _FAINT:
                weight = np.exp(power)
                share[kept], row[kept] = weight, low + place
                kept += 1
                whole += weight
                if weight > alone:
                    alone = weight
        if alone > (1.0 - _LITTLE) * whole:
            continue
        for place in range(rows, kept):
            share[place] /= whole
        rows = kept
        ends[units] = rows
        units += 1
    return units, rows


@numba.njit(nogil=True, cache=True)
def turn(ends: Ints, share: Floats, codes: Codes, direction: Floats, moved: Ints) -> None:
    """By how much softened shares move, times heat, as prices move along ``direction`` (at most 1 a row).

    The product of the second derivative with a direction, without ever writing the matrix down.
    """
    low = 0
    for high in ends:
        mean = 0.0
        for row in range(low, high):
            for side in range(codes.shape[1]):
                mean += share[row] * direction[codes[row, side]]
        for row in range(low, high):
            way = 0.0
            for side in range(codes.shape[1]):
                way += direction[codes[row, side]]
            counted = np.int64(np.rint(share[row] * (way - mean) * SHARE))
            for side in range(codes.shape[1]):
                moved[codes[row, side]] += counted
        low = high
