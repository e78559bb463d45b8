"""A small share of customers is tried with something other than the best guess, so that guesses are checked.

Which contact a customer is tried with first depends on values that somebody estimated. Where only the best of
them were ever tried, nobody would learn that a lesser one works better, and no other way of choosing could be
valued from what was logged. So a drawn share of customers starts from a candidate drawn evenly among theirs.
"""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from outreach.coded import Bits, luck_of, luck_of_touch, mixed, words

Floats = npt.NDArray[np.float64]


def explore(candidates: pa.Table, *, share: float, salt: str) -> pa.Table:
    """The candidates with ``put_forward``, ``propensity`` and ``bid``, one row a candidate, in their order.

    Of each customer's candidates that are worth more than they cost, one is put forward: the best, or, for
    ``share`` of the customers, one drawn evenly. The drawn one and the best change places: it ``bid``s the
    best one's net value (CNY) in the arbitration and the best bids its, so that the customer's chance of
    being served and all his other choices stay as they are. ``propensity``: share / k + (1 - share) [is the
    best], with k such candidates; null for those that are not worth their cost. Arms play no part in it.

    ``candidates``: at least customer, strategy, step, value and cost (CNY). ``salt``: another every night.
    """
    customer, strategy = words(candidates["customer"]), words(candidates["strategy"])
    net = candidates["value"].to_numpy() - candidates["cost"].to_numpy()
    ties = luck_of_touch(customer, strategy, candidates["step"].to_numpy(), salt)
    # The worthwhile ones, customer by customer, the best first.
    worth = np.flatnonzero(net > 0)
    order = worth[np.lexsort((ties[worth], -net[worth], customer.codes[worth]))]
    _, first, count = np.unique(customer.codes[order], return_index=True, return_counts=True)
    best = order[first]
    luck = luck_of(customer, f"{salt} explore")[best]
    place = (_evenly(mixed(luck + np.uint64(1))) * count).astype(np.int64)
    drawn = order[first + np.where(_evenly(luck) < share, place, 0)]
    put_forward = np.zeros(len(net), dtype=np.bool_)
    put_forward[drawn] = True
    bid = net.copy()
    bid[best], bid[drawn] = net[drawn], net[best]
    propensity = np.full(len(net), np.nan)
    propensity[order] = np.repeat(share / count, count)
    propensity[best] += 1 - share
    return (
        candidates.append_column("put_forward", pa.array(put_forward))
        .append_column("propensity", pa.array(propensity, pa.float64(), from_pandas=True))
        .append_column("bid", pa.array(bid))
    )


def _evenly(bits: Bits) -> Floats:
    """Well mixed bits as numbers spread evenly over 0 <= number < 1."""
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53, dtype=np.float64)
