"""Prices of small limits at one stroke: each such that just enough rows bid more, all others as they are.

This is the threshold step of Zhang et al., "Solving Billion-Scale Knapsack Problems" (2020), with bins in
place of a sort. It carries a price over any distance where Newton's method, which only sees those near the
margin, would walk; done for limits that hardly share units, all at the same time.
"""

import numpy as np

from outreach.arbitrate.dual import Market
from outreach.arbitrate.evaluator import Bins, Evaluator
from outreach.arbitrate.problem import WHOLE, Flags, Floats

_WIDTH, _EACH = 0.05, 280  # six decades to either side of zero
_FINEST = 1e-3  # of the mean surplus of a unit


def strike(evaluator: Evaluator, market: Market, prices: Floats, *, small: Flags, scale: float) -> Floats:
    """Prices where each of the ``small`` limits has the one at which its bids meet its high or its low."""
    bins = _bins(market, prices, small, scale)
    ranked = evaluator.rank(market.table(prices), bins)
    edges = bins.finest * np.exp(bins.width * np.arange(bins.each + 1))
    # From the highest bid down: the price at which a bin and all above it are still given up.
    falls = np.concatenate([edges[::-1], [0.0], -edges])
    bids = np.cumsum(ranked[:, ::-1], axis=1) / WHOLE
    above = bids[:, bins.each - 1]
    found = np.where(
        above > market.high,
        _met(bids[:, : bins.each], falls, market.high),
        np.where(above < market.low, np.minimum(_met(bids, falls, market.low), 0.0), 0.0),
    )
    return np.where(small, found, prices)


def _met(bids: Floats, falls: Floats, asked: Floats) -> Floats:
    """The price at which as much is bid as asked for, between a bin's ends in proportion."""
    at = np.minimum((bids < asked[:, None]).sum(axis=1), bids.shape[1] - 1)
    limits = np.arange(len(asked))
    before = np.where(at > 0, bids[limits, np.maximum(at - 1, 0)], 0.0)
    within = np.clip((asked - before) / np.maximum(bids[limits, at] - before, 1e-12), 0.0, 1.0)
    return np.asarray(falls[at] + within * (falls[at + 1] - falls[at]))


def _bins(market: Market, prices: Floats, small: Flags, scale: float) -> Bins:
    usage = market.usage.tocoo()
    asked = np.flatnonzero(small[usage.col])
    own, amount = np.full(usage.shape[0], -1, dtype=np.int64), np.zeros(usage.shape[0], dtype=np.int64)
    own[usage.row[asked]] = usage.col[asked]
    amount[usage.row[asked]] = np.rint(usage.data[asked] * WHOLE).astype(np.int64)
    return Bins(
        own=own,
        amount=amount,
        price=prices,
        paid=market.low > 0,
        finest=_FINEST * scale,
        width=_WIDTH,
        each=_EACH,
    )
