"""The walk that every simple rival is made of: rows in a given order, each taken if unit and limits allow."""

from collections.abc import Sequence

import numba
import numpy as np
import numpy.typing as npt
from scipy import sparse

from outreach.arbitrate.problem import Codes, Flags, Ints, Problem

Order = npt.NDArray[np.uint32]


class Walk:
    """A plan in the making. ``chosen``: one a row; ``used``: one a limit, thousandths; ``taken``: one a unit.

    No limit may be used by two factors of one row.
    """

    def __init__(self, problem: Problem) -> None:
        self.chosen = np.zeros(problem.rows, np.bool_)
        self.used = np.zeros(len(problem.limits), np.int64)
        self.taken = np.zeros(problem.units, np.bool_)
        self._problem = problem
        self._unit_of = np.repeat(np.arange(problem.units, dtype=np.int32), np.diff(problem.starts))
        # All factors' tables under each other, so that one kernel serves any number of them.
        self._firsts = np.cumsum([0] + [factor.usage.shape[0] for factor in problem.factors[:-1]])
        self._usage = sparse.vstack([factor.usage for factor in problem.factors], format="csr")

    def take(self, order: Order, *, high: Ints | None = None, only_short: bool = False) -> None:
        """Takes rows in this order; ``only_short``: those alone that a limit below its low still needs.

        ``high``: other highs than the problem's own. Held-out rows are taken alike and use no room.
        """
        problem = self._problem
        _take(
            order,
            only_short,
            self._unit_of,
            problem.treated,
            tuple(factor.codes for factor in problem.factors),
            self._firsts,
            self._usage.indptr.astype(np.int64),
            self._usage.indices.astype(np.int64),
            self._usage.data,
            problem.limits.low,
            problem.limits.high if high is None else high,
            problem.limits.every_arm,
            self.used,
            self.taken,
            self.chosen,
        )


@numba.njit(nogil=True, cache=True)
def _take(
    order: Order,
    only_short: bool,
    unit_of: Codes,
    treated: Flags,
    codes: Sequence[Codes],
    firsts: Ints,
    starts: Ints,
    limits: Ints,
    amounts: Ints,
    low: Ints,
    high: Ints,
    every_arm: Flags,
    used: Ints,
    taken: Flags,
    chosen: Flags,
) -> None:
    for row in order:
        if taken[unit_of[row]]:
            continue
        fits, needed = True, False
        for factor in range(len(codes)):
            at = firsts[factor] + codes[factor][row]
            for use in range(starts[at], starts[at + 1]):
                limit = limits[use]
                fits = fits and used[limit] + amounts[use] <= high[limit]
                needed = needed or used[limit] < low[limit]
        if not fits or (only_short and not needed):
            continue
        taken[unit_of[row]] = True
        chosen[row] = True
        for factor in range(len(codes)):
            at = firsts[factor] + codes[factor][row]
            for use in range(starts[at], starts[at + 1]):
                if treated[row] or every_arm[limits[use]]:
                    used[limits[use]] += amounts[use]
