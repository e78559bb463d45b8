"""From prices to a list that keeps every limit: a walk over the units that are still open.

Rows are taken in the order of what the unit would lose without them at these prices, ties by luck: first
those that a minimum still needs, then everybody's best, then what fills the room that is left. A row is taken
where all its limits still have room, and what is taken stays taken.

Treated rows alone use up room (but see ``Limits.every_arm``), and room only ever shrinks. So whether a unit
gets a row depends on who stood before it and on its own places in the order, never on its own arm.
"""

import heapq

import numba
import numpy as np
import numpy.typing as npt
from scipy import sparse

from outreach.arbitrate.problem import Flags, Floats, Ints
from outreach.arbitrate.units import Units

Bits = npt.NDArray[np.uint64]
Codes = npt.NDArray[np.int32]


def walk(
    units: Units,
    *,
    surplus: Floats,
    unpaid: Floats,
    usage: sparse.csr_array,
    every_arm: Flags,
    room: Ints,
    need: Ints,
) -> Ints:
    """The row that each unit gets, as a place among the units' rows; -1 for none.

    ``surplus``: worth less price, one a row; ``unpaid``: the same where no minimum pays. ``usage``: codes x
    limits in thousandths. ``room`` and ``need``: what all limits still have and still ask for, thousandths;
    both are counted down in place.
    """
    choice = np.full(len(units), -1, dtype=np.int64)
    unit = np.repeat(np.arange(len(units)), np.diff(units.starts))
    regret = _regret(units.starts, surplus)
    state = (
        units.codes, units.held, usage.indptr.astype(np.int64), usage.indices.astype(np.int64), usage.data,
        every_arm, room, need,
    )  # fmt: skip
    serving = (usage @ (need > 0).astype(np.int64))[units.codes].sum(axis=1) > 0
    asked = np.flatnonzero(serving)
    _serve(_in_order(asked, -regret[asked], units.luck[unit[asked]]), unit, *state, choice)
    surplus = unpaid
    regret = _regret(units.starts, surplus)
    best = _best(units.starts, surplus)
    best = best[(best >= 0) & (choice < 0)]
    _settle(
        _in_order(best, -regret[best], units.luck[unit[best]]),
        unit, units.starts, surplus, regret, units.luck, *state, choice,
    )  # fmt: skip
    spare = np.flatnonzero((choice[unit] < 0) & (units.worth > 0))
    _fill(_in_order(spare, -surplus[spare], units.luck[unit[spare]]), unit, *state, choice)
    return choice


def _in_order(rows: Ints, key: Floats, luck: Bits) -> Ints:
    """Rows by key, then luck, then their place within the unit."""
    return np.asarray(rows[np.lexsort((rows, luck, key))])


@numba.njit(nogil=True, cache=True)
def _regret(starts: Ints, surplus: Floats) -> Floats:
    """By how much each row beats the best of the unit's others and nobody."""
    found = np.empty(len(surplus))
    for unit in range(len(starts) - 1):
        first, second = 0.0, 0.0
        for row in range(starts[unit], starts[unit + 1]):
            if surplus[row] > first:
                first, second = surplus[row], first
            elif surplus[row] > second:
                second = surplus[row]
        for row in range(starts[unit], starts[unit + 1]):
            found[row] = surplus[row] - (second if surplus[row] == first else first)
    return found


@numba.njit(nogil=True, cache=True)
def _best(starts: Ints, surplus: Floats) -> Ints:
    found = np.full(len(starts) - 1, -1, dtype=np.int64)
    for unit in range(len(starts) - 1):
        best = 0.0
        for row in range(starts[unit], starts[unit + 1]):
            if surplus[row] > best:
                best, found[unit] = surplus[row], row
    return found


@numba.njit(nogil=True, cache=True)
def _fits(row: int, codes: Codes, ends: Ints, limits: Ints, amounts: Ints, room: Ints) -> bool:
    fits = True
    for side in range(codes.shape[1]):
        for at in range(ends[codes[row, side]], ends[codes[row, side] + 1]):
            room[limits[at]] -= amounts[at]
            fits = fits and (room[limits[at]] >= 0 or amounts[at] == 0)
    for side in range(codes.shape[1]):
        for at in range(ends[codes[row, side]], ends[codes[row, side] + 1]):
            room[limits[at]] += amounts[at]
    return fits


@numba.njit(nogil=True, cache=True)
def _use(
    row: int, codes: Codes, held: Flags, ends: Ints, limits: Ints, amounts: Ints, every_arm: Flags,
    room: Ints, need: Ints,
) -> None:  # fmt: skip
    for side in range(codes.shape[1]):
        for at in range(ends[codes[row, side]], ends[codes[row, side] + 1]):
            if every_arm[limits[at]] or not held[row]:
                room[limits[at]] -= amounts[at]
                need[limits[at]] -= amounts[at]


@numba.njit(nogil=True, cache=True)
def _serve(
    order: Ints, unit: Ints, codes: Codes, held: Flags, ends: Ints, limits: Ints, amounts: Ints,
    every_arm: Flags, room: Ints, need: Ints, choice: Ints,
) -> None:  # fmt: skip
    """Takes rows down the order while a minimum that they serve is still short."""
    for row in order:
        if choice[unit[row]] >= 0:
            continue
        short = False
        for side in range(codes.shape[1]):
            for at in range(ends[codes[row, side]], ends[codes[row, side] + 1]):
                short = short or (need[limits[at]] > 0 and amounts[at] > 0)
        if short and _fits(row, codes, ends, limits, amounts, room):
            choice[unit[row]] = row
            _use(row, codes, held, ends, limits, amounts, every_arm, room, need)


@numba.njit(nogil=True, cache=True)
def _settle(
    order: Ints, unit: Ints, starts: Ints, surplus: Floats, regret: Floats, luck: Bits, codes: Codes,
    held: Flags, ends: Ints, limits: Ints, amounts: Ints, every_arm: Flags, room: Ints, need: Ints,
    choice: Ints,
) -> None:  # fmt: skip
    """Everybody's best row down the order; who finds it full stands in again with the best that is open."""
    again = [(0.0, np.uint64(0), 0)]
    again.clear()
    place = 0
    while place < len(order) or len(again) > 0:
        if len(again) > 0 and (
            place == len(order) or again[0][:2] < (-regret[order[place]], luck[unit[order[place]]])
        ):
            row = int(heapq.heappop(again)[2])
        else:
            row = int(order[place])
            place += 1
        if _fits(row, codes, ends, limits, amounts, room):
            choice[unit[row]] = row
            _use(row, codes, held, ends, limits, amounts, every_arm, room, need)
            continue
        best, second, at = 0.0, 0.0, -1
        for other in range(starts[unit[row]], starts[unit[row] + 1]):
            if surplus[other] > second and _fits(other, codes, ends, limits, amounts, room):
                if surplus[other] > best:
                    best, second, at = surplus[other], best, other
                else:
                    second = surplus[other]
        if at >= 0:
            heapq.heappush(again, (second - best, luck[unit[row]], at))


@numba.njit(nogil=True, cache=True)
def _fill(
    order: Ints, unit: Ints, codes: Codes, held: Flags, ends: Ints, limits: Ints, amounts: Ints,
    every_arm: Flags, room: Ints, need: Ints, choice: Ints,
) -> None:  # fmt: skip
    """Takes whatever still fits, down the order."""
    for row in order:
        if choice[unit[row]] < 0 and _fits(row, codes, ends, limits, amounts, room):
            choice[unit[row]] = row
            _use(row, codes, held, ends, limits, amounts, every_arm, room, need)
