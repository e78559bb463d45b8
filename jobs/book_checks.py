"""Checks documents of files and of the book, and lets nothing grave be submitted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from base.errors import BookError, StrategyError
from base.registry import told as in_both
from base.settings import Settings
from experiments.design import power
from features.catalogue import FEATURES
from jobs.checkout import is_file
from jobs.selected import selected_by
from lake.glance import Glance
from lake.tables import CUSTOMER_SEGMENTS, SEGMENT_CATALOG
from ledger.database import Ledger, open_ledger
from strategies.book import live, newest
from strategies.checks.check import found
from strategies.checks.facts import Circumstances, Sizes, read_book
from strategies.checks.finding import Finding
from strategies.document import Strategy
from strategies.folder import read_files
from strategies.lifecycle import Versions, drafts, submit
from strategies.readings import read_versions

_UNASKED = 0.01
"""Share of customers taken to reach a goal without being contacted, where sizes of experiments are judged."""


def examine(what: Sequence[str], *, settings: Settings, today: date) -> list[Finding]:
    """What the checks find: in files and folders among themselves, without any book; in the newest versions
    of strategies beside the live ones; in the live book where nothing is named.

    Raises StrategyError for documents that do not read, BookError for names that the book lacks.
    """
    if what and all(is_file(one) for one in what):
        documents = [written.strategy for written in read_files(map(Path, what))]
        return _among(documents, Circumstances(today=today))
    if any(is_file(one) for one in what):
        raise StrategyError("give either files and folders, or names of the book; not both at once")
    with open_ledger(settings) as ledger:
        asked = _newest(ledger, what) if what else live(ledger)
        told = _told(settings, today, asked)
        return _beside_the_live(ledger, asked, told) if what else _among(asked, told)


def submit_checked(
    ledger: Ledger, names: Sequence[str], *, actor: str, versions: Versions, settings: Settings, today: date
) -> list[Finding]:
    """Submits the drafts if the checks find nothing grave in them; returns what else they find.

    Raises BookError with every grave finding, and nothing is submitted then.
    """
    checked = drafts(ledger, names, actor=actor, versions=versions)
    asked = _newest(ledger, names)
    findings = _beside_the_live(ledger, asked, _told(settings, today, asked))
    grave = [finding.message() for finding in findings if finding.grave]
    if grave:
        raise BookError("not submitted:\n" + "\n".join(grave))
    # What was checked, and not what somebody has written meanwhile.
    submit(ledger, names, actor=actor, versions=checked)
    return findings


def told(finding: Finding) -> Mapping[str, Any]:
    """A finding for a program; ``english`` and ``chinese`` say what kind of mistake it is."""
    english, chinese = in_both(type(finding).__doc__)
    return {
        "kind": finding.kind,
        "grave": finding.grave,
        "strategies": finding.strategies,
        "message": finding.message(),
        "english": english,
        "chinese": chinese,
        "detail": finding.detail,
        "witness": finding.witness,
    }


def _among(strategies: Sequence[Strategy], told: Circumstances) -> list[Finding]:
    return found(read_book(strategies, features=FEATURES, told=told))


def _beside_the_live(ledger: Ledger, asked: Sequence[Strategy], told: Circumstances) -> list[Finding]:
    """What concerns the strategies asked about, were they live in place of those of their names."""
    names = {strategy.name for strategy in asked}
    others = [strategy for strategy in live(ledger) if strategy.name not in names]
    return found(read_book([*others, *asked], features=FEATURES, told=told).about(names))


def _newest(ledger: Ledger, names: Sequence[str]) -> tuple[Strategy, ...]:
    with ledger.engine.begin() as connection:
        strategies, unreadable = read_versions(connection, newest(connection, names))
    if unreadable:
        raise StrategyError("\n".join(unreadable.values()))
    return strategies


def _told(settings: Settings, today: date, strategies: Sequence[Strategy]) -> Circumstances:
    """The segments of the last night, and how many of its customers each of ``strategies`` selects.

    Before the first night nothing of that is known, and the checks that need it are left out.
    """
    told = Circumstances(today=today, global_holdout=settings.experiments.global_holdout)
    lake = Glance(settings.lake_folder, table_format=settings.table_format)
    dates = lake.dates(CUSTOMER_SEGMENTS)
    if not dates:
        return told
    catalog = lake.read(SEGMENT_CATALOG, as_of=dates[-1], columns=("segment",))
    segments = frozenset(catalog["segment"].to_pylist())
    customers = selected_by(strategies, lake=lake, as_of=dates[-1])
    return replace(told, segments=segments, sizes=Sizes(customers=customers, power=_power))


def _power(customers: int, holdout: float, lift: float) -> float:
    return power(customers, holdout=holdout, base=_UNASKED, lift=lift)
