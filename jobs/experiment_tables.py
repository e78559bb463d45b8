"""What a night's tables say of the experiments, for those who look; counts of few people are hidden."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import Column as SparkColumn
from pyspark.sql import functions as F

from base.errors import ScheduleError
from base.settings import Settings
from evaluation.metrics.metric import load_metrics
from evaluation.suppress import SMALLEST, few, hidden, tells_few
from evaluation.verdicts import GOAL
from jobs.experiment_pages import Page
from jobs.job import Night
from jobs.reviews import reviews
from jobs.run import open_house
from lake.table import Table
from lake.tables import EXPERIMENT_FINDINGS, READOUTS, SEGMENT_READOUTS, VERDICTS_TABLE
from outreach.stops import thrown
from strategies.book import ever_live, not_there, standings

POOLED = ("all", "kind", "channel", "manager", "holdout")
_COUNTS = ("customers", "control_customers")


@dataclass(frozen=True, kw_only=True)
class Experiments:
    """The experiments as one night read them; asks the tables for no more than is shown."""

    night: Night

    @property
    def as_of(self) -> date:
        """The night that read them."""
        return self.night.as_of

    def verdicts(self) -> pd.DataFrame:
        """VERDICTS_TABLE's columns, by strategy."""
        return self._rows(VERDICTS_TABLE).sort_values("strategy", ignore_index=True)

    def of_all(self) -> pd.DataFrame:
        """READOUTS' columns of every strategy, for adding up only: small cells are not hidden."""
        return self._rows(READOUTS, F.col("level") == "strategy")

    def pooled(self) -> pd.DataFrame:
        """The goal's rows of READOUTS for all, by kind, channel, manager and holdout; small cells hidden."""
        wanted = F.col("level").isin(*POOLED) & (F.col("metric") == GOAL)
        rows = without_small_cells(self._rows(READOUTS, wanted), within=["level"])
        place = rows["level"].map(POOLED.index)
        return rows.assign(place=place).sort_values(["place", "name"]).drop(columns="place")

    def page(self, strategy: str) -> Page:
        """What there is to show of a strategy, small cells hidden.

        Raises BookError, with the nearest name, for one that the book does not have; ScheduleError for one of
        which nothing has been read yet.
        """
        with self.night.ledger.engine.connect() as connection:
            standing = standings(connection, [strategy]).get(strategy)
            stop = thrown(connection).get(("strategy", strategy))
            if standing is None:
                raise not_there([strategy], connection)
        own = F.col("strategy") == strategy
        verdict = records(self._rows(VERDICTS_TABLE, own))
        if not verdict:
            raise ScheduleError(
                f"{strategy}: nobody had been exposed to it by {self.as_of}; there is nothing to read yet"
            )
        readouts = self._rows(READOUTS, (F.col("level") == "strategy") & (F.col("name") == strategy))
        segments = self._rows(SEGMENT_READOUTS, own)
        findings = self._rows(EXPERIMENT_FINDINGS, own)
        return Page(
            as_of=self.as_of,
            title=next((one.title for one in ever_live(self.night.ledger) if one.name == strategy), None),
            standing=standing.words,
            stopped=f"by {stop.actor}, {stop.at:%Y-%m-%d %H:%M}: {stop.reason}" if stop else None,
            verdict=verdict[0],
            readouts=without_small_cells(readouts, within=["metric", "view"]),
            segments=without_small_cells(
                pd.concat([segments, _of_no_segment(segments, readouts)]), within=["metric"]
            )
            .dropna(subset="segment")
            .sort_values("segment"),
            findings=findings.assign(rows=findings["rows"].mask(few(findings["rows"].to_numpy(dtype=float)))),
            reviews=reviews(self.night.ledger, strategy),
        )

    def _rows(self, table: Table, wanted: SparkColumn | None = None) -> pd.DataFrame:
        frame = self.night.store.read(table, as_of=self.as_of).drop("as_of")
        return frame.toPandas() if wanted is None else frame.filter(wanted).toPandas()


@contextmanager
def open_experiments(
    settings: Settings, *, as_of: date | None, progress: Callable[[str], None]
) -> Iterator[Experiments]:
    """The experiments as read on ``as_of``, or on the last night that has verdicts.

    Raises ScheduleError where there is no such night.
    """
    with open_house(settings, as_of=as_of or date.min, progress=progress) as house:
        yield Experiments(night=replace(house, as_of=_night(house, as_of)))


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows for a program: None where there is no number."""
    told = rows.astype(object).where(rows.notna() & ~rows.isin([math.inf, -math.inf]), None)
    return [{str(name): value for name, value in row.items()} for row in told.to_dict("records")]


def without_small_cells(rows: pd.DataFrame, *, within: list[str]) -> pd.DataFrame:
    """``rows`` with counts of fewer than ten people null, and the numbers of such rows as well.

    Where counts of a group (rows equal in ``within``) could be worked out from the others, or from the same
    experiment seen otherwise, more are hidden; and means that speak of fewer than ten people.
    """
    shown = rows.reset_index(drop=True)
    if "view" in shown:
        shown = _without_few_goals(shown)
    numbers = [name for name in shown.columns if shown[name].dtype == "float64"]
    shown[list(_COUNTS)] = shown[list(_COUNTS)].astype("Int64")
    small = hidden(rows, counts=_COUNTS, within=within)
    if "view" in shown:
        small |= _beside_exposed(rows)
    shown.loc[small, numbers] = float("nan")
    shown.loc[small, list(_COUNTS)] = pd.NA
    others = (rows["customers"] - rows["compared"]).to_numpy()
    shown.loc[few(others), "compared"] = float("nan")
    if "words" in shown:
        shown.loc[small, "words"] = f"Fewer than {SMALLEST} people in an arm, or to be worked out: not shown."
    return shown


def _beside_exposed(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether a view's customers are all but few of those exposed, or few more."""
    keys = ["level", "name", "metric", "arm"]
    exposed = rows[rows["view"] == "exposed"].set_index(keys)[list(_COUNTS)]
    beside = rows[keys].join(exposed[~exposed.index.duplicated()], on=keys)
    away = [few(np.abs(beside[count].to_numpy() - rows[count].to_numpy())) for count in _COUNTS]
    return np.asarray(np.logical_or.reduce(away))


def _without_few_goals(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` without the means of shares that fewer than ten people make up, or all but so few; and without
    those of amounts that only few placed."""
    metrics = load_metrics()
    declared = rows["metric"].map(metrics)
    is_share = declared.map(lambda metric: metric.kind == "share").to_numpy(dtype=bool)
    of = {"mean": rows["compared"].fillna(rows["customers"]), "control_mean": rows["control_customers"]}
    tells = [tells_few(rows[mean].to_numpy(), count.to_numpy(dtype=float)) for mean, count in of.items()]
    tells_of_few = is_share & np.logical_or.reduce(tells)
    keys = ["level", "name", "view", "arm"]
    goals = rows[tells_of_few & (rows["metric"] == GOAL)][keys]
    of_few = pd.MultiIndex.from_frame(rows[keys]).isin(pd.MultiIndex.from_frame(goals))
    placed = declared.map(lambda metric: metric.never_negative or metric.kind == "ratio").to_numpy(dtype=bool)
    shown = rows.copy()
    # One mean and the lift would tell the other.
    shown.loc[tells_of_few | (placed & of_few), ["mean", "control_mean"]] = float("nan")
    return shown


def _of_no_segment(segments: pd.DataFrame, readouts: pd.DataFrame) -> pd.DataFrame:
    """The customers of no segment, by metric: with them, the segments' counts add up to the strategy's."""
    whole = readouts[(readouts["view"] == "exposed") & (readouts["arm"] == "any")].set_index("metric")
    summed = segments.groupby("metric")[list(_COUNTS)].sum()
    rest = (whole[list(_COUNTS)].reindex(summed.index) - summed).dropna().clip(lower=0)
    return rest.astype("int64").reset_index()


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
