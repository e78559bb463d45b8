"""What the room that a first touch needs costs on a night, at the prices its plan was made with."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from outreach.arbitrate.ahead import free_load
from outreach.arbitrate.factors import Contacts, factors_of, prices_of
from outreach.arbitrate.problem import WHOLE
from outreach.arbitrate.rooms import Rooms, StrategyRoom
from outreach.coded import Ints, Words
from outreach.dry_run.audience import Floats
from strategies.document import Strategy

_OWN = ("strategy", "spend", "begin", "exposures")


@dataclass(frozen=True, kw_only=True)
class Market:
    """The rooms of a night and its ``prices``: CNY a unit, by limit; 0 for one that is not there."""

    rooms: Rooms
    prices: Mapping[str, float]

    def room(self, channel: str) -> int:
        """Contacts the channel carries in a night."""
        return self.rooms.channels[channel].per_night

    def led_to(self, document: Strategy) -> float:
        """First contacts whose later calls the coming days have room for, if they are led to by no others."""
        fits = free_load(self.rooms)
        return min(
            (
                fits[load.channel, load.days] / load.chance
                for load in self.rooms.loads
                if (load.strategy, load.step) == (document.name, 1) and load.chance > 0
            ),
            default=math.inf,
        )

    def left(self, net: Floats, document: Strategy, *, cost: float, segment: Words, hour: Ints) -> Floats:
        """What is left of ``net`` (CNY a customer, first touch) when its room is paid for, at the best hour.

        The strategy's own limits are left out: it is asked what it would have of everybody's.
        """
        open_hours = sorted(self.rooms.channels[document.funnel[0].channel].per_hour)
        # A call that could run past the permitted hours is planned for the last that does not.
        hour = np.minimum(hour, open_hours[-1]) if open_hours else hour
        found = net - self._price(document, cost=cost, segment=segment, hour=hour)
        for away in range(1, self.rooms.hours_away + 1):
            for moved in (hour - away, hour + away):
                price = self._price(document, cost=cost, segment=segment, hour=np.maximum(moved, 0))
                there = net * (1 - self.rooms.hour_costs * away) - price
                found = np.where(np.isin(moved, open_hours), np.maximum(found, there), found)
        return found

    def _price(self, document: Strategy, *, cost: float, segment: Words, hour: Ints) -> Floats:
        """CNY that all the room of each customer's first touch costs at ``hour``."""
        names = [
            name
            for name in self.prices
            if not (name.split(".")[0] in _OWN and name.split(".", 1)[1] == document.name)
        ]
        same = np.zeros(len(hour), dtype=np.int64)
        contacts = Contacts(
            strategy=Words(codes=same, words=(document.name,)),
            channel=Words(codes=same, words=(document.funnel[0].channel,)),
            segment=segment,
            step=same + 1,
            hour=hour,
            cost=same + round(cost * WHOLE),
        )
        own = StrategyRoom(kind=document.kind, per_night=document.limits.per_night)
        rooms = replace(self.rooms, strategies={**self.rooms.strategies, document.name: own})
        factors = factors_of(contacts, rooms=rooms, places={name: at for at, name in enumerate(names)})
        return prices_of(factors, np.array([self.prices[name] for name in names], dtype=np.float64))
