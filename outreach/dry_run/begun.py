"""Who may not begin a strategy again by the terms of a document that is being tried, counted in memory."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from lake.tables.words import RESULTS
from strategies.document import Strategy

_Ints = npt.NDArray[np.int32]

# Later than any day on which something happens, and still a number that days can be added to.
_NEVER = 1 << 30
_NO_RESULT = -1


@dataclass(frozen=True, kw_only=True)
class Touches:
    """All touches of one strategy, made or held back; every array holds one place a touch.

    ``customer``: his place in the audience. ``day`` (of the contact) and ``result_day`` are since 1970;
    ``result``: place among RESULTS, -1 for none.
    """

    customer: _Ints
    journey: _Ints
    day: _Ints
    result: _Ints
    result_day: _Ints


def touches_of(touches: pa.Table, customers: pa.ChunkedArray) -> dict[str, Touches]:
    """The touches (POSITIONS, without step and fate) of those who are among ``customers``, by strategy."""
    places = pc.index_in(touches["customer"], value_set=customers.combine_chunks())
    here = touches.append_column("place", places).filter(places.is_valid())
    if not len(here):
        return {}
    strategy: Any = here["strategy"].combine_chunks().dictionary_encode()
    codes = strategy.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    ends = np.cumsum(np.bincount(codes))[:-1]
    results = pc.index_in(here["result"], value_set=pa.array(RESULTS))
    parts = {
        "customer": here["place"],
        "journey": here["journey"],
        "day": here["contact_day"].cast(pa.int32()),
        "result": results.fill_null(_NO_RESULT),
        "result_day": here["result_day"].cast(pa.int32()).fill_null(_NEVER),
    }
    split = {name: np.split(part.to_numpy()[order], ends) for name, part in parts.items()}
    return {
        name: Touches(**{part: arrays[at] for part, arrays in split.items()})
        for at, name in enumerate(strategy.dictionary.to_pylist())
    }


def may_not_begin(touches: Touches | None, strategy: Strategy, *, as_of: date) -> _Ints:
    """The customers' places, ascending: whom ``strategies.funnel.positions`` names for this document alone.

    There the engine reckons it for a whole book; here a document is tried whose terms nobody lives by yet.
    """
    if touches is None:
        return np.empty(0, dtype=np.int32)
    customers, at, contacts = np.unique(touches.customer, return_inverse=True, return_counts=True)
    if strategy.cool_off_days is None:
        return customers
    newest = np.zeros(len(customers), dtype=np.int32)
    np.maximum.at(newest, at, touches.journey)
    in_newest = touches.journey == newest[at]
    ending = in_newest & np.isin(touches.result, [RESULTS.index(result) for result in strategy.ends()])
    first = np.full(len(customers), _NEVER, dtype=np.int32)
    ended = first.copy()
    np.minimum.at(first, at[in_newest], touches.day[in_newest])
    np.minimum.at(ended, at[ending], touches.result_day[ending])
    over = np.minimum(ended, first + strategy.goal.window_days)
    today = (as_of + timedelta(days=1) - date(1970, 1, 1)).days
    may_begin = today >= over + strategy.cool_off_days
    if strategy.caps.per_customer is not None:
        may_begin &= contacts < strategy.caps.per_customer
    return customers[~may_begin]
