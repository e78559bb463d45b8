"""A small share of customers is tried with something other than the best guess, so that guesses are checked.

Which contact a customer is tried with first depends on values that somebody estimated. Where only the best of
them were ever tried, nobody would learn that a lesser one works better, and no other way of choosing could be
valued from what was logged. So a drawn share of customers starts from a candidate drawn evenly among theirs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from outreach.coded import Bits, luck_of, luck_of_touch, mixed, words

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Exploration:
    """Which customers are drawn: a ``share`` of them, by a ``salt`` that is another every night."""

    share: float
    salt: str


@dataclass(frozen=True, kw_only=True)
class Tries:
    """What each candidate is tried as: whether it is its customer's first choice (``put_forward``), drawn in
    place of a better one (``drawn``), with which ``propensity``, and its ``bid`` in the choice, CNY."""

    put_forward: Flags
    drawn: Flags
    propensity: Floats
    bid: Floats


def explore(candidates: pa.Table, *, worth: Floats, expense: Floats, exploration: Exploration) -> Tries:
    """Of each customer's candidates that are worth something one is put forward: the best, or, for a share
    of the customers, one drawn evenly.

    ``worth``: CNY a candidate brings beyond its cost. ``expense``: CNY that it will probably have to pay for
    room, known before the draw; the best is the one with most left. The drawn one and the best change places:
    each bids as much as leaves it, after its own expense, what the other had. So the customer's chance of
    being served and all his other choices stay as they are. ``propensity``: share / k + (1 - share) [is the
    best], with k such candidates; no number for those not worth their cost. Arms play no part in it.

    ``candidates``: at least customer, strategy and step.
    """
    customer, strategy = words(candidates["customer"]), words(candidates["strategy"])
    left = worth - expense
    ties = luck_of_touch(customer, strategy, candidates["step"].to_numpy(), exploration.salt)
    # The worthwhile ones, customer by customer, the best first.
    some = np.flatnonzero(worth > 0)
    order = some[np.lexsort((ties[some], -left[some], customer.codes[some]))]
    _, first, count = np.unique(customer.codes[order], return_index=True, return_counts=True)
    best = order[first]
    luck = luck_of(customer, f"{exploration.salt} explore")[best]
    place = (_evenly(mixed(luck + np.uint64(1))) * count).astype(np.int64)
    drawn = order[first + np.where(_evenly(luck) < exploration.share, place, 0)]
    put_forward = np.zeros(len(worth), dtype=np.bool_)
    put_forward[drawn] = True
    instead = put_forward.copy()
    instead[best] = False
    bid = worth.copy()
    moved = drawn != best
    bid[best[moved]] = left[drawn[moved]] + expense[best[moved]]
    bid[drawn[moved]] = left[best[moved]] + expense[drawn[moved]]
    propensity = np.full(len(worth), np.nan)
    propensity[order] = np.repeat(exploration.share / count, count)
    propensity[best] += 1 - exploration.share
    return Tries(put_forward=put_forward, drawn=instead, propensity=propensity, bid=bid)


def _evenly(bits: Bits) -> Floats:
    """Well mixed bits as numbers spread evenly over 0 <= number < 1."""
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53, dtype=np.float64)
