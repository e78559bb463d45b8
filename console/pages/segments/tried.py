"""What was tried with a segment: its experiments, and the strategies that choose its customers or name it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
from markupsafe import Markup
from sqlalchemy import Connection, and_, func, select

from console.charts import Dot, dots
from console.charts.figure import Tone
from console.pages.page import Visit
from console.pages.tonight.night import segments_of
from console.words import Said
from evaluation.suppress import hidden
from evaluation.verdicts import GOAL, per_hundred
from jobs.nights import decided_nights
from lake.glance import Glance
from lake.tables import SEGMENT_READOUTS
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from strategies.labels import Label, labels

SHOWN = 20
_COLUMNS = ("strategy", "segment", "customers", "control_customers", "lift", "low", "high", "q_value")


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
    """The largest ``trials`` of the ``count`` that may be told."""

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
    key = ("tried with segments", dates[-1])
    told = visit.lake.remembered(key, (SEGMENT_READOUTS,), partial(_told, visit.lake, dates[-1]))
    largest, count = told.get(segment, ([], 0))
    with visit.ledger.engine.connect() as connection:
        named = labels(connection, [row["strategy"] for row in largest])
    level = visit.settings.experiments.false_discovery
    return Tried(
        trials=tuple(_trial(row, named, level=level) for row in largest),
        count=count,
        chart=_chart(largest, segment, named, visit, level=level) if largest else Markup(),
    )


def chosen(visit: Visit, segment: str) -> tuple[list[Mapping[str, Any]], int]:
    """The strategies that contact most of the segment's customers tonight, and of how many: strategy,
    contacts; none where few get one."""
    with visit.ledger.engine.connect() as connection:
        nights = decided_nights(connection)
    if not nights:
        return [], 0
    cells = segments_of(visit, nights[-1])
    own = cells[cells["segment"] == segment].sort_values("contacts", ascending=False)
    return _records(own[:SHOWN]), len(own)


def naming(visit: Visit, segment: str) -> list[str]:
    """The strategies, live or paused, whose document names the segment."""
    # Both only ever grow, and with every document that comes to run or ceases to: thousands of them are
    # searched anew only then.
    came, went = func.sum(STRATEGIES.c.running), func.count().filter(STRATEGIES.c.state == "retired")
    with visit.ledger.engine.connect() as connection:
        stand = connection.execute(select(came, went)).one()
        key = ("named", segment, *stand)
        return visit.lake.remembered(key, (), partial(_naming, connection, segment))


def _naming(connection: Connection, segment: str) -> list[str]:
    versions = STRATEGY_VERSIONS
    runs = and_(versions.c.name == STRATEGIES.c.name, versions.c.version == STRATEGIES.c.running)
    query = (
        select(STRATEGIES.c.name)
        .join(versions, runs)
        .where(STRATEGIES.c.state != "retired", versions.c.text.contains(segment, autoescape=True))
        .order_by(STRATEGIES.c.name)
    )
    return list(connection.execute(query).scalars())


def _told(lake: Glance, as_of: date) -> dict[str, tuple[list[Mapping[str, Any]], int]]:
    """What was read in each segment of its largest experiments, and of how many that may be told.

    Few people are left out, and the smallest beside them where the strategy's total would give them away.
    """
    read = lake.read(SEGMENT_READOUTS, as_of=as_of, columns=_COLUMNS, where={"metric": (GOAL,)}).to_pandas()
    shown = ~hidden(read, counts=["customers", "control_customers"], within=["strategy"])
    told = read[shown & read["lift"].notna().to_numpy()]
    ordered = told.sort_values(["customers", "strategy"], ascending=[False, True])
    return {str(name): (_records(own[:SHOWN]), len(own)) for name, own in ordered.groupby("segment")}


def _records(rows: pd.DataFrame) -> list[Mapping[str, Any]]:
    return rows.to_dict("records")  # type: ignore[return-value]


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


def _chart(
    rows: Sequence[Mapping[str, Any]],
    segment: str,
    named: Mapping[str, Label],
    visit: Visit,
    *,
    level: float,
) -> Markup:
    language = visit.user.language
    title = Said(f"What strategies did in {segment}", f"各策略在 {segment} 的效果")
    desc = Said(
        "Dots with intervals: how many more of 100 customers reached the goal than of those left alone; "
        "a triangle is surely better, a square surely worse, a round dot not proven.",
        "圆点及区间：每 100 位客户中，比对照组多达成目标的人数。三角为确定更好，方块为确定更差，"
        "圆点为尚未证实。",
    )
    return dots(
        [
            Dot(
                label=named[row["strategy"]].title if row["strategy"] in named else row["strategy"],
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
    return f"{per_hundred(row['low'])} – {per_hundred(row['high'])}"


def _tone(row: Mapping[str, Any], level: float) -> Tone:
    if pd.isna(row["q_value"]) or row["q_value"] > level:
        return "plain"
    return "good" if row["lift"] > 0 else "wrong"
