"""Units as the passes read them: rows in the order of their luck, codes counted through all factors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from base.errors import ArbitrationError
from outreach.arbitrate import kernel
from outreach.arbitrate.problem import Bits, Codes, Flags, Floats, Ints, Problem
from outreach.arbitrate.runs import added

MOST = 1e9
"""CNY that one row can be worth: sums of micro-yuan hold nine thousand of these."""


@dataclass(frozen=True, kw_only=True)
class Units:
    """Units with rows in the order of their luck; ``codes``: rows x factors, counted through all factors.

    ``place``: where each unit stands in the problem; ``row``: where each row does, empty where that is known
    from the unit alone.
    """

    starts: Ints
    luck: Bits
    worth: Floats
    codes: Codes
    held: Flags
    place: Ints
    row: Ints

    def __len__(self) -> int:
        return len(self.starts) - 1

    @cached_property
    def widest(self) -> int:
        return int(np.diff(self.starts).max(initial=0))


def units_of(problem: Problem, *, threads: int) -> Units:
    """The problem's units, each with its rows in the order of their luck.

    Raises ArbitrationError where a worth is infinite or beyond ``MOST``.
    """
    vast = (np.abs(problem.worth) > MOST) & ~np.isneginf(problem.worth)
    if vast.any():
        row = int(np.argmax(vast))
        raise beyond(row, problem.worth[row])
    order = np.arange(problem.rows, dtype=np.int64)

    def sort(first: int, last: int) -> tuple[()]:
        kernel.in_order_of_luck(problem.starts, problem.luck, first, last, order)
        return ()

    added(sort, units=problem.units, threads=threads)
    codes = np.empty((problem.rows, len(problem.factors)), dtype=np.int32)
    past = 0
    for side, factor in enumerate(problem.factors):
        codes[:, side] = factor.codes[order]
        codes[:, side] += past
        past += factor.usage.shape[0]
    worth = problem.worth[order]
    worth[np.isnan(worth)] = -np.inf
    # In micro-yuan, as sums of them are, so that no rounding comes between a choice and its bound.
    worth *= kernel.MICRO
    np.rint(worth, out=worth)
    worth /= kernel.MICRO
    return Units(
        starts=problem.starts,
        luck=problem.unit_luck,
        worth=worth,
        codes=codes,
        held=~problem.treated[order],
        place=np.arange(problem.units, dtype=np.int64),
        row=order,
    )


def beyond(row: int, worth: float) -> ArbitrationError:
    """What to say of a worth that sums cannot hold."""
    stated = f"{worth:,.0f} CNY" if np.isfinite(worth) else "without end"
    return ArbitrationError(
        f"row {row} is worth {stated}: state what it brings as a number of CNY, {MOST:,.0f} at most"
    )


def drawn_of(luck: Bits, share: int) -> Flags:
    """Which units belong to the sample of one in ``share`` (a power of two)."""
    mixed = (luck ^ (luck >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray((mixed >> np.uint64(32)) % np.uint64(share) == 0)


def in_order_of_units(of: Units) -> Units:
    """The same units in the order of their luck, which knows neither partitions nor where they came from."""
    return taken(of, np.argsort(of.luck, kind="stable"))


def taken(of: Units, units: Ints) -> Units:
    """Some of the units, in that order."""
    sizes = np.diff(of.starts)[units]
    ends = np.cumsum(sizes)
    rows = np.arange(int(sizes.sum())) + np.repeat(of.starts[units] - (ends - sizes), sizes)
    return Units(
        starts=np.concatenate([[0], ends]),
        luck=of.luck[units],
        worth=of.worth[rows],
        codes=of.codes[rows],
        held=of.held[rows],
        place=of.place[units],
        row=rows if len(of.row) == 0 else of.row[rows],
    )
