"""What a night's tables say of the experiments, for those who look; counts of few people are hidden."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from base.errors import ScheduleError
from base.settings import Settings
from evaluation.suppress import SMALLEST, suppress
from jobs.experiment_pages import Page
from jobs.job import Night
from jobs.reviews import reviews
from jobs.run import open_house
from lake.table import Table
from lake.tables import EXPERIMENT_FINDINGS, READOUTS, SEGMENT_READOUTS, VERDICTS_TABLE
from ledger.database import Ledger
from outreach.stops import thrown
from strategies.book import ever_live, not_there, standings

_COUNTS = ("customers", "control_customers")


@dataclass(frozen=True, kw_only=True)
class Experiments:
    """A night's rows of READOUTS, SEGMENT_READOUTS, EXPERIMENT_FINDINGS and VERDICTS_TABLE."""

    as_of: date
    readouts: pd.DataFrame
    segments: pd.DataFrame
    findings: pd.DataFrame
    verdicts: pd.DataFrame

    def verdict(self, strategy: str, ledger: Ledger) -> dict[str, Any]:
        """The row of one strategy's verdict.

        Raises BookError, with the nearest name, for one that the book does not have; ScheduleError for one of
        which nothing has been read yet.
        """
        rows = records(self.verdicts[self.verdicts["strategy"] == strategy])
        if rows:
            return rows[0]
        with ledger.engine.connect() as connection:
            if strategy not in standings(connection, [strategy]):
                raise not_there([strategy], connection)
        raise ScheduleError(
            f"{strategy}: nobody had been exposed to it by {self.as_of}; there is nothing to read yet"
        )

    def of(self, strategy: str) -> pd.DataFrame:
        """The strategy's own readouts, small cells hidden."""
        own = (self.readouts["level"] == "strategy") & (self.readouts["name"] == strategy)
        return without_small_cells(self.readouts[own], within=["metric", "view"])

    def segments_of(self, strategy: str) -> pd.DataFrame:
        """The strategy's readouts by segment, small cells hidden."""
        return without_small_cells(self.segments[self.segments["strategy"] == strategy], within=["metric"])


@contextmanager
def open_experiments(
    settings: Settings, *, as_of: date | None, progress: Callable[[str], None]
) -> Iterator[tuple[Night, Experiments]]:
    """The house and the experiments as read on ``as_of``, or on the last night that has verdicts.

    Raises ScheduleError where there is no such night.
    """
    with open_house(settings, as_of=as_of or date.min, progress=progress) as night:
        found = _night(night, as_of)

        def rows(table: Table) -> pd.DataFrame:
            return night.store.read(table, as_of=found).drop("as_of").toPandas()

        yield (
            night,
            Experiments(
                as_of=found,
                readouts=rows(READOUTS),
                segments=rows(SEGMENT_READOUTS),
                findings=rows(EXPERIMENT_FINDINGS),
                verdicts=rows(VERDICTS_TABLE),
            ),
        )


def page(found: Experiments, strategy: str, *, ledger: Ledger) -> Page:
    """What there is to show of a strategy. Raises as ``Experiments.verdict`` does."""
    verdict = found.verdict(strategy, ledger)
    with ledger.engine.connect() as connection:
        standing = standings(connection, [strategy]).get(strategy)
        stop = thrown(connection).get(("strategy", strategy))
    titles = {one.name: one.title for one in ever_live(ledger)}
    return Page(
        as_of=found.as_of,
        title=titles.get(strategy),
        standing=standing.words if standing else "not in the book",
        stopped=f"by {stop.actor}, {stop.at:%Y-%m-%d %H:%M}: {stop.reason}" if stop else None,
        verdict=verdict,
        readouts=found.of(strategy),
        segments=found.segments_of(strategy),
        findings=found.findings[found.findings["strategy"] == strategy],
        reviews=reviews(ledger, strategy) if standing else [],
    )


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows for a program: None where there is no number."""
    told = rows.astype(object).where(rows.notna() & ~rows.isin([math.inf, -math.inf]), None)
    return [{str(name): value for name, value in row.items()} for row in told.to_dict("records")]


def without_small_cells(rows: pd.DataFrame, *, within: list[str]) -> pd.DataFrame:
    """``rows`` with counts of fewer than ten people null, and the numbers of such rows as well.

    Where one count of a group (rows equal in ``within``) could be worked out from the others, another one is
    hidden too.
    """
    shown = rows.reset_index(drop=True)
    for count in _COUNTS:
        shown = suppress(shown, count=count, within=within)
    few = shown[list(_COUNTS)].isna().any(axis=1)
    numbers = [name for name in shown.columns if shown[name].dtype == "float64"]
    shown.loc[few, numbers] = float("nan")
    shown.loc[few, list(_COUNTS)] = pd.NA
    if "words" in shown:
        shown.loc[few, "words"] = f"Fewer than {SMALLEST} people in an arm: not shown."
    return shown


def _night(night: Night, as_of: date | None) -> date:
    dates = night.store.dates(VERDICTS_TABLE)
    if not dates:
        raise ScheduleError(
            "no experiment has been read yet; after strategies are live, run longreach night --as-of DATE"
        )
    if as_of is not None and as_of not in dates:
        raise ScheduleError(
            f"{as_of} has no readouts; there are nights from {dates[0]} to {dates[-1]}, or leave --as-of out"
        )
    return as_of or dates[-1]
