"""Mistakes in the size of an experiment, and in what is to keep it apart from others."""

from collections.abc import Iterator
from datetime import date
from typing import Self

from strategies.checks.facts import Facts, Sizes
from strategies.checks.finding import Finding
from strategies.document import Strategy
from strategies.slots import clashes

WANTED = 0.8
"""The probability with which an experiment should show the lift that its author expects."""


class TooSmall(Finding):
    """The experiment is too small to see what its author expects of it; a larger audience or a larger share
    held out shows more. 实验样本不足，无法检出预期提升；可扩大目标客户或提高留出比例
    """

    name = "too_small"
    grave = False

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        for entry in facts.asked if facts.told.sizes else ():
            detail = _unseen(entry.strategy, facts.told.sizes, facts.told.today)
            if detail:
                yield cls(strategies=(entry.name,), detail=detail)


class SharedSlots(Finding):
    """Both are to have the same slots of one layer, which is there to keep them apart.
    同一实验层内流量槽位重叠
    """

    name = "shared_slots"
    grave = True

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        asked = {entry.name for entry in facts.asked}
        for clash in clashes(entry.strategy for entry in facts.entries):
            if asked & set(clash.strategies):
                yield cls(strategies=clash.strategies, detail=clash.words)


def _unseen(strategy: Strategy, sizes: Sizes | None, today: date) -> str:
    """Why the expected lift stays unseen; empty where it shows, or where nothing is known of the size."""
    if sizes is None or strategy.name not in sizes.customers or strategy.valid.end < today:
        return ""
    taking_part = int(sizes.customers[strategy.name] * strategy.experiment.enrolled_share)
    customers = _begun(strategy, taking_part, today)
    # What all touches promise together: no way through the funnel promises more.
    lift = sum(touch.expected_lift for touch in strategy.funnel)
    held_out = strategy.experiment.least_held_out()
    power = sizes.power(customers, held_out, lift) if customers else 0.0
    if power >= WANTED:
        return ""
    shown = f"{customers:,} customers show a lift of {lift:.2%} with probability {power:.0%}"
    return f"{shown}; {WANTED:.0%} is wanted"


def _begun(strategy: Strategy, selected: int, today: date) -> int:
    """Most customers, held out or not, who begin before the end: limits and caps bind the treated only."""
    days = (strategy.valid.end - max(strategy.valid.start, today)).days + 1
    nightly, total = strategy.limits.per_night * days, strategy.caps.total
    treated = nightly if total is None else min(nightly, total)
    return min(selected, int(treated / (1 - strategy.experiment.least_held_out())))
