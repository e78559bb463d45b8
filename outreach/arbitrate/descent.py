"""How prices come down: from high heat to low, from few units to all, at last among the open ones alone."""

import numpy as np

from outreach.arbitrate.dual import Market, Range, minimise
from outreach.arbitrate.evaluator import Evaluator, InProcess
from outreach.arbitrate.exact import prices_of
from outreach.arbitrate.kernel import MICRO
from outreach.arbitrate.problem import WHOLE, Floats
from outreach.arbitrate.quantile import strike
from outreach.arbitrate.units import in_order_of_units

# Heats as shares of what the mean unit would bring if nothing were scarce, and when to stop at each.
_COOLING = ((0.1, 1e-3), (0.03, 3e-4), (0.01, 3e-4))
_LAST_OF_ALL, _FINE = 0.01, 3e-6  # the last heat at which all units are asked
_POLISH = ((0.003, 1e-6), (0.001, 1e-6), (0.001, 1e-7))
_SAMPLE = 32_768  # least units that a sample has
_SMALL = 64  # contacts a limit has in the sample, below which its price there says little
_SHORT = 0.99  # of a minimum: where less is met, its price may have far to go
_NEAR = 10.0  # heats of the last full pass within which a rival keeps a unit in the search
_STEPS, _ROUNDS = 30, 12
_GAINED = 1e-7  # of the dual: less gained by a round is not worth another
_FEW_UNITS, _FEW = 50_000, 8_000  # units, and open rows, that a linear programme answers in a blink
_WITHIN = (0.1, 0.4, 1.6, np.inf)  # of the scale: how near a rival keeps a unit in that; the last that is few


def lowest(
    evaluator: Evaluator, market: Market, *, scale: float, start: Floats | None, threads: int
) -> tuple[Floats, float]:
    """Prices close to those of the least dual, and how many passes over all units it took.

    ``scale``: CNY that the mean unit brings if nothing is scarce. ``start``: prices to begin from.
    """
    share = 1
    while evaluator.units >= 2 * share * _SAMPLE:
        share *= 2
    if start is None:
        prices, passes = _cooled(evaluator.sample(share), market.share(share), scale=scale)
        passes /= share
    else:
        prices, passes = start, 0.0
    if share > 1:
        prices = _struck(evaluator, market, prices, share=share, scale=scale)
        passes += 2
    prices, more = _lowered(evaluator, market, prices, heat=_LAST_OF_ALL * scale, stop=_FINE)
    prices, rounds = _polished(evaluator, market, prices, scale=scale, threads=threads)
    return prices, passes + more + rounds


def _cooled(sample: Evaluator, market: Market, *, scale: float) -> tuple[Floats, float]:
    """Prices from nothing: heat falls among all units or, where there are many, in a sample."""
    prices, passes = np.zeros(market.usage.shape[1]), 0.0
    for heat, stop in _COOLING:
        prices, more = _lowered(sample, market, prices, heat=heat * scale, stop=stop)
        passes += more
    return prices, passes


def _struck(evaluator: Evaluator, market: Market, prices: Floats, *, share: int, scale: float) -> Floats:
    """Prices where small limits, of which a sample or last night says little, and minima that are short have
    their own."""
    found = evaluator.choose(market.table(prices))
    market = market.widened(found.held)
    off = (market.contacts < _SMALL * share) | (market.used(found.used) < _SHORT * market.low)
    return strike(evaluator, market, prices, small=off, scale=scale)


def _lowered(
    evaluator: Evaluator,
    market: Market,
    prices: Floats,
    *,
    heat: float,
    stop: float,
    within: Range | None = None,
) -> tuple[Floats, float]:
    """Prices of the least dual at a heat, where those who would be held back add to the room."""
    held = evaluator.choose(market.table(prices)).held
    prices, passes = minimise(
        evaluator, market.widened(held), prices, heat=heat, steps=_STEPS, stop=stop, within=within
    )
    return prices, passes + 1.0


def _polished(
    evaluator: Evaluator, market: Market, prices: Floats, *, scale: float, threads: int
) -> tuple[Floats, int]:
    """Prices at the lowest heats, from the units alone that a near rival keeps open.

    No price goes so far that a unit left out could change its mind; where one wants to, all units are asked
    again from there.
    """
    wanted = np.zeros(market.usage.shape[0], dtype=np.bool_)
    near = _NEAR * _LAST_OF_ALL * scale
    reach = near / 4 / np.maximum(market.largest, 1 / WHOLE)
    rounds, before = 0, np.inf
    while rounds < _ROUNDS:
        rounds += 1
        units, settled = evaluator.contested(market.table(prices), near, wanted)
        inside = InProcess(of=units, codes=market.usage.shape[0], threads=threads)
        left = market.widened(settled.held).less(settled.used)
        within = Range(least=prices - reach, most=prices + reach)
        for heat, stop in _POLISH:
            prices, _ = _lowered(inside, left, prices, heat=heat * scale, stop=stop, within=within)
        if ((prices > within.least) & (prices < within.most)).all():
            break
        found = evaluator.choose(market.table(prices))
        dual = found.surplus / MICRO + market.widened(found.held).constant(prices)
        if before - dual <= _GAINED * abs(dual):
            break
        before = dual
    return prices, rounds


def exact_prices(evaluator: Evaluator, market: Market, prices: Floats, *, scale: float) -> Floats | None:
    """Prices of the least dual without any heat, among the units that a near rival or a minimum keeps open;
    None where these are many or cannot keep the market's minima."""
    if evaluator.units > _FEW_UNITS:
        return None
    wanted = np.asarray(market.usage @ (market.low > 0).astype(np.float64)) > 0
    few = None
    for within in _WITHIN:
        units, settled = evaluator.contested(market.table(prices), within * scale, wanted)
        if len(units.worth) > _FEW:
            break
        few = units, settled
    if few is None:
        return None
    units, settled = few
    return prices_of(in_order_of_units(units), market.less(settled.used))
