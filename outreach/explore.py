"""A small share of customers is tried with something other than the best guess, so that guesses are checked.

Which contact a customer is tried with first depends on values that somebody estimated. Where only the best of
them were ever tried, nobody would learn that a lesser one works better, and no other way of choosing could be
valued from what was logged. So a drawn share of customers starts from a candidate drawn evenly among theirs.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from outreach.coded import Bits, Ints, Words, luck_of, luck_of_touch, mixed, words

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
    each bids as much as leaves it, after its own expense, what the other had. So at last night's prices, by
    which ``expense`` is reckoned, the customer is served as often as without the draw. At tonight's he is
    served more often where the drawn one needs room that costs less than thought beside the best's, as
    whatever is not scarce does on a first night, and less often where it costs more. ``propensity`` is that
    of being put forward: share / k + (1 - share) [is the best], with k such candidates; no number for those
    not worth their cost. Arms play no part in it.

    ``candidates``: at least customer, strategy and step.
    """
    customer, strategy = words(candidates["customer"]), words(candidates["strategy"])
    left = worth - expense
    ties = luck_of_touch(customer, strategy, candidates["step"].to_numpy(), exploration.salt)
    some = np.flatnonzero(worth > 0)
    counts = np.bincount(customer.codes[some], minlength=len(customer.words))
    best = _best(some, customer, left, ties)
    luck = luck_of(customer, f"{exploration.salt} explore")[best]
    is_explored = _evenly(luck) < exploration.share
    explored, drawn = best[is_explored], best.copy()
    place = (_evenly(mixed(luck[is_explored] + np.uint64(1))) * counts[customer.codes[explored]]).astype(
        np.int64
    )
    drawn[is_explored] = _at_place(place, some, customer, left, ties, of=customer.codes[explored])
    put_forward = np.zeros(len(worth), dtype=np.bool_)
    put_forward[drawn] = True
    instead = put_forward.copy()
    instead[best] = False
    bid = worth.copy()
    moved = drawn != best
    bid[best[moved]] = left[drawn[moved]] + expense[best[moved]]
    bid[drawn[moved]] = left[best[moved]] + expense[drawn[moved]]
    propensity = np.full(len(worth), np.nan)
    propensity[some] = exploration.share / counts[customer.codes[some]]
    propensity[best] += 1 - exploration.share
    return Tries(put_forward=put_forward, drawn=instead, propensity=propensity, bid=bid)


def _best(rows: Ints, customer: Words, left: Floats, ties: Bits) -> Ints:
    """Each customer's best row, in the order of their codes."""
    most = np.full(len(customer.words), -np.inf)
    np.maximum.at(most, customer.codes[rows], left[rows])
    tops = _sorted(rows[left[rows] == most[customer.codes[rows]]], customer, left, ties)
    return np.asarray(tops[np.diff(customer.codes[tops], prepend=-1) > 0])


def _at_place(place: Ints, rows: Ints, customer: Words, left: Floats, ties: Bits, *, of: Ints) -> Ints:
    """Of the customers ``of``, in the order of their codes, the row at such a place among theirs."""
    theirs = np.zeros(len(customer.words), dtype=np.bool_)
    theirs[of] = True
    among = _sorted(rows[theirs[customer.codes[rows]]], customer, left, ties)
    begins = np.flatnonzero(np.diff(customer.codes[among], prepend=-1))
    return np.asarray(among[begins + place])


def _sorted(rows: Ints, customer: Words, left: Floats, ties: Bits) -> Ints:
    """The rows customer by customer, the best first."""
    return rows[np.lexsort((ties[rows], -left[rows], customer.codes[rows]))]


def _evenly(bits: Bits) -> Floats:
    """Well mixed bits as numbers spread evenly over 0 <= number < 1."""
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53, dtype=np.float64)
