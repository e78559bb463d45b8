"""Answers the price search's questions about all units; here from arrays, on a few threads."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np

from outreach.arbitrate import kernel, softening
from outreach.arbitrate.problem import Codes, Flags, Floats, Ints
from outreach.arbitrate.runs import added, each_run, on_threads, total
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


Turn = Callable[[Floats], Ints]
"""From a direction of prices, at most 1 a row, to how shares by code move along it, times heat; in 2**-24."""


@dataclass(frozen=True, kw_only=True)
class Softened:
    """Sums over softened choices: shares and their spread by code (in 2**-24), surplus in micro-yuan; and
    how shares turn as prices move."""

    used: Ints
    spread: Ints
    surplus: int
    turn: Turn


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
        if share == 1:
            return self
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

        def part(first: int, last: int) -> tuple[tuple[Ints, Ints, Ints], tuple[Ints, Floats, Codes]]:
            used, spread, money = self._sums(), self._sums(), np.zeros(1, dtype=np.int64)
            rows = int(of.starts[last] - of.starts[first])
            ends, share = np.empty(last - first, dtype=np.int64), np.empty(rows)
            codes = np.empty((rows, of.codes.shape[1]), dtype=np.int32)
            units, rows = softening.soften(
                of.starts, of.worth, of.codes, table, heat, first, last, used, spread, money,
                ends, share, codes, of.widest,
            )  # fmt: skip
            return (used, spread, money), (ends[:units].copy(), share[:rows].copy(), codes[:rows].copy())

        sums, divided = zip(*each_run(part, units=self.units, threads=self.threads), strict=True)
        used, spread, money = total(sums)

        def turn(direction: Floats) -> Ints:
            def turned(ends: Ints, share: Floats, codes: Codes) -> tuple[Ints]:
                moved = self._sums()
                softening.turn(ends, share, codes, direction, moved)
                return (moved,)

            return total(on_threads(lambda part: turned(*part), divided, threads=self.threads))[0]

        return Softened(used=used, spread=spread, surplus=int(money[0]), turn=turn)

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
        of = self.of

        def part(first: int, last: int) -> tuple[tuple[Ints, Ints, Ints], tuple[Ints, Ints, Ints]]:
            used, held, money = self._sums(), self._sums(), np.zeros(3, dtype=np.int64)
            opened, ends = np.empty(last - first, dtype=np.int64), np.empty(last - first, dtype=np.int64)
            kept = np.empty(int(of.starts[last] - of.starts[first]), dtype=np.int64)
            units, rows = kernel.contest(
                of.starts, of.worth, of.codes, of.held, table, within, wanted, first, last,
                used, held, money, opened, ends, kept, of.widest,
            )  # fmt: skip
            sizes = np.diff(ends[:units], prepend=0)
            return (used, held, money), (opened[:units].copy(), sizes, kept[:rows].copy())

        sums, found = zip(*each_run(part, units=self.units, threads=self.threads), strict=True)
        units, sizes, kept = (np.concatenate(each) for each in zip(*found, strict=True))
        open_units = Units(
            starts=np.append(0, np.cumsum(sizes)),
            luck=of.luck[units],
            worth=of.worth[kept],
            codes=of.codes[kept],
            held=of.held[kept],
            place=of.place[units],
            row=of.row[kept] if len(of.row) else kept,
        )
        return open_units, _choice(*total(sums))

    def _sums(self) -> Ints:
        return np.zeros(self.codes, dtype=np.int64)

    def _added(self, part: Callable[[int, int], tuple[Ints, ...]]) -> tuple[Ints, ...]:
        return added(part, units=self.units, threads=self.threads)


def _choice(used: Ints, held: Ints, money: Ints) -> Choice:
    value, contact_value, surplus = money.tolist()
    return Choice(used=used, held=held, value=value, contact_value=contact_value, surplus=surplus)
