"""Flows: who came from where, and went where."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from console.charts.figure import INK, MAIN, SOFT, WIDTH, box, figure, fitted, text

_LABEL, _NODE, _GAP, _LEAST, _HEAD, _TALL = 210, 12, 8, 16, 26, 300


@dataclass(frozen=True, kw_only=True)
class Link:
    """``value`` of them, more than none, were at ``source`` before and at ``target`` after; ``told``: the
    same in words."""

    source: str
    target: str
    value: float
    told: str


def flow(links: Sequence[Link], *, title: str, desc: str, before: str, after: str) -> Markup:
    """Bands from what is on the left to what is on the right, each as thick as there are many.

    ``before`` and ``after`` stand above the two sides. The places on the left keep the order of the links;
    on the right those that stand on the left as well keep theirs, the others follow.
    """
    sources = list(dict.fromkeys(one.source for one in links))
    place = {name: number for number, name in enumerate(sources)}
    targets = sorted(
        dict.fromkeys(one.target for one in links), key=lambda name: place.get(name, len(sources))
    )
    scale = _TALL / (sum(one.value for one in links) or 1)
    left = _tops(sources, [(one.source, one.value * scale) for one in links])
    right = _tops(targets, [(one.target, one.value * scale) for one in links])
    start, stop = _LABEL + _NODE, WIDTH - _LABEL - _NODE
    marks = [
        text(before, x=start, y=14, anchor="end", fill=SOFT, size=12),
        text(after, x=stop, y=14, fill=SOFT, size=12),
    ]
    used_left, used_right = dict(left), dict(right)
    for one in links:
        thick = one.value * scale
        marks.append(_band(one, start, used_left[one.source], stop, used_right[one.target], thick))
        used_left[one.source] += thick
        used_right[one.target] += thick
    for name, top in left.items():
        tall = used_left[name] - top
        marks.append(box(x=_LABEL, y=round(top, 1), width=_NODE, height=max(tall, 1.5), fill=INK, told=name))
        marks.append(fitted(name, x=_LABEL - 8, y=_middle(top, tall), width=_LABEL - 12, anchor="end"))
    for name, top in right.items():
        tall = used_right[name] - top
        marks.append(box(x=stop, y=round(top, 1), width=_NODE, height=max(tall, 1.5), fill=INK, told=name))
        marks.append(fitted(name, x=stop + _NODE + 8, y=_middle(top, tall), width=_LABEL - 12))
    ends = [_foot(left, used_left), _foot(right, used_right)]
    return figure(marks, title=title, desc=desc, height=max(ends) + 6)


def _tops(names: Sequence[str], thick: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Where each place begins, one below the other, with room for its name."""
    tops, top = {}, float(_HEAD)
    for name in names:
        tops[name] = top
        top += max(sum(one for own, one in thick if own == name), _LEAST) + _GAP
    return tops


def _foot(tops: dict[str, float], used: dict[str, float]) -> float:
    return max((max(used[name], top + _LEAST) for name, top in tops.items()), default=_HEAD)


def _middle(top: float, tall: float) -> float:
    return round(top + max(tall, 0) / 2 + 5, 1)


def _band(one: Link, start: float, top: float, stop: float, end: float, thick: float) -> Markup:
    middle, thick = (start + stop) / 2, max(thick, 1)
    path = (
        f"M{start:g} {top:.1f}C{middle:g} {top:.1f} {middle:g} {end:.1f} {stop:g} {end:.1f}v{thick:.1f}"
        f"C{middle:g} {end + thick:.1f} {middle:g} {top + thick:.1f} {start:g} {top + thick:.1f}z"
    )
    return Markup('<path d="{}" fill="{}" fill-opacity="{}"><title>{}</title></path>').format(
        path, MAIN, 0.35, f"{one.source} → {one.target}: {one.told}"
    )
