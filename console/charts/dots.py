"""Dots with intervals: how large something is, and how surely that is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.charts.figure import (
    GRID,
    INK,
    SOFT,
    TONES,
    WIDTH,
    Scale,
    Tone,
    figure,
    fitted,
    stroke,
    text,
    ticks,
)

_LABEL, _TOLD, _ROW, _FOOT = 220, 170, 26, 42


@dataclass(frozen=True, kw_only=True)
class Dot:
    """A value, and the interval that holds it where one is known; all null where it is not told.

    ``told``: the same in words. ``tone``: plain is a round dot, good a triangle, wrong a square.
    ``usual``: what to compare with, a small upright line.
    """

    label: str
    value: float | None
    told: str
    low: float | None = None
    high: float | None = None
    tone: Tone = "plain"
    usual: float | None = None


def dots(
    rows: Sequence[Dot],
    *,
    title: str,
    desc: str,
    axis: str,
    said: Callable[[float], str],
    zero: float | None = 0.0,
    stems: bool = False,
) -> Markup:
    """One dot a row, in the given order (a forest plot).

    ``axis``: what is measured, and its unit; ``said``: a value as the axis writes it; ``zero``: where an
    upright line stands, none where null; ``stems``: whether each dot hangs on it, for what has no interval.
    """
    ends = [
        one for row in rows for one in (row.value, row.low, row.high, row.usual, zero) if one is not None
    ] or [0.0]
    marked = ticks(min(ends), max(ends))
    across = Scale(marked[0], marked[-1], _LABEL, WIDTH - _TOLD)
    foot = len(rows) * _ROW + 6
    marks: list[Markup] = []
    for tick in marked:
        marks.append(stroke([(across(tick), 0), (across(tick), foot)], colour=GRID))
        marks.append(text(said(tick), x=across(tick), y=foot + 15, anchor="middle", fill=SOFT, size=11))
    marks.append(text(axis, x=across(marked[0]), y=foot + 34, fill=SOFT, size=12))
    if zero is not None:
        marks.append(stroke([(across(zero), 0), (across(zero), foot)], colour=INK, width=1.5))
    for place, row in enumerate(rows):
        middle = place * _ROW + _ROW / 2 + 2
        if stems and zero is not None and row.value is not None:
            marks.append(
                stroke([(across(zero), middle), (across(row.value), middle)], colour=SOFT, width=1.5)
            )
        marks += _row(row, middle=middle, across=across)
    return figure(marks, title=title, desc=desc, height=foot + _FOOT)


def _row(row: Dot, *, middle: float, across: Scale) -> list[Markup]:
    colour = TONES[row.tone]
    marks = [
        fitted(row.label, x=_LABEL - 12, y=middle + 4, width=_LABEL - 16, anchor="end"),
        text(row.told, x=WIDTH - _TOLD + 12, y=middle + 4),
    ]
    if row.usual is not None:
        usual = across(row.usual)
        marks.append(stroke([(usual, middle - 8), (usual, middle + 8)], colour=INK, width=2))
    if row.low is not None and row.high is not None:
        marks.append(stroke([(across(row.low), middle), (across(row.high), middle)], colour=colour, width=3))
    if row.value is not None:
        marks.append(_dot(row.tone, x=across(row.value), y=middle, told=f"{row.label}: {row.told}"))
    return marks


def _dot(tone: Tone, *, x: float, y: float, told: str) -> Markup:
    shape = {
        "plain": Markup('<circle cx="{x}" cy="{y}" r="5.5" fill="{fill}"><title>{told}</title></circle>'),
        "good": Markup('<path d="M{x} {up}l6.5 11.5h-13z" fill="{fill}"><title>{told}</title></path>'),
        "wrong": Markup('<path d="M{x} {up}m-5.5 1v11h11v-11z" fill="{fill}"><title>{told}</title></path>'),
    }[tone]
    return shape.format(x=x, y=y, up=y - 7, fill=TONES[tone], told=told)
