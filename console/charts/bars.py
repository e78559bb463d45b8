"""Bars: how much of something there is, beside what it could be."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.charts.figure import GRID, INK, MAIN, SOFT, WIDTH, Scale, box, figure, fitted, stroke, text

_LABEL, _TOLD, _ROW = 210, 150, 30
_HEIGHT, _FOOT, _HEAD = 150, 24, 34


@dataclass(frozen=True, kw_only=True)
class Bar:
    """``value``: at least 0, null where it is not told; ``told``: the same in words. ``of``: what it could
    be at most, such as a capacity."""

    label: str
    value: float | None
    told: str
    of: float | None = None


@dataclass(frozen=True, kw_only=True)
class Column:
    """``value``: at least 0, null where it is not told; ``told``: the same in words."""

    label: str
    value: float | None
    told: str


def bars(rows: Sequence[Bar], *, title: str, desc: str) -> Markup:
    """One bar a row, in the given order; what it could be as an outline."""
    most = max((max(one.value or 0, one.of or 0) for one in rows), default=0) or 1
    scale = Scale(0, most, 0, WIDTH - _LABEL - _TOLD)
    marks: list[Markup] = []
    for place, row in enumerate(rows):
        top = place * _ROW + 4
        marks.append(fitted(row.label, x=_LABEL - 10, y=top + 16, width=_LABEL - 12, anchor="end"))
        wide = scale(row.value or 0)
        marks.append(box(x=_LABEL, y=top, width=wide, height=22, fill=MAIN, told=row.told))
        if row.of is not None:
            wide = max(wide, scale(row.of))
            marks.append(
                box(x=_LABEL, y=top, width=scale(row.of), height=22, fill="none", stroke=INK, told=row.told)
            )
        marks.append(text(row.told, x=_LABEL + wide + 8, y=top + 16))
    return figure(marks, title=title, desc=desc, height=len(rows) * _ROW + 4)


def columns(
    rows: Sequence[Column], *, title: str, desc: str, limit: float | None = None, limit_told: str = ""
) -> Markup:
    """One column a label, in the given order, as by hour; a dashed line where the limit is."""
    most = max(*(one.value or 0 for one in rows), limit or 0, 1)
    up = Scale(0, most, _HEAD + _HEIGHT, _HEAD)
    wide = (WIDTH - 20) / max(len(rows), 1)
    foot = _HEAD + _HEIGHT
    marks = [stroke([(10, foot), (WIDTH - 10, foot)], colour=GRID)]
    for place, row in enumerate(rows):
        left, top = 10 + place * wide, up(row.value or 0)
        marks.append(
            box(
                x=round(left + wide * 0.12, 1),
                y=top,
                width=wide * 0.76,
                height=foot - top,
                fill=MAIN,
                told=f"{row.label}: {row.told}",
            )
        )
        middle = round(left + wide / 2, 1)
        if wide >= 7.5 * len(row.told):
            marks.append(text(row.told, x=middle, y=top - 4, anchor="middle", size=11))
        marks.append(text(row.label, x=middle, y=foot + 16, anchor="middle", fill=SOFT, size=11))
    if limit is not None:
        marks.append(stroke([(10, up(limit)), (WIDTH - 10, up(limit))], colour=INK, dash="5 4"))
        marks.append(stroke([(10, 8), (34, 8)], colour=INK, dash="5 4"))
        marks.append(text(limit_told, x=40, y=12, size=11))
    return figure(marks, title=title, desc=desc, height=foot + _FOOT)
