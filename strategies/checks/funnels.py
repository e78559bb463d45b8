"""Mistakes in a funnel and its dates."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Self

from lake.tables.words import RETURNS
from strategies.checks.facts import Facts
from strategies.checks.finding import Finding
from strategies.document import Strategy
from strategies.links import layers_of


class Loop(Finding):
    """Touches of the funnel lead back to each other: a journey would never end. 触达流程出现循环"""

    name = "loop"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        for entry in facts.asked:
            looped = looped_touches(entry.strategy)
            if looped:
                yield cls(strategies=(entry.name,), detail=", ".join(looped))


class NeverReached(Finding):
    """A touch of the funnel is never reached: no result of the touches before leads to it, or only after the
    goal's window has passed. 触达流程触点永远无法到达
    """

    name = "never_reached"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        for entry in facts.asked:
            strategy = entry.strategy
            reached = reached_after(strategy)
            missed = [
                touch.name
                for touch in strategy.funnel
                if touch.name not in looped_touches(strategy)
                and reached.get(touch.name, strategy.goal.window_days) >= strategy.goal.window_days
            ]
            if missed:
                yield cls(strategies=(entry.name,), detail=", ".join(missed))


class OutOfDate(Finding):
    """The offer is out of date: over, or ending before the funnel can be gone through. 有效期已过或不足"""

    name = "out_of_date"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        for entry in facts.asked:
            late = _too_late(entry.strategy, facts.told.today)
            if late:
                yield cls(strategies=(entry.name,), detail=late)


def looped_touches(strategy: Strategy) -> tuple[str, ...]:
    """The touches that come after themselves, and those that only such lead to."""
    layers = layers_of(strategy.funnel)
    return tuple(touch.name for touch, layer in zip(strategy.funnel, layers, strict=True) if layer == 0)


def reached_after(strategy: Strategy) -> dict[str, int]:
    """Fewest days from the first contact to each touch that can be reached at all, by name."""
    days = {strategy.funnel[0].name: 0}
    channels = {touch.name: touch.channel for touch in strategy.funnel}
    # As many rounds as there are touches: no way without a loop is longer.
    for _ in strategy.funnel:
        for touch in strategy.funnel[1:]:
            leads_on = set(touch.when) - strategy.ends()
            ways = [
                days[name] + touch.wait_days
                for name in touch.after
                if name in days and leads_on & set(RETURNS[channels[name]])
            ]
            if ways:
                days[touch.name] = min(*ways, days.get(touch.name, min(ways)))
    return days


def _too_late(strategy: Strategy, today: date) -> str:
    """What of the strategy can no longer happen; empty where all can."""
    if strategy.valid.end < today:
        return f"ended on {strategy.valid.end}"
    first = max(strategy.valid.start, today)
    missed = [
        name
        for name, days in reached_after(strategy).items()
        if (strategy.valid.end - first) < timedelta(days=days)
    ]
    return f"ends on {strategy.valid.end}, too soon for {', '.join(missed)}" if missed else ""
