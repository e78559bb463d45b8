"""Checks a book, or what was asked of one."""

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


def found(facts: Facts) -> list[Finding]:
    """Every mistake that concerns the strategies asked about, grave ones first."""
    findings = [finding for kind in kinds().values() for finding in kind.find(facts)]
    return sorted(findings, key=lambda finding: (not finding.grave, finding.kind, finding.strategies))
