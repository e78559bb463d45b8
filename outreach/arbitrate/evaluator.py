"""Answers the price search's questions about all units; here from arrays, on a few threads."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Protocol, Self, TypeVar

import numpy as np

from base.errors import ArbitrationError
from outreach.arbitrate import kernel
from outreach.arbitrate.problem import Bits, Codes, Flags, Floats, Ints, Problem

Found = TypeVar("Found")

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


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Sums over every unit's best row: contacts by code, all and held back alone; money in micro-yuan.

    ``value``: worth of all chosen rows; ``contact_value``: of those not held back; ``surplus``: worth less
    price.
    """

    used: Ints
    held: Ints
    value: int
    contact_value: int
    surplus: int


@dataclass(frozen=True, kw_only=True)
class Softened:
    """Sums over softened choices: shares and their spread by code (in 2**-24), surplus in micro-yuan."""

    used: Ints
    spread: Ints
    surplus: int


@dataclass(frozen=True, kw_only=True)
class Bins:
    """Bins for prices of single limits: a middle one for zero and ``each`` to either side, from ``finest``
    CNY up, each wider than the last by ``exp(width)``.

    ``own`` and ``amount``: a code's limit (-1: none is asked for) and what it uses of it, thousandths;
    ``price`` and ``paid``: by limit, CNY a whole unit and whether a minimum may pay.
    """

    own: Ints
    amount: Ints
    price: Floats
    paid: Flags
    finest: float
    width: float
    each: int


Curve = Callable[[Floats], Ints]
"""From a direction, at most 1 a row, to a move a code; in 2**-24."""


class Evaluator(Protocol):
    """What the search asks. ``table``: a price a code, CNY. Answers are whole numbers, the same wherever and
    in whatever order they are added up."""

    @property
    def units(self) -> int: ...

    @property
    def holds_back(self) -> bool:
        """Whether any row leads to no contact."""

    def sample(self, share: int) -> Self:
        """One in ``share`` units, drawn by their luck; ``share`` is a power of two."""

    def choose(self, table: Floats) -> Choice: ...

    def soften(self, table: Floats, heat: float) -> Softened: ...

    def curve(self, table: Floats, heat: float) -> Curve:
        """By how much softened shares by code move along a direction of prices, times heat."""

    def rank(self, table: Floats, bins: Bins) -> Ints:
        """By limit and bin, thousandths of rows that would be given up at a price in that bin."""

    def contested(self, table: Floats, within: float, wanted: Flags) -> tuple[Units, Choice]:
        """The units that may still change their minds, with the rows that may be it; and all others' sums."""


@dataclass(frozen=True, kw_only=True)
class InProcess:
    """Passes over arrays in memory."""

    of: Units
    codes: int
    threads: int

    @property
    def units(self) -> int:
        return len(self.of)

    @property
    def holds_back(self) -> bool:
        return bool(self.of.held.any())

    def sample(self, share: int) -> Self:
        drawn = np.flatnonzero(drawn_of(self.of.luck, share))
        return replace(self, of=taken(self.of, drawn))

    def choose(self, table: Floats) -> Choice:
        return self._choose(table, np.empty(0, dtype=np.int64))

    def rows(self, table: Floats) -> Ints:
        """Every unit's best row, as a place among these rows; -1 for none."""
        choice = np.empty(self.units, dtype=np.int64)
        self._choose(table, choice)
        return choice

    def _choose(self, table: Floats, choice: Ints) -> Choice:
        of = self.of

        def part(first: int, last: int) -> tuple[Ints, Ints, Ints]:
            used, held, money = self._sums(), self._sums(), np.zeros(3, dtype=np.int64)
            kernel.choose(
                of.starts, of.worth, of.codes, of.held, table, first, last, used, held, money, choice
            )
            return used, held, money

        return _choice(*self._added(part))

    def soften(self, table: Floats, heat: float) -> Softened:
        of = self.of

        def part(first: int, last: int) -> tuple[Ints, Ints, Ints]:
            used, spread, money = self._sums(), self._sums(), np.zeros(1, dtype=np.int64)
            kernel.soften(
                of.starts, of.worth, of.codes, table, heat, first, last, used, spread, money, of.widest
            )
            return used, spread, money

        used, spread, money = self._added(part)
        return Softened(used=used, spread=spread, surplus=int(money[0]))

    def curve(self, table: Floats, heat: float) -> Curve:
        of = self.of

        def part(first: int, last: int) -> tuple[Ints, Floats, Codes]:
            rows = int(of.starts[last] - of.starts[first])
            ends, share = np.empty(last - first, dtype=np.int64), np.empty(rows)
            row = np.empty(rows, dtype=np.int64)
            units, rows = kernel.divided(
                of.starts, of.worth, of.codes, table, heat, first, last, ends, share, row, of.widest
            )
            return ends[:units].copy(), share[:rows].copy(), of.codes[row[:rows]]

        parts = each_run(part, units=self.units, threads=self.threads)

        def moved(direction: Floats) -> Ints:
            def turned(ends: Ints, share: Floats, codes: Codes) -> Ints:
                sums = self._sums()
                kernel.turn(ends, share, codes, direction, sums)
                return sums

            found = list(_pool(self.threads).map(lambda part: turned(*part), parts))
            return np.asarray(np.sum(found, axis=0))

        return moved

    def rank(self, table: Floats, bins: Bins) -> Ints:
        of = self.of

        def part(first: int, last: int) -> tuple[Ints]:
            ranked = np.zeros((len(bins.price), 2 * bins.each + 1), dtype=np.int64)
            kernel.rank(
                of.starts, of.worth, of.codes, table, bins.own, bins.amount, bins.price, bins.paid,
                bins.finest, bins.width, first, last, ranked, of.widest,
            )  # fmt: skip
            return (ranked,)

        return added(part, units=self.units, threads=self.threads)[0]

    def contested(self, table: Floats, within: float, wanted: Flags) -> tuple[Units, Choice]:
        of, rows_kept = self.of, np.zeros(self.units, dtype=np.int64)

        def count(first: int, last: int) -> tuple[Ints, Ints, Ints]:
            used, held, money = self._sums(), self._sums(), np.zeros(3, dtype=np.int64)
            kernel.contest(
                of.starts, of.worth, of.codes, of.held, table, within, wanted, first, last, rows_kept,
                used, held, money,
            )  # fmt: skip
            return used, held, money

        settled = _choice(*self._added(count))
        ends = np.cumsum(rows_kept)
        kept = np.empty(int(ends[-1]) if len(ends) else 0, dtype=np.int64)

        def keep(first: int, last: int) -> tuple[()]:
            kernel.keep_contested(
                of.starts, of.worth, of.codes, table, within, wanted, first, last, rows_kept, ends, kept
            )
            return ()

        self._added(keep)
        units = np.flatnonzero(rows_kept)
        open_units = Units(
            starts=np.concatenate([[0], ends[units]]),
            luck=of.luck[units],
            worth=of.worth[kept],
            codes=of.codes[kept],
            held=of.held[kept],
            place=of.place[units],
            row=of.row[kept] if len(of.row) else kept,
        )
        return open_units, settled

    def _sums(self) -> Ints:
        return np.zeros(self.codes, dtype=np.int64)

    def _added(self, part: Callable[[int, int], tuple[Ints, ...]]) -> tuple[Ints, ...]:
        return added(part, units=self.units, threads=self.threads)


def added(part: Callable[[int, int], tuple[Ints, ...]], *, units: int, threads: int) -> tuple[Ints, ...]:
    """What ``part`` finds in each run of units, added up."""
    found = each_run(part, units=units, threads=threads)
    return tuple(sum(sums[1:], start=sums[0]) for sums in zip(*found, strict=True))


def each_run(part: Callable[[int, int], Found], *, units: int, threads: int) -> list[Found]:
    """What ``part`` finds in each of a few runs of units, on threads where there are many."""
    bounds = np.linspace(0, units, (4 * threads if units > 4_096 else 1) + 1).astype(np.int64).tolist()
    runs = list(pairwise(bounds))
    if len(runs) == 1:
        return [part(*runs[0])]
    return list(_pool(threads).map(lambda run: part(*run), runs))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """One pool for all passes: starting threads anew costs a small night more than its passes do."""
    return ThreadPoolExecutor(threads, thread_name_prefix="arbitrate")


os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has none of its threads


def drawn_of(luck: Bits, share: int) -> Flags:
    """Which units belong to the sample of one in ``share`` (a power of two)."""
    mixed = (luck ^ (luck >> np.uint64(31))) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray((mixed >> np.uint64(32)) % np.uint64(share) == 0)


def beyond(row: int, worth: float) -> ArbitrationError:
    """What to say of a worth that sums cannot hold."""
    stated = f"{worth:,.0f} CNY" if np.isfinite(worth) else "without end"
    return ArbitrationError(
        f"row {row} is worth {stated}: state what it brings as a number of CNY, {MOST:,.0f} at most"
    )


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


def _choice(used: Ints, held: Ints, money: Ints) -> Choice:
    value, contact_value, surplus = money.tolist()
    return Choice(used=used, held=held, value=value, contact_value=contact_value, surplus=surplus)
