"""How many contacts a strategy would get of a night's capacity, against what the night's plan chose."""

from dataclasses import dataclass

import numpy as np

from outreach.dry_run.audience import Audience, Floats, Ints
from strategies.candidates import worth
from strategies.document import Strategy


@dataclass(frozen=True, kw_only=True)
class Contacts:
    """A strategy's first touch laid beside the contacts the night's plan chose; counts of customers.

    ``allowed``: the selected who may begin and whom policy lets through. ``worth_it``: of these, worth more
    than they cost. ``won``: of these, worth more than the contact the plan has for the same customer.
    ``exposed``: of these, as many of the most valuable as channel and limit leave room for, those held back
    for measuring included. ``contacts``: the share of them that the draw treats. ``net``: yuan a contact is
    expected to bring beyond its cost (of ``allowed``: exceeded by 95 %, the mean, exceeded by 5 %).
    ``lowest_accepted``: the same of the least valuable contact the plan made on the channel; None for none.
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


def net_values(strategy: Strategy, *, cost: float, reach: Floats) -> Floats:
    """Yuan that the first touch is expected to bring beyond its cost, by customer, as candidates compete."""
    return worth(strategy, strategy.funnel[0]) * reach - cost


def compete(
    allowed: Ints,
    net: Floats,
    audience: Audience,
    strategy: Strategy,
    *,
    room: int,
    limit: int,
    treated_share: float,
) -> Contacts:
    """``allowed``: places of those whom the first touch may reach; ``net``: what each of them is worth;
    ``room``: contacts the channel carries tonight; ``limit``: contacts the strategy may make.

    Everything else of the plan stands: nobody whom this strategy wins frees room for another, and nobody it
    displaces comes back elsewhere. Its own contacts in the plan, if it runs already, are left out.
    """
    channel, planned = strategy.funnel[0].channel, audience.planned
    others = planned.strategy.codes != planned.strategy.code(strategy.name)
    worth_it = net > 0
    won = worth_it & ((net > planned.net[allowed]) | ~others[allowed])
    on_channel = others & planned.treated & (planned.channel.codes == planned.channel.code(channel))
    accepted = planned.net[on_channel]
    on_channel[allowed[won]] = False
    exposed = _exposed(
        np.sort(net[won])[::-1],
        against=planned.net[on_channel],
        room=room,
        limit=limit,
        treated_share=treated_share,
    )
    return Contacts(
        channel=channel,
        allowed=len(allowed),
        worth_it=int(worth_it.sum()),
        won=int(won.sum()),
        exposed=exposed,
        contacts=min(round(exposed * treated_share), room, limit),
        limit=limit,
        room=room,
        used=len(accepted),
        lowest_accepted=float(accepted.min()) if len(accepted) else None,
        net=_range(net),
    )


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
