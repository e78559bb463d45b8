"""From prices to a list: settled units take their best row, open ones what keeps every limit."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from outreach.arbitrate.dual import Market
from outreach.arbitrate.evaluator import Choice, Evaluator
from outreach.arbitrate.exact import AT_THE_END, WHOLE_NIGHT, best_of
from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import Flags, Floats, Ints, Limits
from outreach.arbitrate.repair import walk
from outreach.arbitrate.units import Units, in_order_of_units, taken

_NEAR, _FAR = 0.02, 4.0  # of the scale: a rival within it keeps a unit open, at first and at most
_MISSED = 1e-4  # of the value: what branch and bound may miss


@dataclass(frozen=True, kw_only=True)
class Decided:
    """``units``: those that were open; ``taken``: the places of their rows that were chosen. ``used``:
    thousandths a limit; ``held``: chosen rows that are held back, by code; money in micro-yuan;
    ``missed``: minima that are not met. All but the first two speak of every unit."""

    units: Units
    taken: Ints
    used: Ints
    held: Ints
    value: int
    contact_value: int
    missed: Flags


@dataclass(frozen=True, kw_only=True)
class _Open:
    """Open units, and what all others leave: room and need a limit, thousandths."""

    units: Units
    settled: Choice
    room: Ints
    need: Ints


def decide(evaluator: Evaluator, market: Market, limits: Limits, prices: Floats, *, scale: float) -> Decided:
    """A row or none for every unit, all highs kept, and every minimum as far as it can be."""
    usage = market.thousandths
    wanted = np.zeros(usage.shape[0], dtype=np.bool_)
    while True:
        left = _opened(evaluator, market, limits, prices, wanted, scale=scale)
        choice = _walked(left, market, limits, prices, usage)
        short = _left(left.need, left, choice, usage, limits) > 0
        serving = np.asarray(usage[:, short].sum(axis=1)).ravel() > 0
        if not (serving & ~wanted).any():
            break
        wanted |= serving
    if not evaluator.holds_back:
        choice = _bettered(left, choice, market.table(prices), usage, limits)
    return _decided(left, choice, usage, limits)


def _opened(
    evaluator: Evaluator, market: Market, limits: Limits, prices: Floats, wanted: Flags, *, scale: float
) -> _Open:
    """The units to decide one by one: as many as it takes for all others to fit, and few are all open."""
    usage, near = market.thousandths.T, _NEAR * scale
    while True:
        units, settled = evaluator.contested(market.table(prices), near, wanted)
        used = np.where(limits.every_arm, usage @ settled.used, usage @ (settled.used - settled.held))
        fits = (used <= limits.high).all()
        if near == np.inf or (fits and len(units.worth) >= WHOLE_NIGHT):
            return _Open(
                units=in_order_of_units(units),
                settled=settled,
                room=limits.high - used,
                need=limits.low - used,
            )
        near = near * 4 if near < _FAR * scale else np.inf


def _walked(left: _Open, market: Market, limits: Limits, prices: Floats, usage: sparse.csr_array) -> Ints:
    def surplus(at: Floats) -> Floats:
        return np.asarray(left.units.worth - market.table(at)[left.units.codes].sum(axis=1))

    return walk(
        left.units,
        surplus=surplus(prices),
        unpaid=surplus(np.maximum(prices, 0.0)),
        usage=usage,
        every_arm=limits.every_arm,
        room=left.room.copy(),
        need=left.need.copy(),
    )


def _bettered(left: _Open, choice: Ints, table: Floats, usage: sparse.csr_array, limits: Limits) -> Ints:
    """A walk's choice, improved by branch and bound over the units whose rows are closest to each other.

    Only on nights that hold nobody back: what it finds for a unit may depend on what the unit itself uses.
    """
    few = len(left.units.worth) <= WHOLE_NIGHT
    loose = _closest(left.units, table, rows=WHOLE_NIGHT if few else AT_THE_END)
    freed = np.where(loose, -1, choice)
    units = taken(left.units, np.flatnonzero(loose))
    missed = _MISSED * abs(left.settled.value / MICRO + _worth(left.units, choice))
    found = best_of(
        units,
        usage=usage,
        room=_left(left.room, left, freed, usage, limits),
        need=_left(left.need, left, freed, usage, limits),
        slack=0.0 if few else missed,
    )
    if found is None:
        return choice
    starts = left.units.starts[:-1][loose]
    freed[loose] = np.where(found >= 0, starts + found - units.starts[:-1], -1)
    if (_left(left.room, left, freed, usage, limits) < 0).any():
        return choice

    def merit(each: Ints) -> tuple[float, float]:
        short = np.maximum(_left(left.need, left, each, usage, limits), 0).sum()
        return -float(short), _worth(left.units, each)

    return max(choice, freed, key=merit)


def _closest(units: Units, table: Floats, *, rows: int) -> Flags:
    """The units with the least between their best and their second best, so many that they have ``rows``."""
    surplus = units.worth - table[units.codes].sum(axis=1)
    sizes = np.diff(units.starts)
    unit = np.repeat(np.arange(len(units)), sizes)
    padded = np.concatenate([surplus, np.zeros(len(units))])
    owner = np.concatenate([unit, np.arange(len(units))])
    order = np.lexsort((-padded, owner))
    first = units.starts[:-1] + np.arange(len(units))
    between = padded[order[first]] - padded[order[first + 1]]
    nearest = np.argsort(between, kind="stable")
    chosen = np.zeros(len(units), dtype=np.bool_)
    chosen[nearest[np.cumsum(sizes[nearest]) <= rows]] = True
    return chosen


def _worth(units: Units, choice: Ints) -> float:
    return float(units.worth[choice[choice >= 0]].sum())


def _left(of: Ints, left: _Open, choice: Ints, usage: sparse.csr_array, limits: Limits) -> Ints:
    """What the open units' rows leave of room or need, thousandths."""
    used, held = _by_code(left.units, choice[choice >= 0], usage.shape[0])
    return np.asarray(of - np.where(limits.every_arm, usage.T @ used, usage.T @ (used - held)))


def _by_code(units: Units, rows: Ints, codes: int) -> tuple[Ints, Ints]:
    """Rows by code, all and those held back."""
    used = np.bincount(units.codes[rows].ravel(), minlength=codes)
    return used, np.bincount(units.codes[rows[units.held[rows]]].ravel(), minlength=codes)


def _decided(left: _Open, choice: Ints, usage: sparse.csr_array, limits: Limits) -> Decided:
    taken = choice[choice >= 0]
    _, held = _by_code(left.units, taken, usage.shape[0])
    used = limits.high - _left(left.room, left, choice, usage, limits)
    worth = np.rint(left.units.worth[taken] * MICRO).astype(np.int64)
    return Decided(
        units=left.units,
        taken=taken,
        used=used,
        held=left.settled.held + held,
        value=left.settled.value + int(worth.sum()),
        contact_value=left.settled.contact_value + int(worth[~left.units.held[taken]].sum()),
        missed=used < limits.low,
    )
