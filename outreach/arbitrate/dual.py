"""The search for prices: Newton's method on the softened dual, kept on one side of zero a step.

For prices ``p`` (above zero where a limit's high binds, below zero where its low does) the softened dual is

    sum over units of heat * log(1 + sum over rows of exp((worth - price) / heat))
    + sum over limits of high * max(p, 0) - low * max(-p, 0)

It is convex and, but for the bend at zero, smooth; its slope is what the limits leave unused. Its second
derivative is never written down: the evaluator gives its product with a direction, from the few units and
rows that a small move of prices would move, and conjugate gradients solve for the step from such products.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import sparse

from outreach.arbitrate.evaluator import Evaluator, Softened
from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import WHOLE, Flags, Floats, Ints, Problem
from outreach.arbitrate.softening import SHARE

_LEAST_CURVE = 1e-4  # of the use: keeps the step of a price that moves nobody finite
_REACH = 10.0  # heats that one price alone moves in a first step, about
_STRIDE = 2.0  # how much further a price goes each time its slope hardly gave way
_FURTHEST = 40.0
_ENOUGH = 0.5  # of the residual that conjugate gradients leave
_PRODUCTS = 12


@dataclass(frozen=True, kw_only=True)
class Market:
    """Every limit's ends, and how much a row with each code uses of it, in whole units.

    ``usage``: codes x limits; ``by_limit``: the same turned over. ``every_arm``: see ``Limits``.
    """

    usage: sparse.csr_array
    by_limit: sparse.csr_array
    low: Floats
    high: Floats
    every_arm: Flags

    @cached_property
    def squared(self) -> sparse.csr_array:
        """Limits x codes, the squares of what rows use."""
        return self.by_limit.power(2)

    @property
    def thousandths(self) -> sparse.csr_array:
        """Usage as the problem states it."""
        whole = self.usage.copy()
        whole.data = np.rint(whole.data * WHOLE)
        return sparse.csr_array(whole.astype(np.int64))

    @property
    def contacts(self) -> Floats:
        """How many rows of the mean size each limit has room for; no end where it has no high."""
        size = np.asarray(self.by_limit.sum(axis=1)) / np.maximum(np.diff(self.by_limit.indptr), 1)
        return np.where(size > 0, self.high / np.where(size > 0, size, 1.0), np.inf)

    @property
    def largest(self) -> Floats:
        """The most that one row uses of each limit, by one of its codes."""
        if self.by_limit.shape[1] == 0:  # no contact is possible
            return np.zeros(self.by_limit.shape[0])
        return np.asarray(self.by_limit.max(axis=1).todense()).ravel()

    def used(self, by_code: Ints) -> Floats:
        return np.asarray(self.by_limit @ by_code.astype(np.float64))

    def constant(self, prices: Floats) -> float:
        """What the limits themselves add to the dual, CNY."""
        bound, paid = prices > 0, prices < 0
        return float(prices[bound] @ self.high[bound]) + float(prices[paid] @ self.low[paid])

    def table(self, prices: Floats) -> Floats:
        """A price a code, CNY."""
        return np.asarray(self.usage @ prices)

    def widened(self, held: Ints) -> "Market":
        """With room for those who are held back (rows by code): here they use room like all others."""
        room = np.where(self.every_arm, 0.0, self.used(held))
        return replace(self, low=self.low + np.where(self.low > 0, room, 0.0), high=self.high + room)

    def less(self, settled: Ints) -> "Market":
        """What is left where rows by code are settled."""
        used = self.used(settled)
        return replace(self, low=self.low - used, high=self.high - used)

    def share(self, of: int) -> "Market":
        """One in ``of`` of every limit, for a sample."""
        return replace(self, low=self.low / of, high=self.high / of)


def market_of(problem: Problem) -> Market:
    usage = sparse.csr_array(sparse.vstack([each.usage for each in problem.factors]) / WHOLE)
    return Market(
        usage=usage,
        by_limit=sparse.csr_array(usage.T),
        low=problem.limits.low / WHOLE,
        high=problem.limits.high / WHOLE,
        every_arm=problem.limits.every_arm,
    )


@dataclass(frozen=True, kw_only=True)
class _Point:
    prices: Floats
    found: Softened
    used: Floats
    dual: float


@dataclass(frozen=True, kw_only=True)
class Range:
    """Where each price may go, CNY."""

    least: Floats
    most: Floats


def minimise(
    evaluator: Evaluator,
    market: Market,
    prices: Floats,
    *,
    heat: float,
    steps: int,
    stop: float,
    within: Range | None = None,
) -> tuple[Floats, int]:
    """Prices at which the softened dual is least, up to ``stop`` (a share of it), and the passes made.

    ``heat``: CNY. ``steps``: at most so many of Newton's. ``within``: anywhere, where it is None.
    """
    if within is None:
        within = Range(least=np.full(len(prices), -np.inf), most=np.full(len(prices), np.inf))
    here = _at(evaluator, market, prices, heat)
    passes, reach, before = 1, np.full(len(prices), _REACH), np.zeros(len(prices))
    for _ in range(steps):
        slope = _slope(market, here, within)
        reach = _reach(reach, slope, before)
        step, products = _newton(market, here, slope, reach, heat)
        passes += products
        promised = -float(slope @ step)
        if promised <= stop * abs(here.dual):
            break
        length = 1.0
        while True:
            there = _at(evaluator, market, _kept_aside(here.prices, slope, length * step, within), heat)
            passes += 1
            gained = here.dual - there.dual
            if gained >= 1e-4 * float(slope @ (here.prices - there.prices)) or length < 0.02:
                break
            length *= 0.4
        if gained <= 0:
            break
        here, before = there, slope
        if gained <= stop * abs(here.dual):
            break
    return here.prices, passes


def _at(evaluator: Evaluator, market: Market, prices: Floats, heat: float) -> _Point:
    found = evaluator.soften(market.table(prices), heat)
    return _Point(
        prices=prices,
        found=found,
        used=market.used(found.used) / SHARE,
        dual=found.surplus / MICRO + market.constant(prices),
    )


def _slope(market: Market, here: _Point, within: Range) -> Floats:
    """The dual's slope by price; at zero that of the side that leads down, 0 where none does, nor may."""
    to_high, to_low = market.high - here.used, market.low - here.used
    at_zero = np.minimum(to_high, 0) + np.maximum(to_low, 0)
    slope = np.where(here.prices > 0, to_high, np.where(here.prices < 0, to_low, at_zero))
    stuck = (slope > 0) & (here.prices <= within.least) | (slope < 0) & (here.prices >= within.most)
    return np.where(stuck, 0.0, slope)


def _kept_aside(prices: Floats, slope: Floats, step: Floats, within: Range) -> Floats:
    """The prices after a step; none crosses zero, one at zero leaves it only downhill, one stuck stays."""
    side = np.where(prices != 0, np.sign(prices), -np.sign(slope))
    moved = np.where(slope != 0, np.clip(prices + step, within.least, within.most), prices)
    return np.where(moved * side > 0, moved, 0.0)


def _reach(reach: Floats, slope: Floats, before: Floats) -> Floats:
    """How many heats each price may go alone: ever further where its slope does not give way, less once it
    has gone too far."""
    on = (slope * before > 0) & (np.abs(slope) > 0.5 * np.abs(before))
    over = slope * before < 0
    moved = np.where(on, reach * _STRIDE, np.where(over, np.maximum(reach / _STRIDE, 1.0), reach))
    return np.minimum(moved, _FURTHEST)


def _newton(market: Market, here: _Point, slope: Floats, reach: Floats, heat: float) -> tuple[Floats, int]:
    """Solves curvature x step = -slope by conjugate gradients, scaled by its diagonal; and the passes.

    What is added to the diagonal fades with the slope; far out, where hardly anybody is near the margin and
    the curvature vanishes, it lets a price walk about ``reach`` heats.
    """
    free = slope != 0
    damping = _LEAST_CURVE * (here.used + 1.0) + np.abs(slope) / reach
    curve = market.squared @ here.found.spread / SHARE + damping
    step, left = np.zeros_like(slope), np.where(free, -slope, 0.0)
    scaled = left / curve
    way, size = scaled, float(left @ scaled)
    target = _ENOUGH**2 * size
    for products in range(_PRODUCTS):
        if size <= target or size == 0.0:
            return step * heat, products
        along = market.table(way)
        longest = float(np.abs(along).max(initial=0.0))
        if longest == 0.0:
            return step * heat, products
        turned = market.used(here.found.turn(along / longest)) / SHARE * longest
        turned = np.where(free, turned + damping * way, 0.0)
        length = size / float(way @ turned)
        step = step + length * way
        left = left - length * turned
        scaled = left / curve
        size, before = float(left @ scaled), size
        way = scaled + size / before * way
    return step * heat, _PRODUCTS
