"""The passes over units that divide themselves over their rows, softly; see ``kernel`` for what all share.

A softened unit takes all its rows, and nobody, in proportion to exp(surplus / heat). Shares count in 2**-24.
"""

import numba
import numpy as np

from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import Codes, Floats, Ints

SHARE = 2**24
"""What one whole contact counts in the sums of a softened choice."""

_NOTHING = 2e-8  # a weight beside the best's that rounds to no share at all
_FAINT, _LITTLE = 1e-3, 1e-3  # such a weight, and a share, that hardly bend the dual
_HALVINGS = 1.0 / np.log(2.0)  # a unit of a power
_HALVES = 0.5 ** np.arange(30)


@numba.njit(nogil=True, cache=True, error_model="numpy")
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
    ends: Ints,
    share: Floats,
    its_codes: Codes,
    widest: int,
) -> tuple[int, int]:
    """Every unit divides itself over its rows and nobody, in proportion to exp(surplus / heat).

    Adds the shares by code, the spread share * (1 - share) by code, and to ``money`` the softened surplus.

    Fills ``share`` and ``its_codes`` with the rows that a small move of prices would move, and ``ends`` with
    the place after each of their units' last: how many units and rows, is returned. Left out are rows of
    hardly any share and units that one choice has nearly whole.
    """
    weights, cold = np.empty(widest), 1.0 / heat
    units, rows = 0, 0
    for unit in range(first, last):
        low, many = starts[unit], starts[unit + 1] - starts[unit]
        best = 0.0
        for place in range(many):
            surplus = worth[low + place]
            for side in range(codes.shape[1]):
                surplus -= table[codes[low + place, side]]
            weights[place] = surplus
            best = max(best, surplus)
        for place in range(many):  # nothing but this, so that it runs on whole vectors
            weights[place] = _exp((weights[place] - best) * cold)
        whole = largest = _exp(-best * cold)
        for place in range(many):
            whole += weights[place]
            largest = max(largest, weights[place])
        money[0] += np.int64(np.rint((best + heat * np.log(whole)) * MICRO))
        kept, inverse = rows, 1.0 / whole
        for place in range(many):
            if weights[place] < _NOTHING:
                continue
            part = weights[place] * inverse
            counted = np.int64(np.rint(part * SHARE))
            varied = np.int64(np.rint(part * (1.0 - part) * SHARE))
            for side in range(codes.shape[1]):
                used[codes[low + place, side]] += counted
                spread[codes[low + place, side]] += varied
            if weights[place] > _FAINT:
                share[kept] = part
                for side in range(codes.shape[1]):
                    its_codes[kept, side] = codes[low + place, side]
                kept += 1
        if largest <= (1.0 - _LITTLE) * whole:
            rows = kept
            ends[units] = rows
            units += 1
    return units, rows


@numba.njit(nogil=True, cache=True, error_model="numpy")
def _exp(power: float) -> float:
    """exp of what is not above zero, to eight places; of what is below -20 that of -20.

    A power of two and Taylor's polynomial: without branches and calls, and the same bits on every machine.
    """
    power = max(power, -20.0)
    halvings = np.rint(power * -_HALVINGS)
    rest = power + halvings / _HALVINGS
    found = 1.0 / 5040.0
    for factor in (720.0, 120.0, 24.0, 6.0, 2.0, 1.0, 1.0):
        found = found * rest + 1.0 / factor
    return float(found * _HALVES[np.int32(halvings)])


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
