"""The best choice and the best prices of few open rows, by HiGHS: small nights whole, ends of large ones.

Choices come from branch and bound; a minimum that cannot be met is missed by as little as possible, all
minima counted alike. Prices come from the linear programme.
"""

from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from outreach.arbitrate.dual import Market
from outreach.arbitrate.problem import NO_HIGH, WHOLE, Floats, Ints
from outreach.arbitrate.units import Units

WHOLE_NIGHT, AT_THE_END = 1_500, 150
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


def prices_of(units: Units, market: Market) -> Floats | None:
    """A price a limit, CNY a whole unit, at which the dual over these units is least; None where the market's
    minima cannot be met by them.

    They are the shadow prices of the linear programme, a corner of the dual: where many worths are equal, a
    price lies on the tie itself and not near it, and a limit with room to spare has none.
    """
    if len(units.worth) == 0:
        return None
    once, of_code = _once(units), _of_code(units, market.usage.shape[0])
    used = sparse.csr_array((of_code @ market.usage).T)
    upper, lower = np.flatnonzero(market.high < NO_HIGH / 2 / WHOLE), np.flatnonzero(market.low > 0)
    usage: Any = sparse.vstack([once, used[upper], -used[lower]])
    found = linprog(
        -units.worth,
        A_ub=usage,
        b_ub=np.concatenate([np.ones(len(units)), market.high[upper], -market.low[lower]]),
        method="highs",
    )
    if found.x is None:
        return None
    prices = np.zeros(len(market.high))
    shadow = -np.asarray(found.ineqlin.marginals)[len(units) :]
    prices[upper] += shadow[: len(upper)]
    prices[lower] -= shadow[len(upper) :]
    return prices


def _once(units: Units) -> sparse.csr_array:
    """Units x rows: one where the row is the unit's."""
    rows = len(units.worth)
    return sparse.csr_array((np.ones(rows), (_takers(units), np.arange(rows))), (len(units), rows))


def _of_code(units: Units, codes: int) -> sparse.csr_array:
    """Rows x codes: one where the row has the code."""
    rows, sides = units.codes.shape
    places = np.repeat(np.arange(rows), sides)
    return sparse.csr_array((np.ones(rows * sides), (places, units.codes.ravel())), (rows, codes))


def _takers(units: Units) -> Ints:
    return np.repeat(np.arange(len(units)), np.diff(units.starts))


def _used(units: Units, usage: sparse.csr_array, need: Ints) -> tuple[sparse.csr_array, Ints]:
    """What each row uses of the limits that matter, in whole units, limits x rows; and which those are."""
    used = sparse.csr_array((_of_code(units, usage.shape[0]) @ usage).T / WHOLE)
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
    misses = sparse.csr_array(
        (np.ones(len(minima)), (minima, np.arange(len(minima)))), (len(asked), len(minima))
    )
    nothing = sparse.csr_array((len(units), len(minima)))
    answer = milp(
        np.concatenate([costs, np.ones(len(minima))]),
        constraints=[
            LinearConstraint(sparse.hstack([_once(units), nothing]), 0, 1),
            LinearConstraint(sparse.hstack([used, misses]), asked, most),
        ],
        integrality=np.concatenate([np.ones(rows), np.zeros(len(minima))]),
        bounds=Bounds(0, np.concatenate([np.ones(rows), may_miss])),
        options={"node_limit": _MOST_BRANCHES, "mip_rel_gap": gap},
    )
    return None if answer.x is None else np.asarray(answer.x)
