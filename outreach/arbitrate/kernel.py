"""The passes over units that choose among rows; each works on units ``first`` to ``last``.

``table`` holds one price a code, in CNY: a row's price is the sum over its codes. All sums are whole numbers
(contacts, money in micro-yuan), so neither order nor partitioning nor threads change them. Rows stand
in one order within their unit (by luck), so the first of equals is the one that luck prefers.
"""

import numba
import numpy as np

from outreach.arbitrate.problem import Bits, Codes, Flags, Floats, Ints

MICRO = 1_000_000
"""Micro-yuan a yuan."""


@numba.njit(nogil=True, cache=True)
def in_order_of_luck(starts: Ints, luck: Bits, first: int, last: int, order: Ints) -> None:
    """Fills ``order``: a unit's rows by luck (few a unit: insertion; many: a sort)."""
    for unit in range(first, last):
        low, high = starts[unit], starts[unit + 1]
        if high - low > 64:
            order[low:high] = low + np.argsort(luck[low:high], kind="mergesort")
            continue
        for row in range(low, high):
            place = row
            while place > low and luck[order[place - 1]] > luck[row]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = row


@numba.njit(nogil=True, cache=True)
def choose(
    starts: Ints,
    worth: Floats,
    codes: Codes,
    held: Flags,
    table: Floats,
    first: int,
    last: int,
    used: Ints,
    used_held: Ints,
    money: Ints,
    choice: Ints,
) -> None:
    """Every unit's best row at these prices, if it is above zero.

    Adds what the chosen rows use, all and those held back, by code; to ``money`` their worth, the worth of
    those not held back, and the surplus over their prices, rounded up; to ``choice``, unless it is empty,
    the row or -1.
    """
    keep = len(choice) > 0
    for unit in range(first, last):
        best, at = 0.0, -1
        for row in range(starts[unit], starts[unit + 1]):
            surplus = _surplus(row, worth, codes, table)
            if surplus > best:
                best, at = surplus, row
        if keep:
            choice[unit] = at
        if at >= 0:
            _count(at, best, worth, codes, held, used, used_held, money)


@numba.njit(nogil=True, cache=True)
def _surplus(row: int, worth: Floats, codes: Codes, table: Floats) -> float:
    surplus: float = worth[row]
    for side in range(codes.shape[1]):
        surplus -= table[codes[row, side]]
    return surplus


@numba.njit(nogil=True, cache=True)
def _count(
    row: int,
    surplus: float,
    worth: Floats,
    codes: Codes,
    held: Flags,
    used: Ints,
    used_held: Ints,
    money: Ints,
) -> None:
    """Adds a chosen row to the sums; see ``choose``."""
    micro = np.int64(np.rint(worth[row] * MICRO))
    money[0] += micro
    money[2] += np.int64(np.ceil(surplus * MICRO))
    for side in range(codes.shape[1]):
        used[codes[row, side]] += 1
    if held[row]:
        for side in range(codes.shape[1]):
            used_held[codes[row, side]] += 1
    else:
        money[1] += micro


@numba.njit(nogil=True, cache=True)
def contest(
    starts: Ints,
    worth: Floats,
    codes: Codes,
    held: Flags,
    table: Floats,
    within: float,
    wanted: Flags,
    first: int,
    last: int,
    used: Ints,
    used_held: Ints,
    money: Ints,
    opened: Ints,
    ends: Ints,
    kept: Ints,
    widest: int,
) -> tuple[int, int]:
    """Which units are still open: a rival of the best lies within ``within``, or a row has a wanted code.

    Fills ``opened`` with these units, ``kept`` with their rows that stay in the contest and ``ends`` with the
    place after each unit's last: how many units and rows, is returned. Adds what the settled units use, as
    ``choose`` does.
    """
    surplus, asked = np.empty(widest), np.empty(widest, dtype=np.bool_)
    units, rows = 0, 0
    for unit in range(first, last):
        low, many = starts[unit], starts[unit + 1] - starts[unit]
        best, second, at, settled = 0.0, -np.inf, -1, True
        for place in range(many):
            left = surplus[place] = _surplus(low + place, worth, codes, table)
            asked[place] = worth[low + place] > -np.inf and _has(low + place, codes, wanted)
            settled = settled and not asked[place]
            if left > best:
                best, second, at = left, best, low + place
            elif left > second:
                second = left
        if settled and second < best - within:
            if at >= 0:
                _count(at, best, worth, codes, held, used, used_held, money)
            continue
        before = rows
        for place in range(many):
            near = worth[low + place] > -np.inf and surplus[place] >= best - within
            if near or asked[place]:
                kept[rows] = low + place
                rows += 1
        if rows > before:
            opened[units], ends[units] = unit, rows
            units += 1
    return units, rows


@numba.njit(nogil=True, cache=True)
def _has(row: int, codes: Codes, wanted: Flags) -> bool:
    found = False
    for side in range(codes.shape[1]):
        found = found or wanted[codes[row, side]]
    return found


@numba.njit(nogil=True, cache=True)
def rank(
    starts: Ints,
    worth: Floats,
    codes: Codes,
    table: Floats,
    own: Ints,
    amount: Ints,
    price: Floats,
    paid: Flags,
    finest: float,
    width: float,
    first: int,
    last: int,
    ranked: Ints,
    widest: int,
) -> None:
    """At which price of its own limit each row would be given up, all other prices as they are.

    ``own``: a code's limit, -1 for none; ``amount``: thousandths a row with the code uses of it; ``price``
    and ``paid`` (a minimum may pay): by limit. Adds amounts to ``ranked``, limits x bins: the middle is zero,
    bins grow by ``exp(width)`` from ``finest`` CNY on both sides.
    """
    surplus = np.empty(widest)
    middle = ranked.shape[1] // 2
    for unit in range(first, last):
        low, high = starts[unit], starts[unit + 1]
        best, at = 0.0, -1
        for row in range(low, high):
            left = surplus[row - low] = _surplus(row, worth, codes, table)
            if left > best:
                best, at = left, row
        for side in range(codes.shape[1]):
            second = 0.0
            if at >= 0:
                for row in range(low, high):
                    if codes[row, side] != codes[at, side]:
                        second = max(second, surplus[row - low])
            for row in range(low, high):
                limit = own[codes[row, side]]
                if limit < 0 or worth[row] == -np.inf:
                    continue
                same = at >= 0 and codes[row, side] == codes[at, side]
                if same and row != at:
                    continue
                bid = (
                    price[limit]
                    + (surplus[row - low] - (second if same else best)) * 1000.0 / amount[codes[row, side]]
                )
                if bid <= finest and not paid[limit]:
                    continue
                beaten = False
                for other in range(low, high):
                    if codes[other, side] == codes[row, side] and (
                        surplus[other - low] > surplus[row - low]
                        or (surplus[other - low] == surplus[row - low] and other < row)
                    ):
                        beaten = True
                if beaten:
                    continue
                place = 0
                if abs(bid) > finest:
                    place = min(int(np.log(abs(bid) / finest) / width) + 1, middle)
                ranked[limit, middle + place if bid > 0 else middle - place] += amount[codes[row, side]]
