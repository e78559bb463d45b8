"""Answers the price search's questions about all units; here from arrays, on a few threads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from outreach.arbitrate import kernel, softening
from outreach.arbitrate.problem import Codes, Flags, Floats, Ints
from outreach.arbitrate.runs import added, each_run, on_threads
from outreach.arbitrate.units import Units, drawn_of, taken


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
            softening.soften(
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
            units, rows = softening.divided(
                of.starts, of.worth, of.codes, table, heat, first, last, ends, share, row, of.widest
            )
            return ends[:units].copy(), share[:rows].copy(), of.codes[row[:rows]]

        parts = each_run(part, units=self.units, threads=self.threads)

        def moved(direction: Floats) -> Ints:
            def turned(ends: Ints, share: Floats, codes: Codes) -> Ints:
                sums = self._sums()
                softening.turn(ends, share, codes, direction, sums)
                return sums

            found = on_threads(lambda part: turned(*part), parts, threads=self.threads)
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


def _choice(used: Ints, held: Ints, money: Ints) -> Choice:
    value, contact_value, surplus = money.tolist()
    return Choice(used=used, held=held, value=value, contact_value=contact_value, surplus=surplus)
