"""Who gets which contact when not everybody can have one: the most valuable first, blind to the arms.

All candidates stand in one order: value minus cost, descending, ties by a hash (a candidate that was drawn to
be tried stands at its customer's best place, see ``outreach.explore``). They are taken from the top
while the customer, the phone number, the strategy and the channel still have room. Only treated rows use up
the room of strategies and channels: a held-out row is chosen exactly when both are open at its place.

What that guarantees: whether a row is chosen depends on the rows above it and on its own value, customer,
number, strategy and channel; never on its own arm. So treated and held-out customers of a strategy are alike
in everything but the contact, however scarce the channels. Where nothing runs out, no arm matters at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from base.errors import SettingsError, StrategyError
from lake.tables import PLAN
from lake.tables.words import TREATED
from outreach.coded import Words, luck_of_touch, words

_CHOSEN, _COSTS_MORE, _CUSTOMER_TAKEN, _NUMBER_TAKEN, _STRATEGY_FULL, _ALL_BEGUN, _CHANNEL_FULL = range(7)
_FATE_OF_VERDICT = (
    "held_out",
    "lower_value",
    "lower_value",
    "lower_value",
    "strategy_limit",
    "strategy_limit",
    "capacity",
    "contact",
)

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """The candidates as arrays.

    ``room`` and ``bound``: contacts a night, by channel and by strategy code; ``beginnings``: first touches.
    """

    customer: Words
    number: Words
    strategy: Words
    channel: Words
    arm: Words
    step: Ints
    net: Floats
    bid: Floats
    put_forward: Flags
    treated: Flags
    room: Ints
    bound: Ints
    beginnings: Ints


def arbitrate(
    candidates: pa.Table,
    *,
    capacity: Mapping[str, int],
    limits: Mapping[str, int],
    beginnings: Mapping[str, int],
    salt: str,
) -> pa.Table:
    """The plan: every candidate with its fate, the reason in words, and its channel's shadow price.

    Parameters
    ----------
    candidates: customer, number (null where unknown), strategy, step, channel, segment, arm, value, cost,
        hour, and what ``outreach.explore`` says of them; value and cost in CNY; one row a customer, strategy
        and step; in any order.
    capacity: contacts a night, by channel.
    limits: contacts a night, by strategy.
    beginnings: journeys that may begin tonight, by strategy; one that is not here may begin any number.
    salt: what the tie-breaking hash starts from; another one every night, so that luck changes.

    Returns the columns of PLAN, one row a candidate, in the given order. A channel's shadow price is the net
    value of the best treated row that found it full; 0 where it had room to the end.

    Raises SettingsError where a channel's capacity, StrategyError where a strategy's limit is missing.
    """
    rows = _rows(candidates, capacity, limits, beginnings)
    luck = luck_of_touch(rows.customer, rows.strategy, rows.step, salt)
    order = np.lexsort((luck, ~rows.put_forward, -rows.bid))
    verdict, winner = _taken(rows, order)
    fate = np.where((verdict == _CHOSEN) & rows.treated, len(_FATE_OF_VERDICT) - 1, verdict)
    found = {
        "fate": _worded(fate, _FATE_OF_VERDICT),
        "reason": _reasons(rows, verdict, winner),
        "shadow_price": pa.array(_shadow_prices(rows, verdict)[rows.channel.codes]),
    }
    return pa.table({name: found[name] if name in found else candidates[name] for name in PLAN.names})


def _rows(
    candidates: pa.Table,
    capacity: Mapping[str, int],
    limits: Mapping[str, int],
    beginnings: Mapping[str, int],
) -> _Rows:
    strategy, channel, arm = (words(candidates[name]) for name in ("strategy", "channel", "arm"))
    unbounded = sorted(set(strategy.words) - set(limits))
    if unbounded:
        raise StrategyError(f"no limit a night for {', '.join(unbounded)}; state limits.per_night")
    closed = sorted(set(channel.words) - set(capacity))
    if closed:
        raise SettingsError(f"no capacity for {', '.join(closed)}; state channel_capacity.{closed[0]}")
    return _Rows(
        customer=words(candidates["customer"]),
        number=words(candidates["number"]),
        strategy=strategy,
        channel=channel,
        arm=arm,
        step=candidates["step"].to_numpy().astype(np.int64),
        net=candidates["value"].to_numpy() - candidates["cost"].to_numpy(),
        bid=candidates["bid"].to_numpy(),
        put_forward=candidates["put_forward"].to_numpy(zero_copy_only=False),
        treated=np.array([word in TREATED for word in arm.words], dtype=np.bool_)[arm.codes],
        room=np.array([capacity[name] for name in channel.words], dtype=np.int64),
        bound=np.array([limits[name] for name in strategy.words], dtype=np.int64),
        beginnings=np.array(
            [beginnings.get(name, candidates.num_rows) for name in strategy.words], dtype=np.int64
        ),
    )


def _taken(rows: _Rows, order: Ints) -> tuple[Ints, Ints]:
    """Walks down the order; a verdict a row, and by customer the strategy chosen for him (-1 for none)."""
    verdict = np.full(len(rows.net), _COSTS_MORE)
    worth = order[rows.net[order] > 0]  # a value that is no number is worth nothing either
    winner = [-1] * len(rows.customer.words)
    # One place more than there are numbers: code -1, no number, falls on it and is never taken.
    number_taken = [False] * (len(rows.number.words) + 1)
    room, bound, beginnings = rows.room.tolist(), rows.bound.tolist(), rows.beginnings.tolist()
    found = []
    for customer, number, strategy, channel, treated, opens in zip(
        rows.customer.codes[worth].tolist(),
        rows.number.codes[worth].tolist(),
        rows.strategy.codes[worth].tolist(),
        rows.channel.codes[worth].tolist(),
        rows.treated[worth].tolist(),
        (rows.step[worth] == 1).tolist(),
        strict=True,
    ):
        if winner[customer] >= 0:
            found.append(_CUSTOMER_TAKEN)
        elif number_taken[number]:
            found.append(_NUMBER_TAKEN)
        elif bound[strategy] <= 0:
            found.append(_STRATEGY_FULL)
        elif opens and beginnings[strategy] <= 0:
            found.append(_ALL_BEGUN)
        elif room[channel] <= 0:
            found.append(_CHANNEL_FULL)
        else:
            found.append(_CHOSEN)
            winner[customer] = strategy
            number_taken[number] = number >= 0
            if treated:
                room[channel] -= 1
                bound[strategy] -= 1
                beginnings[strategy] -= opens
    verdict[worth] = found
    return verdict, np.array(winner, dtype=np.int64)


def _shadow_prices(rows: _Rows, verdict: Ints) -> Floats:
    """Net value of the best treated row that found its channel full, by channel code."""
    refused = (verdict == _CHANNEL_FULL) & rows.treated
    prices = np.zeros(len(rows.channel.words))
    np.maximum.at(prices, rows.channel.codes[refused], rows.net[refused])
    return prices


def _reasons(rows: _Rows, verdict: Ints, winner: Ints) -> pa.Array:
    """Why, in words: one of few texts a row."""
    chosen = verdict == _CHOSEN
    candidates = np.bincount(rows.customer.codes, minlength=len(rows.customer.words))[rows.customer.codes]
    nothing = np.zeros(len(verdict), dtype=np.int64)
    drawn = chosen & (rows.bid > rows.net)
    explores = np.zeros(len(rows.customer.words), dtype=np.bool_)
    explores[rows.customer.codes[drawn]] = True
    outbid = verdict == _CUSTOMER_TAKEN
    groups: tuple[tuple[Flags, Ints, list[str]], ...] = (
        (
            drawn & rows.treated,
            candidates,
            [
                f"drawn among {n} possible contacts with this customer, to learn what else works"
                for n in range(candidates.max(initial=0) + 1)
            ],
        ),
        (
            chosen & ~drawn & rows.treated,
            candidates,
            [
                f"worth most of {n} possible contacts with this customer"
                for n in range(candidates.max(initial=0) + 1)
            ],
        ),
        (
            chosen & ~rows.treated,
            rows.arm.codes,
            [
                f"would be contacted; held back ({arm}) so that the effect can be measured"
                for arm in rows.arm.words
            ],
        ),
        (verdict == _COSTS_MORE, nothing, ["costs at least what it is expected to bring"]),
        (
            outbid & ~explores[rows.customer.codes],
            winner[rows.customer.codes],
            [f"{name} is worth more for this customer" for name in rows.strategy.words],
        ),
        (
            outbid & explores[rows.customer.codes],
            winner[rows.customer.codes],
            [f"{name} was drawn for this customer, to learn what else works" for name in rows.strategy.words],
        ),
        (verdict == _NUMBER_TAKEN, nothing, ["somebody with the same phone number is contacted that day"]),
        (
            verdict == _STRATEGY_FULL,
            rows.strategy.codes,
            [
                f"{name} may contact {bound} a night; they went to higher values"
                for name, bound in zip(rows.strategy.words, rows.bound, strict=True)
            ],
        ),
        (
            verdict == _ALL_BEGUN,
            rows.strategy.codes,
            [
                f"{name} may begin {left} more journeys; they went to higher values"
                for name, left in zip(rows.strategy.words, rows.beginnings, strict=True)
            ],
        ),
        (
            verdict == _CHANNEL_FULL,
            rows.channel.codes,
            [
                f"{name} carries {room} a night; they went to higher values"
                for name, room in zip(rows.channel.words, rows.room, strict=True)
            ],
        ),
    )
    index, texts = nothing.copy(), list[str]()
    for rows_of, key, wording in groups:
        index[rows_of] = len(texts) + key[rows_of]
        texts.extend(wording)
    return _worded(index, tuple(texts))


def _worded(index: Ints, words: tuple[str, ...]) -> pa.Array:
    """The words that ``index`` points at, as a text column."""
    codes: Any = pa.array(index.astype(np.int32))
    return pa.DictionaryArray.from_arrays(codes, pa.array(words, pa.string())).cast(pa.string())
