"""Checks a book, or one strategy against it."""

from collections.abc import Mapping, Sequence
from datetime import date

from strategies.checks.domains import Declared
from strategies.checks.facts import Circumstances, Facts, Sizes, read_book
from strategies.checks.finding import Finding, kinds
from strategies.document import Strategy


def check(
    book: Sequence[Strategy],
    *,
    features: Mapping[str, Declared],
    segments: frozenset[str] | None,
    today: date,
    global_holdout: float = 0.02,
    sizes: Sizes | None = None,
) -> list[Finding]:
    """Every mistake in ``book``, grave ones first; what the rest of the call means is said at Circumstances.

    Raises RuleError for a rule that does not read.
    """
    told = Circumstances(today=today, segments=segments, global_holdout=global_holdout, sizes=sizes)
    return found(read_book(book, features=features, told=told))


def check_one(
    strategy: Strategy,
    book: Sequence[Strategy],
    *,
    features: Mapping[str, Declared],
    segments: frozenset[str] | None,
    today: date,
    global_holdout: float = 0.02,
    sizes: Sizes | None = None,
) -> list[Finding]:
    """Every mistake that ``strategy``, new or changed, would bring into ``book``, grave ones first.

    Whoever asks about one strategy after the other reads the book once: ``found(book.beside(strategy))``,
    where ``book`` is what ``read_book`` made. Raises RuleError for a rule that does not read.
    """
    told = Circumstances(today=today, segments=segments, global_holdout=global_holdout, sizes=sizes)
    return found(read_book(book, features=features, told=told).beside(strategy))


def found(facts: Facts) -> list[Finding]:
    """Every mistake that concerns the strategies asked about, grave ones first."""
    findings = [finding for kind in kinds().values() for finding in kind.find(facts)]
    return sorted(findings, key=lambda finding: (not finding.grave, finding.kind, finding.strategies))
