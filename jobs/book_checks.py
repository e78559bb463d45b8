"""Checks documents of files and of the book, and lets nothing grave be submitted."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from base.errors import BookError, StrategyError
from base.settings import Settings
from features.catalogue import FEATURES
from jobs.checkout import is_file
from jobs.run import open_house
from lake.tables import SEGMENT_CATALOG
from ledger.database import Ledger, open_ledger
from strategies.book import live, newest
from strategies.checks.check import found
from strategies.checks.facts import Circumstances, read_book
from strategies.checks.finding import Finding
from strategies.document import Strategy
from strategies.folder import read_files
from strategies.lifecycle import Versions, submit
from strategies.readings import read_versions


def examine(what: Sequence[str], *, settings: Settings, today: date) -> list[Finding]:
    """What the checks find: in files and folders among themselves, without any book; in the newest versions
    of strategies beside the live ones; in the live book where nothing is named.

    Raises StrategyError for documents that do not read, BookError for names that the book lacks.
    """
    if what and all(is_file(one) for one in what):
        documents = [written.strategy for written in read_files(map(Path, what))]
        return _among(documents, _told(settings, today, segments=None))
    if any(is_file(one) for one in what):
        raise StrategyError("give either files and folders, or names of the book; not both at once")
    with open_ledger(settings) as ledger:
        told = _told(settings, today, segments=_segments(settings))
        if not what:
            return _among(live(ledger), told)
        return _beside_the_live(ledger, _newest(ledger, what), told)


def submit_checked(
    ledger: Ledger, names: Sequence[str], *, actor: str, versions: Versions, settings: Settings, today: date
) -> list[Finding]:
    """Submits the drafts if the checks find nothing grave in them; returns what else they find.

    Raises BookError with every grave finding, and nothing is submitted then.
    """
    with ledger.engine.connect() as connection:
        read = {one.name: one.version for one in newest(connection, names)}
    findings = _beside_the_live(
        ledger, _newest(ledger, names), _told(settings, today, segments=_segments(settings))
    )
    grave = [finding.message() for finding in findings if finding.grave]
    if grave:
        raise BookError("not submitted:\n" + "\n".join(grave))
    # What was checked, and not what somebody has written meanwhile.
    submit(ledger, names, actor=actor, versions={**read, **(versions or {})})
    return findings


def told(finding: Finding) -> Mapping[str, Any]:
    """A finding for a program."""
    return {
        "kind": finding.kind,
        "grave": finding.grave,
        "strategies": finding.strategies,
        "message": finding.message(),
        "witness": finding.witness,
    }


def _among(strategies: Sequence[Strategy], told: Circumstances) -> list[Finding]:
    return found(read_book(strategies, features=FEATURES, told=told)) if strategies else []


def _beside_the_live(ledger: Ledger, asked: Sequence[Strategy], told: Circumstances) -> list[Finding]:
    others = live(ledger)
    if not others:  # the first of a book have only each other
        return _among(asked, told)
    book = read_book(others, features=FEATURES, told=told)
    return [finding for strategy in asked for finding in found(book.beside(strategy))]


def _newest(ledger: Ledger, names: Sequence[str]) -> tuple[Strategy, ...]:
    with ledger.engine.begin() as connection:
        strategies, unreadable = read_versions(connection, newest(connection, names))
    if unreadable:
        raise StrategyError("\n".join(unreadable.values()))
    return strategies


def _told(settings: Settings, today: date, *, segments: frozenset[str] | None) -> Circumstances:
    return Circumstances(today=today, segments=segments, global_holdout=settings.experiments.global_holdout)


def _segments(settings: Settings) -> frozenset[str] | None:
    """The segments of the last night that has any; None before the first night."""
    if not (settings.lake_folder / SEGMENT_CATALOG.name).exists():
        return None
    with open_house(settings, as_of=date.min) as house:
        dates = house.store.dates(SEGMENT_CATALOG)
        if not dates:
            return None
        rows = house.store.read(SEGMENT_CATALOG, as_of=dates[-1]).select("segment").collect()
    return frozenset(row["segment"] for row in rows)
