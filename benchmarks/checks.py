"""The static checks on a book of 4,000 strategies: how long they take, what they find and what they make up.

``python -m benchmarks.checks`` prints one JSON line a figure.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from benchmarks.big_book import SEGMENTS, TODAY, BigBook, make_book
from benchmarks.figure import Figure, at_least, at_most, show
from experiments.design import power
from features.catalogue import FEATURES
from strategies.checks.check import check, found
from strategies.checks.facts import Circumstances, Facts, Sizes, read_book
from strategies.checks.finding import Finding
from strategies.document import Strategy

Result = TypeVar("Result")

# The bank that the book is for, and how often its customers take a product up unasked.
_CUSTOMERS = 10_000_000
_BASE_RATE = 0.02


def figures() -> Iterator[Figure]:
    """Seconds for the whole book and for one changed strategy; mistakes found, missed and made up."""
    sound, faulty = make_book(), make_book(faults="all")
    # Machine code of the evaluator's loops is made once and kept from run to run: not counted.
    _checked(make_book(strategies=50, funnels=10))
    seconds, findings = _timed(lambda: _checked(sound))
    name = f"checks of {len(sound.strategies):,} strategies"
    yield at_most(f"{name}, from documents to findings", seconds, "seconds", goal=60)
    yield at_most(f"{name}, false findings in a sound book", len(findings), "findings", goal=0)
    planted = {(each.kind, frozenset(each.names)) for each in faulty.planted}
    told = {(each.kind, frozenset(each.strategies)) for each in _checked(faulty)}
    yield at_least(f"{name}, planted mistakes found", len(planted & told), "findings", goal=len(planted))
    yield at_most(f"{name}, findings beside the planted", len(told - planted), "findings", goal=0)
    yield from _one_by_one(faulty)


def _one_by_one(book: BigBook) -> Iterator[Figure]:
    """Every planted mistake as the change of one strategy in a book that is read; the slowest counts."""
    facts = read_book(book.strategies, features=FEATURES, told=_told(book))
    strategies = {strategy.name: strategy for strategy in book.strategies}
    slowest, seen = 0.0, 0
    for planted in book.planted:
        changed = strategies[planted.names[-1]]
        seconds, findings = _timed(partial(_changed, facts, changed))
        slowest = max(slowest, seconds)
        seen += planted.kind in {finding.kind for finding in findings}
    name = f"check of one changed strategy against {len(book.strategies):,}"
    yield at_most(f"{name}, slowest of {len(book.planted)}, book read before", slowest, "seconds", goal=1)
    yield at_least(f"{name}, planted mistakes found", seen, "findings", goal=len(book.planted))


def _changed(facts: Facts, strategy: Strategy) -> list[Finding]:
    return found(facts.beside(strategy))


def _checked(book: BigBook) -> list[Finding]:
    told = _told(book)
    return check(
        book.strategies, features=FEATURES, segments=told.segments, today=told.today, sizes=told.sizes
    )


def _told(book: BigBook) -> Circumstances:
    sizes = Sizes(
        customers={name: round(share * _CUSTOMERS) for name, share in book.shares.items()},
        power=lambda customers, holdout, lift: power(customers, holdout=holdout, base=_BASE_RATE, lift=lift),
    )
    return Circumstances(today=TODAY, segments=frozenset(SEGMENTS), sizes=sizes)


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def main() -> None:
    show(figures())


if __name__ == "__main__":
    main()
