"""Pictures of experiments: effects with their intervals, side by side or one after the other."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from console.charts import Dot, Line, dots, lines
from console.entrance.users import Language
from console.words import Said
from console.words.verdicts import of_hundred
from jobs.experiment_course import Course
from strategies.labels import Label

Row = Mapping[str, Any]
_SURE = Said("surely", "可靠区间")
_AXIS = Said("more of 100 customers reach the goal", "每百人多达成目标的人数")


def forest(rows: Sequence[Row], named: Mapping[str, Label], language: Language) -> Markup:
    """Effects with their always-valid intervals, one row a strategy, in the given order."""
    title = Said("Effects of these strategies, with intervals", "本页各策略的效果与区间").to(language)
    desc = Said(
        "How many more of 100 customers reach the goal because of the strategy. The interval holds however "
        "often one looks. A triangle lies surely above zero, a square surely below. The small upright line "
        "is what to plan with. The table below holds the same numbers.",
        "每 100 位客户中因策略而多达成目标的人数。区间在反复查看时仍然有效。三角表示确定高于零,"
        "方块表示确定低于零,短竖线为建议的规划值。下表为同一数据。",
    ).to(language)
    return dots(
        [_dot(_title(row, named), row, language) for row in rows],
        title=title,
        desc=desc,
        axis=_AXIS.to(language),
        said=lambda tick: f"{tick:+g}",
    )


def by_night(went: Course, language: Language) -> Markup:
    """The effect from night to night with its confidence sequence, of 100 customers."""
    title = Said("The effect from night to night", "效果逐夜变化").to(language)
    desc = Said(
        "How many more of 100 customers reach the goal, as each night read it. The band holds the true "
        "effect on all nights at once, however often one looks. The table below holds the same numbers.",
        "每晚读取的“每百人多达成目标的人数”。色带在所有夜晚同时包含真实效果,可反复查看。下表为同一数据。",
    ).to(language)

    def of_100(name: str) -> list[float | None]:
        shares = [getattr(one, name) for one in went.readings]
        return [None if share is None else 100 * share for share in shares]

    line = Line(
        name=Said("Effect", "效果").to(language),
        values=of_100("lift"),
        low=of_100("low"),
        high=of_100("high"),
    )
    labels = [_short(one.as_of) for one in went.readings]
    return lines(labels, [line], title=title, desc=desc, said=lambda tick: f"{tick:+g}")


def by_segment(segments: Sequence[Row], language: Language) -> Markup:
    """The effect in each segment, of 100 customers."""
    title = Said("The effect in each segment", "各客群的效果").to(language)
    desc = Said("For one look. The table below holds the same numbers.", "只看一次时的区间。下表为同一数据。")
    rows = [{**row, "always_low": row["low"], "always_high": row["high"]} for row in segments]
    return dots(
        [_dot(str(row["segment"]), row, language) for row in rows],
        title=title,
        desc=desc.to(language),
        axis=_AXIS.to(language),
        said=lambda tick: f"{tick:+g}",
    )


def by_week(rows: Sequence[Row], language: Language) -> Markup:
    """The effect by week of exposure, of 100 customers."""
    made = []
    for row in rows:
        week = Said(f"week {row['week']}", f"第 {row['week']} 周").to(language)
        ends = {f"always_{end}": row[end] for end in ("low", "high")}
        made.append(_dot(week, {**row, **ends}, language))
    return dots(
        made,
        title=Said("The effect by week of exposure", "按触达周的效果").to(language),
        desc=Said(
            "Only customers whose window has closed, for one look.",
            "仅含观察期已结束的客户,只看一次时的区间。",
        ).to(language),
        axis=_AXIS.to(language),
        said=lambda tick: f"{tick:+g}",
    )


def _dot(label: str, row: Row, language: Language) -> Dot:
    """An effect on a share, of 100; ``row``: lift, always_low and always_high, and shrunk_lift if any."""
    value, low, high = (_hundredfold(row[name]) for name in ("lift", "always_low", "always_high"))
    told = f"{of_hundred(row['lift'])} ({_SURE.to(language)} {_ends(row)})" if value is not None else "–"
    sure = None not in (low, high)
    return Dot(
        label=label,
        value=value,
        told=told,
        low=low,
        high=high,
        tone="good" if sure and (low or 0) > 0 else "wrong" if sure and (high or 0) < 0 else "plain",
        usual=_hundredfold(row.get("shrunk_lift")),
    )


def _title(row: Row, named: Mapping[str, Label]) -> str:
    name = str(row["strategy"])
    return named[name].title if name in named else name


def _ends(row: Row) -> str:
    return f"{of_hundred(row['always_low'])} – {of_hundred(row['always_high'])}"


def _hundredfold(share: Any) -> float | None:
    return None if share is None else 100 * float(share)


def _short(night: date) -> str:
    return f"{night.month}-{night.day:02}"
