"""Pictures of experiments: effects with their intervals, side by side or one after the other."""

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from base.language import Language
from console.charts import Dot, Line, dots, lines
from console.words import Said
from console.words.verdicts import of_hundred
from jobs.experiment_course import Course, Reading
from strategies.labels import Label

Row = Mapping[str, Any]
_BELOW = Said("The table below holds the same numbers.", "下表为同一数据。")
_WIDEST = 4
"""Times the last interval."""
_AXIS = Said("more of 100 customers reach the goal", "每百人多达成目标的人数")


def forest(rows: Sequence[Row], named: Mapping[str, Label], language: Language) -> Markup:
    """Effects with their always-valid intervals, one row a strategy that has one, in the given order."""
    known = [_dot(_title(row, named), row) for row in rows if row["lift"] is not None]
    if not known:
        return Markup()
    return _dots(
        known,
        title=Said("Effects of these strategies, with intervals", "本页各策略的效果与区间"),
        desc=Said(
            "How many more of 100 customers reach the goal because of the strategy. The interval holds "
            "however often one looks. A triangle lies above zero by itself, a square below. The small "
            "upright line is what to plan with.",
            "每 100 位客户中因策略而多达成目标的人数。区间在反复查看时仍然有效。三角表示单看高于零，"
            "方块表示单看低于零，短竖线为建议的规划值。",
        ),
        language=language,
    )


def by_night(went: Course, language: Language) -> Markup:
    """The effect from night to night with its confidence sequence, of 100 customers."""
    readings = _settled(went.readings)
    title = Said("The effect from night to night", "效果逐夜变化").to(language)
    desc = Said(
        "How many more of 100 customers reach the goal, as each night read it. The band holds the true "
        "effect on all nights at once, however often one looks. First nights whose band is many times wider "
        "than the last one's are left out; the table below holds them all.",
        "每晚读取的“每百人多达成目标的人数”。色带在所有夜晚同时包含真实效果，可反复查看。"
        "最初区间过宽的夜晚未画出，下表包含全部夜晚。",
    ).to(language)

    def of_100(name: str) -> list[float | None]:
        return [_hundredfold(getattr(one, name)) for one in readings]

    line = Line(
        name=Said("Effect", "效果").to(language),
        values=of_100("lift"),
        low=of_100("low"),
        high=of_100("high"),
    )
    labels = [_short(one.as_of) for one in readings]
    return lines(labels, [line], title=title, desc=desc, said=_signed)


def by_segment(segments: Sequence[Row], language: Language) -> Markup:
    """The effect in each segment, of 100 customers."""
    return _dots(
        [_dot(str(row["segment"]), _for_one_look(row)) for row in segments],
        title=Said("The effect in each segment", "各客群的效果"),
        desc=Said("For one look.", "只看一次时的区间。"),
        language=language,
    )


def by_week(rows: Sequence[Row], language: Language) -> Markup:
    """The effect by week of exposure, of 100 customers."""
    weeks = [Said(f"week {row['week']}", f"第 {row['week']} 周").to(language) for row in rows]
    return _dots(
        [_dot(week, _for_one_look(row)) for week, row in zip(weeks, rows, strict=True)],
        title=Said("The effect by week of exposure", "按触达周的效果"),
        desc=Said(
            "Only customers whose window has closed, for one look.",
            "仅含观察期已结束的客户，只看一次时的区间。",
        ),
        language=language,
    )


def _dots(rows: Sequence[Dot], *, title: Said, desc: Said, language: Language) -> Markup:
    return dots(
        rows,
        title=title.to(language),
        desc=f"{desc.to(language)} {_BELOW.to(language)}",
        axis=_AXIS.to(language),
        said=_signed,
    )


def _signed(tick: float) -> str:
    return f"{tick:+g}" if tick else "0"


def _for_one_look(row: Row) -> Row:
    return {**row, "always_low": row["low"], "always_high": row["high"]}


def _dot(label: str, row: Row) -> Dot:
    """An effect on a share, of 100; ``row``: lift, always_low and always_high, and shrunk_lift if any."""
    value, low, high = (_hundredfold(row[name]) for name in ("lift", "always_low", "always_high"))
    told = f"{of_hundred(row['lift'])} ({_ends(row)})" if value is not None else "–"
    better, worse = low is not None and low > 0, high is not None and high < 0
    return Dot(
        label=label,
        value=value,
        told=told,
        low=low,
        high=high,
        tone="good" if better else "wrong" if worse else "plain",
        usual=_hundredfold(row.get("shrunk_lift")),
    )


def _settled(readings: Sequence[Reading]) -> Sequence[Reading]:
    """From the first night on whose interval is not many times as wide as the last one's."""
    widths = [_width(one) for one in readings]
    first = next((place for place, width in enumerate(widths) if width <= _WIDEST * widths[-1]), 0)
    return readings[first:]


def _width(one: Reading) -> float:
    return math.inf if one.low is None or one.high is None else one.high - one.low


def _title(row: Row, named: Mapping[str, Label]) -> str:
    name = str(row["strategy"])
    return named[name].title if name in named else name


def _ends(row: Row) -> str:
    return f"{of_hundred(row['always_low'])} – {of_hundred(row['always_high'])}"


def _hundredfold(share: Any) -> float | None:
    return None if share is None else 100 * float(share)


def _short(night: date) -> str:
    return f"{night.month}-{night.day:02}"
