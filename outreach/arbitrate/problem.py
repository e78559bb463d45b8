"""The night's choice as numbers: units that take at most one row each, and limits that all rows share."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from base.errors import ArbitrationError

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int32]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]

WHOLE = 1_000
"""One contact, call or yuan in the thousandths that limits and usage are counted in."""

NO_LOW = 0
NO_HIGH = 2**60


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What all rows together may and must use, one place a limit.

    ``low`` and ``high``: thousandths, NO_LOW and NO_HIGH where there is none. ``every_arm``: whether rows
    that are held back count as well; else they use nothing.
    """

    names: tuple[str, ...]
    low: Ints
    high: Ints
    every_arm: Flags

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One side of a contact, such as its touch or its channel and hour, that decides which limits it uses.

    ``codes``: one a row. ``usage``: codes x limits, whole numbers of thousandths, none below zero.
    """

    name: str
    codes: Codes
    usage: sparse.csr_array


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Units, each with its rows next to each other: rows ``starts[u]`` to ``starts[u + 1]`` are unit u's.

    ``worth``: CNY a row brings beyond its cost; one that is no number is never chosen. ``luck``: breaks ties,
    from names and the night's salt alone. ``unit_luck``: the same of units. ``treated``: whether the row
    leads to a contact; others are chosen alike and use no room (but see ``Limits.every_arm``).
    """

    starts: Ints
    unit_luck: Bits
    worth: Floats
    luck: Bits
    treated: Flags
    factors: tuple[Factor, ...]
    limits: Limits

    def __post_init__(self) -> None:
        rows, limits = len(self.worth), len(self.limits)
        _agree("row", rows, luck=self.luck, treated=self.treated, **{f.name: f.codes for f in self.factors})
        _agree("unit", len(self.starts) - 1, unit_luck=self.unit_luck)
        _agree("limit", limits, low=self.limits.low, high=self.limits.high, every_arm=self.limits.every_arm)
        if len(self.starts) == 0 or self.starts[0] != 0 or self.starts[-1] != rows:
            raise ArbitrationError(f"units must cover the rows from 0 to {rows}, each row once")
        for factor in self.factors:
            _check_factor(factor, limits=limits)
        bad = np.flatnonzero((self.limits.low < 0) | (self.limits.high < self.limits.low))
        if len(bad):
            name, low, high = self.limits.names[bad[0]], self.limits.low[bad[0]], self.limits.high[bad[0]]
            raise ArbitrationError(
                f"limit {name} asks for {low / WHOLE:,.3f} to {high / WHOLE:,.3f}: a limit starts at 0 or "
                "more and ends no lower than it starts"
            )

    @property
    def rows(self) -> int:
        return len(self.worth)

    @property
    def units(self) -> int:
        return len(self.starts) - 1


def _agree(what: str, many: int, **arrays: npt.NDArray[np.generic]) -> None:
    for name, array in arrays.items():
        if len(array) != many:
            raise ArbitrationError(f"{name} holds {len(array)} places, but there are {many}: one a {what}")


def _check_factor(factor: Factor, *, limits: int) -> None:
    kinds, columns = factor.usage.shape
    if columns != limits:
        raise ArbitrationError(f"factor {factor.name} speaks of {columns} limits, but there are {limits}")
    if len(factor.codes) and not 0 <= int(factor.codes.min()) <= int(factor.codes.max()) < kinds:
        raise ArbitrationError(f"factor {factor.name} has a code outside 0 to {kinds - 1}")
    if factor.usage.dtype != np.int64 or (factor.usage.data < 0).any():
        raise ArbitrationError(f"factor {factor.name} must use whole thousandths, none below zero")
