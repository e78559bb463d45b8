"""Lines: how something went from night to night, with the band it surely lies in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.charts.figure import (
    GOOD,
    GRID,
    INK,
    MAIN,
    SOFT,
    WIDTH,
    WRONG,
    Anchor,
    Scale,
    cut,
    figure,
    runs,
    stroke,
    text,
    thinned,
    ticks,
)

_LEFT, _RIGHT, _HEIGHT, _FOOT, _LEGEND = 78, 16, 190, 28, 24
_LOOKS = ((MAIN, "none"), (WRONG, "7 4"), (GOOD, "2 3"), (INK, "10 3 2 3"))


@dataclass(frozen=True, kw_only=True)
class Line:
    """One value a label of the chart, null where it is not known or not told; the band likewise."""

    name: str
    values: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


def lines(
    labels: Sequence[str],
    series: Sequence[Line],
    *,
    title: str,
    desc: str,
    said: Callable[[float], str],
    zero: bool = True,
) -> Markup:
    """Up to four lines over the same labels, at equal distances.

    ``said``: a value as the axis writes it. ``zero``: whether the axis holds zero, marked there.
    """
    known = [value for one in series for part in (one.values, one.low, one.high) for value in part]
    seen = [value for value in known if value is not None]
    ends = [*seen, 0.0] if zero else [*seen, *_around(seen)]
    marked = ticks(min(ends, default=0.0), max(ends, default=1.0))
    head = _LEGEND if len(series) > 1 else 8
    up = Scale(marked[0], marked[-1], head + _HEIGHT, head)
    along = Scale(0, max(len(labels) - 1, 0), _LEFT, WIDTH - _RIGHT)
    marks = [*_grid(labels, marked, up=up, along=along, said=said, foot=head + _HEIGHT)]
    for one, (colour, dash) in zip(series, _LOOKS, strict=False):
        marks += _bands(one, up=up, along=along, colour=colour)
        marks += _line(one, labels, up=up, along=along, said=said, colour=colour, dash=dash)
    if len(series) > 1:
        marks += _legend(series)
    return figure(marks, title=title, desc=desc, height=head + _HEIGHT + _FOOT)


def spark(values: Sequence[float | None], *, title: str) -> Markup:
    """A small line inside a table; ``title`` says the same in words."""
    known = [value for value in values if value is not None]
    ends = [*known, *_around(known)]
    up = Scale(min(ends, default=0), max(ends, default=0), 22, 4)
    along = Scale(0, max(len(values) - 1, 0), 3, 93)
    drawn = [
        stroke([(along(place), up(value)) for place, value in piece], colour=MAIN, width=1.8)
        for piece in runs(values)
        if len(piece) > 1
    ]
    last = [
        Markup('<circle cx="{}" cy="{}" r="2.6" fill="{}"/>').format(along(place), up(value), MAIN)
        for place, value in [piece[-1] for piece in runs(values)][-1:]
    ]
    return Markup(
        '<svg class="spark" role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 26">'
        "<title>{}</title>{}</svg>"
    ).format(title, Markup("").join([*drawn, *last]))


def _around(values: Sequence[float]) -> list[float]:
    """Ends a tenth of the largest value apart, about the middle: what hardly moves is not drawn as a fall."""
    if not values:
        return []
    middle, half = (min(values) + max(values)) / 2, max(map(abs, values)) / 20
    return [middle - half, middle + half]


def _grid(
    labels: Sequence[str],
    marked: Sequence[float],
    *,
    up: Scale,
    along: Scale,
    said: Callable[[float], str],
    foot: float,
) -> list[Markup]:
    marks = []
    for tick in marked:
        dark = tick == 0 and marked[0] < 0
        marks.append(stroke([(_LEFT, up(tick)), (WIDTH - _RIGHT, up(tick))], colour=INK if dark else GRID))
        marks.append(text(said(tick), x=_LEFT - 8, y=up(tick) + 4, anchor="end", fill=SOFT, size=11))
    for place in thinned(len(labels), most=7):
        last = place == len(labels) - 1
        anchor: Anchor = "start" if place == 0 else "end" if last else "middle"
        marks.append(text(labels[place], x=along(place), y=foot + 18, anchor=anchor, fill=SOFT, size=11))
    return marks


def _bands(one: Line, *, up: Scale, along: Scale, colour: str) -> list[Markup]:
    """Where the value surely lies; nothing where an end is missing."""
    both = [
        None if low is None or high is None else (low, high)
        for low, high in zip(one.low, one.high, strict=True)
    ]
    marks = []
    for piece in runs([None if ends is None else ends[0] for ends in both]):
        upper = [(along(place), up(one.high[place] or 0.0)) for place, _ in piece]
        lower = [(along(place), up(low)) for place, low in reversed(piece)]
        path = " ".join(f"{x:g},{y:g}" for x, y in [*upper, *lower])
        marks.append(Markup('<polygon points="{}" fill="{}" fill-opacity="0.15"/>').format(path, colour))
        marks.append(stroke(upper, colour=colour, dash="1 2"))
        marks.append(stroke(lower, colour=colour, dash="1 2"))
    return marks


def _line(
    one: Line,
    labels: Sequence[str],
    *,
    up: Scale,
    along: Scale,
    said: Callable[[float], str],
    colour: str,
    dash: str,
) -> list[Markup]:
    marks = []
    for piece in runs(one.values):
        points = [(along(place), up(value)) for place, value in piece]
        marks.append(stroke(points, colour=colour, width=2.2, dash=dash))
        marks += [
            Markup('<circle cx="{}" cy="{}" r="3.4" fill="{}"><title>{}</title></circle>').format(
                along(place), up(value), colour, f"{one.name}, {labels[place]}: {said(value)}"
            )
            for place, value in piece
        ]
    return marks


def _legend(series: Sequence[Line]) -> list[Markup]:
    marks, room = [], (WIDTH - _LEFT) / len(series)
    for place, (one, (colour, dash)) in enumerate(zip(series, _LOOKS, strict=False)):
        left = _LEFT + place * room
        marks.append(stroke([(left, 10), (left + 26, 10)], colour=colour, width=2.2, dash=dash))
        marks.append(text(cut(one.name, width=room - 40), x=left + 32, y=14))
    return marks
