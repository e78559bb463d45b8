"""Mistakes that take two or more strategies: who stands in whose way.

A customer has one contact a day and one journey at a time, and the contact worth more goes first. So where
every customer of one strategy is another's too, the two meet over every one of them, every night. What a
first contact is worth is goal value x priority x expected lift, and for calls the share of calls that the
customer answers: on one channel the last is the same for both, and so is the cost.
"""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Self

from strategies.candidates import worth
from strategies.checks.facts import Entry, Facts
from strategies.checks.finding import Finding
from strategies.document import Strategy
from strategies.slots import never_meet

LEAST_FREE = 0.05
"""The share of a strategy's customers that must be in no control group of those that share all of them."""


class Shadowed(Finding):
    """All customers of the first are the second's too, which goes first: same channel and product, a contact
    worth more, runs as long, no smaller limit. The first gets only whom the second has done with.
    前者客户全部被后者优先占用
    """

    name = "shadowed"
    grave = False

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        today = facts.told.today
        for inner, outer in facts.pairs(lambda one, other: _goes_before(other, one, today)):
            witness = facts.prover.example([inner.condition, outer.condition])
            if witness is not None:
                yield cls(
                    strategies=(inner.name, outer.name),
                    detail=f"worth {_worth(inner.strategy):.2f} against {_worth(outer.strategy):.2f} yuan",
                    witness=witness,
                )


class Collision(Finding):
    """All customers of the first are the second's too, on one channel and for contacts of equal worth: only
    a drawn lot says who gets them. 两策略争夺同一批客户且价值相同
    """

    name = "collision"
    grave = False

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        today, told = facts.told.today, set[frozenset[str]]()
        for inner, outer in facts.pairs(lambda one, other: _stands_equal(one, other, today)):
            names = frozenset((inner.name, outer.name))
            witness = facts.prover.example([inner.condition, outer.condition])
            if names not in told and witness is not None:
                told.add(names)
                detail = f"both worth {_worth(inner.strategy):.2f} yuan"
                yield cls(strategies=(inner.name, outer.name), detail=detail, witness=witness)


class Copies(Finding):
    """These strategies differ in name, title and manager only. 策略内容完全相同"""

    name = "copies"
    grave = False

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        asked = {entry.name for entry in facts.asked}
        alike: dict[str, list[Entry]] = defaultdict(list)
        for entry in facts.entries:
            alike[_content(entry.strategy)].append(entry)
        for group in alike.values():
            names = tuple(sorted(entry.name for entry in group))
            if len(names) > 1 and asked & set(names):
                yield cls(strategies=names, witness=facts.prover.example([group[0].condition]))


class HeldOut(Finding):
    """The strategies that share all customers of the first, and the global holdout, hold nearly everybody of
    them back somewhere: hardly one is free to be contacted by all. 各策略对照组叠加后几乎无人可触达
    """

    name = "held_out"
    grave = False

    @classmethod
    def find(cls, facts: Facts) -> Iterator[Self]:
        asked, told = {entry.name for entry in facts.asked}, set[str]()
        for entry in _concerned(facts):
            sharing = [] if entry.name in told else _sharing(facts, entry)
            names = {each.name for each in sharing}
            witness = facts.prover.example([each.condition for each in sharing]) if asked & names else None
            if witness is not None:
                told |= names
                free = _free([each.strategy for each in sharing], facts.told.global_holdout)
                yield cls(
                    strategies=tuple(each.name for each in sharing),
                    detail=f"{free:.1%} are in no control group",
                    witness=witness,
                )


def _goes_before(strategy: Strategy, other: Strategy, today: date) -> bool:
    """Whether ``strategy`` comes before ``other`` at every customer of both, on all days other has left."""
    return (
        _same_way(strategy, other)
        and strategy.experiment.enrolled_share == 1
        and strategy.kind == other.kind
        and _worth(strategy) > _worth(other)
        and not _alike(strategy, other)
        and strategy.valid.start <= max(other.valid.start, today)
        and strategy.valid.end >= other.valid.end >= today
        and strategy.limits.per_night >= other.limits.per_night
        and strategy.limits.budget is None
        and not (other.limits.at_least or other.experiment.expose)
        and _most(strategy) >= _most(other)
    )


def _stands_equal(strategy: Strategy, other: Strategy, today: date) -> bool:
    """Whether nothing but the lot decides between the two, on some day from today."""
    return (
        _same_way(strategy, other)
        and not never_meet(strategy, other)
        and _alike(strategy, other)
        and _common_days(strategy, other, today)
        and _content(strategy) != _content(other)
    )


def _same_way(strategy: Strategy, other: Strategy) -> bool:
    return strategy.funnel[0].channel == other.funnel[0].channel


def _alike(strategy: Strategy, other: Strategy) -> bool:
    return math.isclose(_worth(strategy), _worth(other), rel_tol=1e-9)


def _common_days(strategy: Strategy, other: Strategy, today: date) -> bool:
    start = max(strategy.valid.start, other.valid.start, today)
    return start <= min(strategy.valid.end, other.valid.end)


def _worth(strategy: Strategy) -> float:
    """Yuan that reaching a customer with the first contact is worth."""
    return worth(strategy, strategy.funnel[0])


def _most(strategy: Strategy) -> float:
    return math.inf if strategy.caps.total is None else strategy.caps.total


def _content(strategy: Strategy) -> str:
    return strategy.model_dump_json(exclude={"name", "title", "manager"})


def _concerned(facts: Facts) -> Iterator[Entry]:
    """The entries asked about, and those that may share all their customers with one of them."""
    yield from facts.asked
    if len(facts.asked) < len(facts.entries):
        for entry in facts.asked:
            yield from facts.within(entry)


def _sharing(facts: Facts, entry: Entry) -> list[Entry]:
    """The entry and the fewest others that share all its customers and leave too few free; none if they do
    not, all together.
    """
    beside = [
        other
        for other in facts.around(entry)
        if other.strategy.experiment.enrolled_share == 1
        and _common_days(entry.strategy, other.strategy, facts.told.today)
    ]
    if not _too_few(facts, [entry, *beside]):
        return []
    proved = [each for each in beside if facts.prover.inside(entry.condition, each.condition)]
    together = _together([entry, *proved], facts.told.today)
    hungriest = sorted(together[1:], key=lambda each: -each.strategy.experiment.least_held_out())
    groups = ([entry, *hungriest[:count]] for count in range(1, len(hungriest) + 1))
    return next((group for group in groups if _too_few(facts, group)), [])


def _together(entries: Sequence[Entry], today: date) -> list[Entry]:
    """Those of the entries that run on the day when the first meets most of the others."""
    first = entries[0].strategy
    days = {max(each.strategy.valid.start, today) for each in entries}
    runs = [
        [each for each in entries if each.strategy.runs_on(day)] for day in sorted(days) if first.runs_on(day)
    ]
    return max(runs, key=len, default=[])


def _too_few(facts: Facts, entries: Sequence[Entry]) -> bool:
    return _free([entry.strategy for entry in entries], facts.told.global_holdout) < LEAST_FREE


def _free(strategies: Sequence[Strategy], global_holdout: float) -> float:
    """The share of customers common to all ``strategies`` that are held out by none: arms are independent."""
    return (1 - global_holdout) * math.prod(1 - each.experiment.least_held_out() for each in strategies)
