"""How good a night's choice is: what it reaches, what nothing can exceed, and what each limit costs."""

import math
from dataclasses import dataclass

import numpy as np

from outreach.arbitrate.dual import Market
from outreach.arbitrate.evaluator import Evaluator
from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import WHOLE, Floats, Ints, Problem

_PATH = 8  # stops on the way from prices of zero to the final ones
_SURE = 1e-12  # what adding up in doubles may lose, upwards


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What a night's choice is worth and what is known of its distance from the best.

    ``value``: CNY of all chosen rows, held back included; ``contact_value``: of contacts alone. ``bound``:
    CNY that no choice that keeps all limits, knows no arm and holds back as many can exceed.
    ``unconstrained``: CNY if every unit took its best row. ``violations``: limits that contacts break.
    ``used``: thousandths a limit. ``lost``: CNY a limit, what of ``unconstrained - value`` is put down to it:
    all prices grow together from zero, and each step's loss is shared by price times what is given up.
    """

    value: float
    contact_value: float
    bound: float
    unconstrained: float
    violations: int
    used: Ints
    lost: Floats
    passes: int
    warm: bool

    @property
    def gap(self) -> float:
        """The distance from the bound as a share of it, 0 where the bound is 0."""
        return (self.bound - self.value) / abs(self.bound) if self.bound else 0.0


def row_prices(problem: Problem, prices: Floats) -> Floats:
    """The price of all that each row uses, CNY, at ``prices`` a whole unit of each limit."""
    found = np.zeros(problem.rows)
    for factor in problem.factors:
        found += (factor.usage @ (prices / WHOLE))[factor.codes]
    return found


def bound_of(evaluator: Evaluator, market: Market, prices: Floats) -> float:
    """The dual at ``prices``, CNY: no choice within the market's limits is worth more.

    Worths are whole micro-yuan, and so is what a choice can reach: the rest of one is cut off, and with it
    the last bits of sums.
    """
    surplus, constant = evaluator.choose(market.table(prices)).surplus / MICRO, market.constant(prices)
    found = surplus + constant + _SURE * (abs(surplus) + abs(constant))
    return math.floor(found * MICRO) / MICRO


def lost_by(evaluator: Evaluator, market: Market, prices: Floats, *, whole: float) -> Floats:
    """``whole`` CNY of lost value put down to limits, along the path of all prices from zero."""
    nodes, weights = np.polynomial.legendre.leggauss(_PATH)
    table = market.table(prices)
    given_up = -market.used(evaluator.choose(table).used)
    for node, weight in zip(nodes, weights, strict=True):
        given_up += weight / 2 * market.used(evaluator.choose((node + 1) / 2 * table).used)
    lost = np.maximum(prices * given_up, 0.0)
    total = lost.sum()
    return lost * (whole / total) if total > 0 else lost
