"""Other ways to answer the same night: greedy, chunks of 1,000 units, and general solvers.

All of them read the same ``Problem``, without held-out rows.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.pdlp import solvers_pb2
from ortools.pdlp.python import pdlp
from scipy import sparse
from scipy.optimize import linprog

from base.errors import ArbitrationError
from benchmarks.walk import Walk
from outreach.arbitrate.problem import NO_HIGH, WHOLE, Flags, Floats, Ints, Problem

CHUNK = 1_000
PDLP_ERROR = 1e-4  # of the objective and of the limits, relative; its own default is 1e-6


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``value``: CNY. ``missed``: how many minima it does not reach."""

    value: float
    missed: int


@dataclass(frozen=True, kw_only=True)
class Programme:
    """A linear programme: maximise ``worth @ x`` where ``low <= usage @ x <= high`` and x is none below zero.

    The first rows of ``usage`` are the units, then the limits in whole contacts and CNY.
    """

    worth: Floats
    usage: sparse.csr_array
    low: Floats
    high: Floats


def greedy(problem: Problem, *, minima_first: bool) -> Answer:
    """The best row first, as long as its unit and its limits have room; ties by luck.

    ``minima_first``: the best rows of limits below their minimum go before all others.
    """
    best_first = np.lexsort((problem.luck, -problem.worth)).astype(np.uint32)
    walk = Walk(problem)
    if minima_first:
        walk.take(best_first, only_short=True)
    walk.take(best_first[problem.worth[best_first] > 0])
    missed = int((walk.used < problem.limits.low).sum())
    return Answer(value=float(problem.worth[walk.chosen].sum()), missed=missed)


def chunks(problem: Problem) -> Answer:
    """Random chunks of 1,000 units, one after the other, each solved to its optimum.

    Each adds an even part to what all so far may and must use, so what one leaves passes to the next; parts
    below one contact come at a random turn. A chunk's optimum is that of its linear programme, so it may cut
    contacts in two: no plan made in these chunks is worth more. Minima a chunk cannot meet it meets as far as
    it can.
    """
    usage, grain = _usage(problem), np.where(_whole_contacts(problem), WHOLE, 1)
    turn = np.random.default_rng(1).random(len(problem.limits))
    parts = np.array_split(np.argsort(problem.unit_luck), max(1, problem.units // CHUNK))
    value, used = 0.0, np.zeros(len(problem.limits))
    for done, units in enumerate(parts, start=1):
        sizes = np.diff(problem.starts)[units]
        rows = np.repeat(problem.starts[units] - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
        low, high = (
            np.maximum(
                np.minimum(np.floor(side * (done / len(parts)) / grain + turn) * grain, side) - used, 0
            )
            for side in (problem.limits.low, _with_infinity(problem.limits.high))
        )
        # A row that a limit has no room for at all is no choice.
        open_ = usage[rows] @ (high == 0) == 0
        part = _programme(
            worth=problem.worth[rows][open_],
            unit_of=np.repeat(np.arange(len(units)), sizes)[open_],
            usage=usage[rows][open_],
            low=low,
            high=high,
        )
        x = _solved_as_far_as_possible(part, limits=len(low))
        value += float(part.worth @ x)
        used += (part.usage @ x)[-len(low) :] * WHOLE
    # Half a contact is what cutting contacts in two may have cost.
    return Answer(value=value, missed=int((used < problem.limits.low - WHOLE / 2).sum()))


def programme(problem: Problem) -> Programme:
    """The night with contacts that may be cut in two: what general solvers can answer."""
    return _programme(
        worth=problem.worth,
        unit_of=np.repeat(np.arange(problem.units), np.diff(problem.starts)),
        usage=_usage(problem),
        low=problem.limits.low.astype(np.float64),
        high=_with_infinity(problem.limits.high),
    )


def highs(task: Programme) -> float:
    """The optimum, CNY, by scipy's HiGHS with its own choice of method.

    Raises ArbitrationError where it finds none.
    """
    lower, upper = np.flatnonzero(task.low > 0), np.flatnonzero(np.isfinite(task.high))
    x = _least(
        -task.worth,
        usage=sparse.vstack([task.usage[upper], -task.usage[lower]]),
        most=np.concatenate([task.high[upper], -task.low[lower]]),
    )
    return float(task.worth @ x)


def pdlp_value(task: Programme) -> float:
    """The objective, CNY, that OR-Tools' PDLP ends with, within ``PDLP_ERROR``, on two threads."""
    asked = pdlp.QuadraticProgram()
    asked.resize_and_initialize(len(task.worth), len(task.low))
    asked.objective_vector = -task.worth
    asked.constraint_matrix = sparse.csc_matrix(task.usage)
    asked.constraint_lower_bounds, asked.constraint_upper_bounds = task.low, task.high
    asked.variable_lower_bounds = np.zeros(len(task.worth))
    asked.variable_upper_bounds = np.full(len(task.worth), np.inf)
    how = solvers_pb2.PrimalDualHybridGradientParams(num_threads=2)
    near = how.termination_criteria.simple_optimality_criteria
    near.eps_optimal_relative = near.eps_optimal_absolute = PDLP_ERROR
    found = pdlp.primal_dual_hybrid_gradient(asked, how)
    return float(task.worth @ found.primal_solution)


def _usage(problem: Problem) -> sparse.csr_array:
    """Rows x limits, thousandths."""
    first, *others = (factor.usage[factor.codes] for factor in problem.factors)
    return sum(others, start=first)


def _programme(
    *, worth: Floats, unit_of: Ints, usage: sparse.csr_array, low: Floats, high: Floats
) -> Programme:
    rows, units = len(worth), int(unit_of.max(initial=-1)) + 1
    of_units = sparse.csr_array((np.ones(rows), (unit_of, np.arange(rows))), shape=(units, rows))
    return Programme(
        worth=worth,
        usage=sparse.vstack([of_units, usage.T / WHOLE], format="csr"),
        low=np.concatenate([np.zeros(units), low / WHOLE]),
        high=np.concatenate([np.ones(units), high / WHOLE]),
    )


def _solved_as_far_as_possible(task: Programme, *, limits: int) -> Floats:
    """The optimum where every missed contact of a minimum costs more than any row brings."""
    first = len(task.low) - limits
    at_most = np.diff(task.usage.indptr)
    upper = np.flatnonzero(np.isfinite(task.high) & (at_most > 0))
    lower = first + np.flatnonzero(task.low[first:] > 0)
    rows, short = len(task.worth), len(lower)
    missed = sparse.vstack([sparse.csr_array((len(upper), short)), -sparse.eye_array(short)])
    x = _least(
        np.concatenate([-task.worth, np.full(short, np.abs(task.worth).max(initial=0.0) + 1.0)]),
        usage=sparse.hstack([sparse.vstack([task.usage[upper], -task.usage[lower]]), missed]),
        most=np.concatenate([task.high[upper], -task.low[lower]]),
    )
    return x[:rows]


def _least(cost: Floats, *, usage: Any, most: Floats) -> Floats:
    found = linprog(cost, A_ub=usage, b_ub=most, bounds=(0, None), method="highs")
    if found.status != 0:
        raise ArbitrationError(f"HiGHS found no optimum: {found.message}")
    return np.asarray(found.x)


def _with_infinity(high: Ints) -> Floats:
    """Highs in thousandths, without end where there is none."""
    return np.where(high == NO_HIGH, np.inf, high)


def _whole_contacts(problem: Problem) -> Flags:
    """Whether a limit counts contacts and nothing else, one a limit."""
    partial = np.zeros(len(problem.limits), np.bool_)
    for factor in problem.factors:
        partial[factor.usage.indices[factor.usage.data % WHOLE > 0]] = True
    return ~partial
