"""What a night's tables say of the experiments, for those who look; counts of few people are hidden."""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
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
from lake.glance import Glance, Wanted
from lake.table import Table
from lake.tables import EXPERIMENT_FINDINGS, READOUTS, SEGMENT_READOUTS, VERDICTS_TABLE
from ledger.database import Ledger
from outreach.stops import thrown
from strategies.book import documents, not_there, standings

POOLED = ("all", "kind", "channel", "manager", "holdout")
_COUNTS = ("customers", "control_customers")
_OF_ONE = frozenset({"strategy", "name"})


Rows = Callable[[Table, Wanted], pd.DataFrame]
"""A night's rows of a table, of those that are wanted."""


@dataclass(frozen=True, kw_only=True)
class Experiments:
    """The experiments as the night ``as_of`` read them; asks the tables for no more than is shown."""

    ledger: Ledger
    as_of: date
    rows: Rows

    def verdicts(self) -> pd.DataFrame:
        """VERDICTS_TABLE's columns, by strategy."""
        return self.rows(VERDICTS_TABLE, {}).sort_values("strategy", ignore_index=True)

    def of_all(self) -> pd.DataFrame:
        """READOUTS' columns of every strategy, for adding up only: small cells are not hidden."""
        return self.rows(READOUTS, {"level": ["strategy"]})

    def pooled(self) -> pd.DataFrame:
        """The goal's rows of READOUTS for all, by kind, channel, manager and holdout; small cells hidden."""
        wanted = self.rows(READOUTS, {"level": POOLED, "metric": [GOAL]})
        rows = without_small_cells(wanted, within=["level"])
        place = rows["level"].map(POOLED.index)
        return rows.assign(place=place).sort_values(["place", "name"]).drop(columns="place")

    def holdouts(self) -> pd.DataFrame:
        """READOUTS' columns of the holdouts above strategies, every metric; small cells hidden."""
        rows = without_small_cells(self.rows(READOUTS, {"level": ["holdout"]}), within=["metric"])
        return rows.sort_values(["name", "metric"], ignore_index=True)

    def board(self) -> pd.DataFrame:
        """Every strategy with its verdict, the metric that decided, and the goal's numbers of READOUTS; small
        cells hidden, and the counts that these could be worked out from.

        Columns ``strategy``, ``verdict``, ``metric``, and READOUTS' from ``customers`` on, null where a
        strategy has no readout.
        """
        one_each = {"level": ["strategy"], "metric": [GOAL], "view": ["exposed"], "arm": ["any"]}
        read = self.rows(READOUTS, one_each).reset_index(drop=True)
        goals = without_small_cells(read, within=["name"])
        goals.loc[hidden(read, counts=_COUNTS, within=[]), list(_COUNTS)] = pd.NA
        goals = goals.drop(columns=["level", "metric", "view", "arm", "words"])
        judged = self.verdicts()[["strategy", "verdict", "metric"]]
        return judged.merge(goals.rename(columns={"name": "strategy"}), on="strategy", how="left")

    def page(self, strategy: str, *, segment_metrics: Sequence[str] | None = None) -> Page:
        """What there is to show of a strategy, small cells hidden; of segments these metrics (None: all).

        Raises BookError, with the nearest name, for one that the book does not have; ScheduleError for one of
        which nothing has been read yet.
        """
        with self.ledger.engine.connect() as connection:
            standing = standings(connection, [strategy]).get(strategy)
            stop = thrown(connection).get(("strategy", strategy))
            if standing is None:
                raise not_there([strategy], connection)
        own = {"strategy": [strategy]}
        verdict = records(self.rows(VERDICTS_TABLE, own))
        if not verdict:
            raise ScheduleError(
                f"{strategy}: nobody had been exposed to it by {self.as_of}; there is nothing to read yet"
            )
        readouts = self.rows(READOUTS, {"level": ["strategy"], "name": [strategy]})
        of_metrics = {} if segment_metrics is None else {"metric": segment_metrics}
        segments = self.rows(SEGMENT_READOUTS, {**of_metrics, **own})
        findings = self.rows(EXPERIMENT_FINDINGS, own)
        decided = documents(self.ledger, {strategy: standing.running}) if standing.running else ()
        return Page(
            as_of=self.as_of,
            title=next((one.title for one in decided), None),
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
            reviews=reviews(self.ledger, strategy),
        )


@contextmanager
def open_read_night(
    settings: Settings, *, as_of: date | None, progress: Callable[[str], None]
) -> Iterator[Night]:
    """The night ``as_of``, or the last one that has verdicts. Raises ScheduleError where there is no such
    night."""
    with open_house(settings, as_of=as_of or date.min, progress=progress) as house:
        yield replace(house, as_of=_night(house.store.dates(VERDICTS_TABLE), as_of))


@contextmanager
def open_experiments(
    settings: Settings, *, as_of: date | None, progress: Callable[[str], None]
) -> Iterator[Experiments]:
    """The experiments as read on ``as_of``, or on the last night that has verdicts.

    Raises ScheduleError where there is no such night.
    """
    with open_read_night(settings, as_of=as_of, progress=progress) as night:
        yield of_night(night)


def of_night(night: Night) -> Experiments:
    """The experiments as ``night`` read them, through the engine."""

    def rows(table: Table, wanted: Wanted) -> pd.DataFrame:
        frame = night.store.read(table, as_of=night.as_of).drop("as_of")
        for name, values in wanted.items():
            frame = frame.filter(F.col(name).isin(*values))
        return frame.toPandas()

    return Experiments(ledger=night.ledger, as_of=night.as_of, rows=rows)


def glanced(lake: Glance, ledger: Ledger, *, as_of: date | None = None) -> Experiments:
    """The same without an engine: what concerns one strategy alone is looked up in what is kept of all.

    Raises ScheduleError where there is no such night.
    """
    night = _night(lake.dates(VERDICTS_TABLE), as_of)

    def rows(table: Table, wanted: Wanted) -> pd.DataFrame:
        of_all = {name: values for name, values in wanted.items() if name not in _OF_ONE}
        found = lake.read(table, as_of=night, where=of_all)
        for name in _OF_ONE & wanted.keys():
            found = found.filter(pc.is_in(found[name], value_set=pa.array(wanted[name], pa.string())))
        return pd.DataFrame(found.to_pandas())

    return Experiments(ledger=ledger, as_of=night, rows=rows)


def records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows for a program: None where there is no number."""
    return [
        {str(name): _told(value) for name, value in row.items()}
        for row in rows.to_dict("records")  # a page has few rows: whole columns would take longer
    ]


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
    keys = list(zip(*(rows[name] for name in ("level", "name", "metric", "arm")), strict=True))
    counts = rows[list(_COUNTS)].to_numpy(dtype=np.float64)
    exposed = {
        key: own for key, view, own in zip(keys, rows["view"], counts, strict=True) if view == "exposed"
    }
    unknown = np.full(len(_COUNTS), np.nan)
    beside = np.array([exposed.get(key, unknown) for key in keys]).reshape(counts.shape)
    return np.asarray(few(np.abs(beside - counts)).any(axis=1))


def _without_few_goals(rows: pd.DataFrame) -> pd.DataFrame:
    """``rows`` without the means of shares that fewer than ten people make up, or all but so few; and without
    those of amounts that only few placed."""
    metrics = load_metrics()
    declared = rows["metric"].map(metrics)
    is_share = declared.map(lambda metric: metric.kind == "share").to_numpy(dtype=bool)
    of = {"mean": rows["compared"].fillna(rows["customers"]), "control_mean": rows["control_customers"]}
    tells = [tells_few(rows[mean].to_numpy(), count.to_numpy(dtype=float)) for mean, count in of.items()]
    tells_of_few = is_share & np.logical_or.reduce(tells)
    keys = list(zip(*(rows[name] for name in ("level", "name", "view", "arm")), strict=True))
    goals = {
        key for key, few_goals in zip(keys, tells_of_few & (rows["metric"] == GOAL), strict=True) if few_goals
    }
    of_few = np.array([key in goals for key in keys], dtype=bool)
    placed = declared.map(lambda metric: metric.never_negative or metric.kind == "ratio").to_numpy(dtype=bool)
    shown = rows.copy()
    # One mean and the lift would tell the other.
    shown.loc[tells_of_few | (placed & of_few), ["mean", "control_mean"]] = float("nan")
    return shown


def _told(value: Any) -> Any:
    unknown = value is pd.NA or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value))
    return None if unknown else value


def _of_no_segment(segments: pd.DataFrame, readouts: pd.DataFrame) -> pd.DataFrame:
    """The customers of no segment, by metric: with them, the segments' counts add up to the strategy's."""
    whole = readouts[(readouts["view"] == "exposed") & (readouts["arm"] == "any")].set_index("metric")
    summed = segments.groupby("metric")[list(_COUNTS)].sum()
    rest = (whole[list(_COUNTS)].reindex(summed.index) - summed).dropna().clip(lower=0)
    return rest.astype("int64").reset_index()


def _night(dates: Sequence[date], as_of: date | None) -> date:
    if not dates:
        raise ScheduleError(
            "no experiment has been read yet; after strategies are live, run longreach night --as-of DATE"
        )
    if as_of is not None and as_of not in dates:
        raise ScheduleError(
            f"{as_of} has no readouts; there are nights from {dates[0]} to {dates[-1]}, or leave --as-of out"
        )
    return as_of or dates[-1]
