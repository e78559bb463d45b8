"""How many contacts a strategy would get of a night's room, at the prices the night's plan was made with."""

from dataclasses import dataclass

import numpy as np

from outreach.dry_run.audience import Audience, Flags, Floats, Ints, Planned
from strategies.candidates import worth
from strategies.document import Strategy

# How exact prices are, as a share of them, and in yuan at least: who is nearer to the margin stands on it.
_EXACT, _LEAST = 0.0005, 1e-4


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """A strategy's first touch laid beside the contacts the night's plan chose; counts of customers.

    ``allowed``: the selected who may begin and whom policy lets through. ``worth_it``: of these, worth more
    than they cost. ``won``: of these, worth more than what the contact planned for the same customer
    leaves. ``exposed``: of these, as many as channel and limit leave room for, those held back
    for measuring included. ``contacts``: the share of them that the draw treats. ``net``: yuan a contact is
    expected to bring beyond its cost (of ``allowed``: exceeded by 95 %, the mean, exceeded by 5 %).
    ``room_price``: yuan that the room one of the ``allowed`` needs costs tonight, on average.
    ``lowest_accepted``: what the least valuable contact the plan made on the channel brings; None for none.
    ``room``: contacts a night on the channel; ``used``: how many the plan made there.
    """

    channel: str
    allowed: int | None
    worth_it: int | None
    won: int | None
    exposed: int | None
    contacts: int | None
    limit: int
    room: int
    used: int
    lowest_accepted: float | None
    net: tuple[float, float, float] | None
    room_price: float | None


def net_values(strategy: Strategy, *, cost: float, reach: Floats) -> Floats:
    """Yuan that the first touch is expected to bring beyond its cost, by customer, as candidates compete."""
    return worth(strategy, strategy.funnel[0]) * reach - cost


def compete(
    allowed: Ints,
    net: Floats,
    left: Floats,
    audience: Audience,
    strategy: Strategy,
    *,
    room: int,
    limit: int,
    treated_share: float,
) -> Contacts:
    """``allowed``: places of those whom the first touch may reach; ``net``: what each of them is worth;
    ``left``: the same less the price of its room; ``room``: contacts the channel carries tonight;
    ``limit``: contacts the strategy may make.

    The price of the channel's room moves until it is used up: of the strategy's contacts, those planned there
    and those passed over there, the ones stay that gain most over what else there is for their customers. All
    other prices stand, and nobody it displaces comes back elsewhere. Its own contacts in the plan, if it runs
    already, are left out; whom the night kept to them although they left less than nothing, keeps as much.
    """
    channel, planned = strategy.funnel[0].channel, audience.planned
    others = planned.strategy.codes != planned.strategy.code(strategy.name)
    on_channel = others & (planned.channel.codes == planned.channel.code(channel))
    accepted = planned.net[on_channel & planned.treated]
    elsewhere = np.where(others, planned.left - np.where(on_channel, planned.margin, 0.0), 0.0)
    elsewhere = np.where(np.isfinite(elsewhere), np.maximum(elsewhere, 0.0), 0.0)
    room_price = float((net - left).mean()) if len(net) else 0.0
    # Chosen all the same: what makes a list stay put was worth the rest to the night.
    left = left + np.where(~others & (planned.left < 0), -planned.left, 0.0)[allowed]
    gain = left - elsewhere[allowed]
    level = max(_EXACT * abs(room_price), _LEAST)
    # On the channel itself its price is no difference, and of two that are level the planned one stays.
    kept = on_channel[allowed] & (left < planned.left[allowed] + level)
    won = (net > elsewhere[allowed]) & ~kept
    exposed = _exposed(
        np.sort(gain[won])[::-1],
        against=_rivals(planned, channel, strategy.name, on_channel, but=allowed[won], level=level),
        room=room,
        limit=limit,
        treated_share=treated_share,
    )
    return Contacts(
        channel=channel,
        allowed=len(allowed),
        worth_it=int((net > 0).sum()),
        won=int(won.sum()),
        exposed=exposed,
        contacts=min(round(exposed * treated_share), room, limit),
        limit=limit,
        room=room,
        used=len(accepted),
        lowest_accepted=float(accepted.min()) if len(accepted) else None,
        net=_range(net),
        room_price=round(room_price, 4) if len(net) else None,
    )


def _rivals(
    planned: Planned, channel: str, own: str, on_channel: Flags, *, but: Ints, level: float
) -> Floats:
    """What others who want the channel's room gain by it, CNY at tonight's prices; below zero, they missed it
    by so much. Of those on one ``level``, who has it stands before a newcomer, who missed it behind."""
    short_of = planned.short_of[channel]
    missed = (short_of.codes >= 0) & (short_of.codes != short_of.code(own)) & ~on_channel
    gain = np.where(on_channel, planned.margin + level, -planned.short_by[channel] - level)
    wanting = missed | (on_channel & planned.treated)
    wanting[but] = False
    return np.asarray(gain[wanting], dtype=np.float64)


def _exposed(own: Floats, *, against: Floats, room: int, limit: int, treated_share: float) -> int:
    """How many of ``own``, best first, find room: only the treated use it up, as in arbitration."""
    better = len(against) - np.searchsorted(np.sort(against), own, side="right")
    treated_before = np.arange(len(own)) * treated_share
    fits = (better + treated_before < room) & (treated_before < limit)
    return int(fits.sum())


def _range(net: Floats) -> tuple[float, float, float] | None:
    if not len(net):
        return None
    low, high = np.quantile(net, (0.05, 0.95))
    return float(low), float(net.mean()), float(high)
