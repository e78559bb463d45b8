"""The passes over units that everything else is made of; each works on units ``first`` to ``last``.

``table`` holds one price a code, in CNY: a row's price is the sum over its codes. All sums are whole numbers
(shares in 2**-24, money in micro-yuan), so neither order nor partitioning nor threads change them. Rows stand
in one order within their unit (by luck), so the first of equals is the one that luck prefers.
"""

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

SHARE = 2**24
"""What one whole contact counts in the sums of a softened choice."""

MICRO = 1_000_000
"""Micro-yuan a yuan."""

_NOTHING = -18.0  # exp of it rounds to no share at all
_FAINT, _LITTLE = -7.0, 1e-3  # exp of it, and a share, that hardly bend the dual


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
            surplus = worth[row]
            for side in range(codes.shape[1]):
                surplus -= table[codes[row, side]]
            if surplus > best:
                best, at = surplus, row
        if keep:
            choice[unit] = at
        if at < 0:
            continue
        micro = np.int64(np.rint(worth[at] * MICRO))
        money[0] += micro
        money[2] += np.int64(np.ceil(best * MICRO))
        for side in range(codes.shape[1]):
            used[codes[at, side]] += 1
        if held[at]:
            for side in range(codes.shape[1]):
                used_held[codes[at, side]] += 1
        else:
            money[1] += micro


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
    rows_kept: Ints,
    used: Ints,
    used_held: Ints,
    money: Ints,
) -> None:
    """Which units are still open: a rival of the best lies within ``within``, or a row has a wanted code.

    Fills ``rows_kept``, how many rows of the unit stay in the contest (0: the unit is settled), and adds what
    the settled units use, as ``choose`` does.
    """
    for unit in range(first, last):
        best, second, at = 0.0, -np.inf, -1
        near, asked = 0, 0
        for row in range(starts[unit], starts[unit + 1]):
            surplus = worth[row]
            for side in range(codes.shape[1]):
                surplus -= table[codes[row, side]]
                if wanted[codes[row, side]] and worth[row] > -np.inf:
                    asked += 1
            if surplus > best:
                best, second, at = surplus, best, row
            elif surplus > second:
                second = surplus
        if second < best - within and asked == 0:
            rows_kept[unit] = 0
            if at >= 0:
                micro = np.int64(np.rint(worth[at] * MICRO))
                money[0] += micro
                money[2] += np.int64(np.ceil(best * MICRO))
                for side in range(codes.shape[1]):
                    used[codes[at, side]] += 1
                if held[at]:
                    for side in range(codes.shape[1]):
                        used_held[codes[at, side]] += 1
                else:
                    money[1] += micro
            continue
        for row in range(starts[unit], starts[unit + 1]):
            if _stays(row, worth, codes, table, best - within, wanted):
                near += 1
        rows_kept[unit] = near


@numba.njit(nogil=True, cache=True)
def keep_contested(
    starts: Ints,
    worth: Floats,
    codes: Codes,
    table: Floats,
    within: float,
    wanted: Flags,
    first: int,
    last: int,
    rows_kept: Ints,
    ends: Ints,
    kept: Ints,
) -> None:
    """Fills ``kept``: the rows that stay in the contest, unit u's before place ``ends[u]``."""
    for unit in range(first, last):
        if rows_kept[unit] == 0:
            continue
        best = 0.0
        for row in range(starts[unit], starts[unit + 1]):
            surplus = worth[row]
            for side in range(codes.shape[1]):
                surplus -= table[codes[row, side]]
            best = max(best, surplus)
        place = ends[unit] - rows_kept[unit]
        for row in range(starts[unit], starts[unit + 1]):
            if _stays(row, worth, codes, table, best - within, wanted):
                kept[place] = row
                place += 1


@numba.njit(nogil=True, cache=True)
def _stays(row: int, worth: Floats, codes: Codes, table: Floats, least: float, wanted: Flags) -> bool:
    if worth[row] == -np.inf:
        return False
    surplus = worth[row]
    for side in range(codes.shape[1]):
        surplus -= table[codes[row, side]]
        if wanted[codes[row, side]]:
            return True
    return bool(surplus >= least)


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
            left = worth[row]
            for side in range(codes.shape[1]):
                left -= table[codes[row, side]]
            surplus[row - low] = left
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
