"""What was tried with a segment: the experiments it took part in, and the strategies that name it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup
from sqlalchemy import and_, select

from console.charts import Dot, dots
from console.charts.figure import Tone
from console.pages.page import Visit
from console.words import Said
from evaluation.suppress import few
from evaluation.verdicts import GOAL, per_hundred
from lake.tables import SEGMENT_READOUTS
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from strategies.labels import Label, labels

SHOWN = 20
_COLUMNS = ("strategy", "customers", "control_customers", "lift", "low", "high", "q_value")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a strategy did in the segment: of 100 customers so many more reached the goal."""

    strategy: str
    title: str
    customers: int
    held_out: int
    lift: str
    interval: str
    words: Said


@dataclass(frozen=True, kw_only=True)
class Tried:
    """The largest ``trials`` of ``count``, those apart in which an arm has too few to be shown."""

    trials: tuple[Trial, ...]
    count: int
    chart: Markup


_BETTER = Said("surely better", "确定更好")
_WORSE = Said("surely worse", "确定更差")
_OPEN = Said("not proven", "尚未证实")


def tried(visit: Visit, segment: str) -> Tried:
    """The experiments the segment took part in, the largest first."""
    dates = visit.lake.dates(SEGMENT_READOUTS)
    if not dates:
        return Tried(trials=(), count=0, chart=Markup())
    where = {"segment": (segment,), "metric": (GOAL,)}
    found = visit.lake.read(SEGMENT_READOUTS, as_of=dates[-1], columns=_COLUMNS, where=where).to_pandas()
    told = _told(found)
    largest = told.sort_values(["customers", "strategy"], ascending=[False, True])[:SHOWN]
    rows: list[Mapping[str, Any]] = largest.to_dict("records")  # type: ignore[assignment]
    with visit.ledger.engine.connect() as connection:
        named = labels(connection, [row["strategy"] for row in rows])
    level = visit.settings.experiments.false_discovery
    return Tried(
        trials=tuple(_trial(row, named, level=level) for row in rows),
        count=len(told),
        chart=_chart(rows, segment, visit, level=level) if rows else Markup(),
    )


def naming(visit: Visit, segment: str) -> list[str]:
    """The strategies, live or paused, whose document names the segment."""
    versions = STRATEGY_VERSIONS
    runs = and_(versions.c.name == STRATEGIES.c.name, versions.c.version == STRATEGIES.c.running)
    query = (
        select(STRATEGIES.c.name)
        .join(versions, runs)
        .where(STRATEGIES.c.state != "retired", versions.c.text.contains(segment, autoescape=True))
        .order_by(STRATEGIES.c.name)
    )
    with visit.ledger.engine.connect() as connection:
        return list(connection.execute(query).scalars())


def _told(found: pd.DataFrame) -> pd.DataFrame:
    """Those with a lift, and enough people in both arms to tell of."""
    too_few = few(found[["customers", "control_customers"]].to_numpy(dtype="float64"))
    return found[found["lift"].notna().to_numpy() & np.logical_not(too_few.any(axis=1))]


def _trial(row: Mapping[str, Any], named: Mapping[str, Label], *, level: float) -> Trial:
    label = named.get(row["strategy"])
    return Trial(
        strategy=row["strategy"],
        title=label.title if label else "",
        customers=int(row["customers"]),
        held_out=int(row["control_customers"]),
        lift=per_hundred(row["lift"]),
        interval=_interval(row),
        words={"good": _BETTER, "wrong": _WORSE, "plain": _OPEN}[_tone(row, level)],
    )


def _chart(rows: Sequence[Mapping[str, Any]], segment: str, visit: Visit, *, level: float) -> Markup:
    language = visit.user.language
    title = Said(f"What strategies did in {segment}", f"各策略在 {segment} 的效果")
    desc = Said(
        "Dots with intervals: how many more of 100 customers reached the goal than of those left alone; "
        "a triangle is surely better, a square surely worse, a round dot not proven.",
        "圆点及区间:每 100 位客户中,比对照组多达成目标的人数。三角为确定更好,方块为确定更差,圆点为尚未证实。",
    )
    return dots(
        [
            Dot(
                label=row["strategy"],
                value=100 * row["lift"],
                low=None if pd.isna(row["low"]) else 100 * row["low"],
                high=None if pd.isna(row["high"]) else 100 * row["high"],
                told=f"{per_hundred(row['lift'])} ({_interval(row)})",
                tone=_tone(row, level),
            )
            for row in rows
        ],
        title=title.to(language),
        desc=desc.to(language),
        axis=Said("more of 100 customers", "每 100 位客户增加").to(language),
        said=lambda tick: f"{tick:+g}" if tick else "0",
    )


def _interval(row: Mapping[str, Any]) -> str:
    if pd.isna(row["low"]) or pd.isna(row["high"]):
        return "–"
    return f"{per_hundred(row['low'])} … {per_hundred(row['high'])}"


def _tone(row: Mapping[str, Any], level: float) -> Tone:
    if pd.isna(row["q_value"]) or row["q_value"] > level:
        return "plain"
    return "good" if row["lift"] > 0 else "wrong"
