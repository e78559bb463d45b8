"""How an effect went from night to night, as each night read it; without an engine."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pyarrow.compute as pc

from evaluation.suppress import few
from evaluation.verdicts import GOAL
from lake.glance import Glance
from lake.tables import READOUTS

NIGHTS = 30
"""Most nights that are looked up."""
_COLUMNS = ("level", "name", "customers", "control_customers", "lift", "always_low", "always_high")


@dataclass(frozen=True, kw_only=True)
class Reading:
    """The goal's effect as one night read it, and its always-valid interval; null where nothing may be told.

    How many customers there were is not said: two nights' counts would tell of the few who came between.
    """

    as_of: date
    lift: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Course:
    """The ``readings`` of the nights; customers who came ``per_night``, both arms (NaN: not known)."""

    readings: tuple[Reading, ...]
    per_night: float


def course(lake: Glance, name: str, *, level: Literal["strategy", "holdout", "all"], until: date) -> Course:
    """What the nights until then read of a strategy, of a holdout or of all; of many nights some, evenly."""
    nights = [night for night in lake.dates(READOUTS) if night <= until]
    step = max(1, math.ceil(len(nights) / NIGHTS))
    found = {night: _row(lake, name, level, night) for night in nights[::-step][::-1]}
    known = {night: row for night, row in found.items() if row is not None}
    return Course(
        readings=tuple(_reading(night, row) for night, row in known.items()), per_night=_pace(known)
    )


def _row(lake: Glance, name: str, level: str, night: date) -> Mapping[str, Any] | None:
    # The same rows for every name, so that they are looked up once.
    where = {
        "metric": [GOAL],
        "level": ["strategy", "holdout", "all"],
        "view": ["exposed"],
        "arm": ["any"],
    }
    rows = lake.read(READOUTS, as_of=night, columns=_COLUMNS, where=where)
    own = rows.filter(pc.equal(rows["name"], name)).to_pylist()
    return next((row for row in own if row["level"] == level), None)


def _reading(night: date, row: Mapping[str, Any]) -> Reading:
    counts = np.array([row["customers"], row["control_customers"]])
    ends = (row["lift"], row["always_low"], row["always_high"])
    told = [None if few(counts).any() or not _finite(each) else float(each) for each in ends]
    return Reading(as_of=night, lift=told[0], low=told[1], high=told[2])


def _pace(rows: Mapping[date, Mapping[str, Any]]) -> float:
    nights = sorted(rows)
    if len(nights) < 2:
        return math.nan
    first, last = (_people(rows[night]) for night in (nights[0], nights[-1]))
    return (last - first) / (nights[-1] - nights[0]).days


def _people(row: Mapping[str, Any]) -> int:
    return int(row["customers"]) + int(row["control_customers"])


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
