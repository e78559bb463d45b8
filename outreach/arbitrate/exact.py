"""The best choice among few open rows, by branch and bound (HiGHS): small nights whole, ends of large ones.

A minimum that cannot be met is missed by as little as possible, all minima counted alike.
"""

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from outreach.arbitrate.evaluator import Units
from outreach.arbitrate.problem import NO_HIGH, WHOLE, Floats, Ints

WHOLE_NIGHT, AT_THE_END = 1_500, 600
"""Rows of a night that is solved whole, and of the open units that end a larger one."""

_MOST_BRANCHES = 500


def best_of(units: Units, *, usage: sparse.csr_array, room: Ints, need: Ints, slack: float) -> Ints | None:
    """The row of each unit, as a place among the units' rows (-1: none); None where none was found in time.

    ``usage``: codes x limits, ``room`` and ``need``: a limit, all in thousandths. ``slack``: CNY that the
    answer may miss the best by.
    """
    if len(units.worth) == 0:
        return None
    best = np.maximum.reduceat(np.maximum(units.worth, 0.0), units.starts[:-1]).sum()
    gap = slack / max(float(best), 1e-9)
    used, known = _used(units, usage, need)
    most = np.where(room[known] >= NO_HIGH // 2, np.inf, room[known] / WHOLE)
    asked = np.maximum(need[known], 0) / WHOLE
    found = _bounded(units, -units.worth, used, asked, most, np.zeros(0), gap)
    if found is None and asked.any():
        asked = asked - _missed(units, used, asked, most)
        found = _bounded(units, -units.worth, used, asked, most, np.zeros(0), gap)
    if found is None:
        return None
    choice = np.full(len(units), -1, dtype=np.int64)
    taken = np.flatnonzero(found[: len(units.worth)] > 0.5)
    choice[_takers(units)[taken]] = taken
    return choice


def _takers(units: Units) -> Ints:
    return np.repeat(np.arange(len(units)), np.diff(units.starts))


def _used(units: Units, usage: sparse.csr_array, need: Ints) -> tuple[sparse.csr_array, Ints]:
    """What each row uses of the limits that matter, in whole units, limits x rows; and which those are."""
    rows, sides = units.codes.shape
    places = np.repeat(np.arange(rows), sides)
    has = sparse.csr_array((np.ones(rows * sides), (places, units.codes.ravel())), (rows, usage.shape[0]))
    used = sparse.csr_array((has @ usage).T / WHOLE)
    known = np.flatnonzero((np.diff(used.indptr) > 0) | (need > 0))
    return sparse.csr_array(used[known]), known


def _missed(units: Units, used: sparse.csr_array, asked: Floats, most: Floats) -> Floats:
    """By how much each minimum is missed at least, all together by as little as possible, rounded up."""
    found = _bounded(units, np.zeros(len(units.worth)), used, asked, most, asked[asked > 0], 0.0)
    missed = np.zeros(len(asked))
    # Where even that cannot be told in time, no minimum is asked for.
    missed[asked > 0] = asked[asked > 0] if found is None else found[len(units.worth) :]
    return np.asarray(np.minimum(np.ceil(missed * WHOLE - 1e-3) / WHOLE, asked))


def _bounded(
    units: Units,
    costs: Floats,
    used: sparse.csr_array,
    asked: Floats,
    most: Floats,
    may_miss: Floats,
    gap: float,
) -> Floats | None:
    """Branch and bound over rows and, one each, what minima may miss at a cost of one; else None."""
    rows, minima = len(units.worth), np.flatnonzero(asked > 0) if len(may_miss) else np.zeros(0, np.int64)
    once = sparse.csr_array((np.ones(rows), (_takers(units), np.arange(rows))), (len(units), rows))
    misses = sparse.csr_array(
        (np.ones(len(minima)), (minima, np.arange(len(minima)))), (len(asked), len(minima))
    )
    nothing = sparse.csr_array((len(units), len(minima)))
    answer = milp(
        np.concatenate([costs, np.ones(len(minima))]),
        constraints=[
            LinearConstraint(sparse.hstack([once, nothing]), 0, 1),
            LinearConstraint(sparse.hstack([used, misses]), asked, most),
        ],
        integrality=np.concatenate([np.ones(rows), np.zeros(len(minima))]),
        bounds=Bounds(0, np.concatenate([np.ones(rows), may_miss])),
        options={"node_limit": _MOST_BRANCHES, "mip_rel_gap": gap},
    )
    return None if answer.x is None else np.asarray(answer.x)
