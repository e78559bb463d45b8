"""Which number each contact is made from.

Numbers of a channel are shared out by consistent hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam
2018): a customer sees the same number again as long as it is there, a change of the register moves few
customers, and no number carries much more than its share. Hashes of the words alone decide, so that the same
list and register give the same numbers in whatever order their rows come.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from outreach.coded import Bits, Ints, hashed, luck_of, mixed, words

POINTS = 200
"""Places on the ring of a number of middling limit."""
ROOM = 1.25
"""Most that a number carries, as a multiple of its share, where its limit allows that much."""
_STEP = np.uint64(0x9E3779B97F4A7C15)  # odd, so that a number's places are all different


@dataclass(frozen=True, kw_only=True)
class _Pool:
    """Numbers that serve the same contacts: their places in the register, in order, and their limits."""

    channel: str
    purposes: tuple[str, ...]
    callers: Ints
    limits: Ints


def allocate(chosen: pa.Table, register: pa.Table) -> pa.StringArray:
    """The number for each contact; null where its channel has none, or too few: the least worth go without.

    ``chosen``: customer, strategy, step, channel, kind (product), value (yuan). ``register``: number,
    channel, purposes (products; empty: all), daily_limit (contacts); only numbers that may be used on the
    day. Where numbers for some products stand beside numbers for all, the narrowest are filled first.
    """
    numbers = register.sort_by("number").combine_chunks()
    customer, strategy = words(chosen["customer"]), words(chosen["strategy"])
    place = luck_of(customer, "caller")
    luck = mixed(
        place ^ (hashed(strategy.words)[strategy.codes] + chosen["step"].to_numpy().astype(np.uint64))
    )
    worth = chosen["value"].to_numpy()
    channel, kind = words(chosen["channel"]), words(chosen["kind"])
    callers = np.full(chosen.num_rows, -1, np.int64)
    for pool in _pools(numbers):
        wanted = (callers < 0) & (channel.codes == _code(channel.words, pool.channel))
        if pool.purposes:
            wanted &= np.isin(kind.codes, [_code(kind.words, purpose) for purpose in pool.purposes])
        rows = _worthiest(np.flatnonzero(wanted), worth, luck, room=int(pool.limits.sum()))
        shared = _shared_out(place[rows], luck[rows], pool, _ring(pool, numbers))
        callers[rows] = pool.callers[shared]
    return numbers["number"].combine_chunks().take(pa.array(callers, mask=callers < 0))


def _pools(numbers: pa.Table) -> list[_Pool]:
    """The narrowest first."""
    served = [
        (channel, tuple(sorted(purposes)))
        for channel, purposes in zip(
            numbers["channel"].to_pylist(), numbers["purposes"].to_pylist(), strict=True
        )
    ]
    limits = numbers["daily_limit"].to_numpy().astype(np.int64)
    pools = []
    for channel, purposes in sorted(set(served), key=lambda pool: (not pool[1], len(pool[1]), pool)):
        mine = np.array([place for place, one in enumerate(served) if one == (channel, purposes)], np.int64)
        pools.append(_Pool(channel=channel, purposes=purposes, callers=mine, limits=limits[mine]))
    return pools


def _code(known: tuple[str, ...], word: str) -> int:
    return known.index(word) if word in known else -2


def _worthiest(rows: Ints, worth: npt.NDArray[np.float64], luck: Bits, *, room: int) -> Ints:
    """At most ``room`` of the rows; of equal worth the luckier."""
    if len(rows) <= room:
        return rows
    return np.sort(rows[np.lexsort((luck[rows], -worth[rows]))[:room]])


def _ring(pool: _Pool, numbers: pa.Table) -> tuple[Bits, Ints]:
    """Places in order, and whose they are; a number has as many as its limit deserves."""
    shares = np.maximum(1, np.round(POINTS * pool.limits / pool.limits.mean())).astype(np.int64)
    owners = np.repeat(np.arange(len(shares)), shares)
    turns = np.arange(len(owners)) - np.repeat(np.cumsum(shares) - shares, shares)
    names = tuple(numbers["number"].take(pa.array(pool.callers)).to_pylist())
    places = mixed(hashed(names)[owners] + turns.astype(np.uint64) * _STEP)
    order = np.argsort(places)
    return places[order], owners[order]


def _shared_out(place: Bits, luck: Bits, pool: _Pool, ring: tuple[Bits, Ints]) -> Ints:
    """For each contact a number of the pool: the next on the ring, or one with room where that is full."""
    points, owners = ring
    taken = owners[np.searchsorted(points, place) % len(points)]
    bounds = np.minimum(pool.limits, np.ceil(ROOM * len(place) * pool.limits / pool.limits.sum()))
    bounds = bounds.astype(np.int64)
    loads = np.bincount(taken, minlength=len(bounds))
    order = np.lexsort((luck, taken))
    rank = np.arange(len(order)) - np.repeat(np.cumsum(loads) - loads, loads)
    over = order[rank >= bounds[taken[order]]]
    over = over[np.argsort(luck[over])]
    free = np.repeat(np.arange(len(bounds)), bounds - np.minimum(loads, bounds))
    taken[over] = free[np.arange(len(over)) * len(free) // max(1, len(over))]
    return taken
