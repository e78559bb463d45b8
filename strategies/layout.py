"""Places the touches of a funnel on a plane: layers from left to right, links as curves, no card on another.

The usual way of drawing layered graphs (Sugiyama, Tagawa, Toda 1981): a link that passes a layer gets a place
of its own there, and what stands in a layer is ordered by the mean of what leads to it.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

GAP = 26.0
LANE = 34.0
"""Height of the place that a link takes where it passes a layer."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle, by its left upper corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Its vertical middle."""
        return self.y + self.height / 2


@dataclass(frozen=True, kw_only=True)
class Link:
    """From one touch to a later one, by number; ``label`` is the size of what is written on it."""

    start: int
    end: int
    label: tuple[float, float]


Item = int | Link
"""What takes a place in a layer: a touch by its number, or a link that passes by."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A link's line as the points at which it leaves and reaches layers in turn, and where its label lies."""

    points: tuple[tuple[float, float], ...]
    label: Box


def units(text: str) -> int:
    """Width of a text in half-width characters: a full-width one is two, a combining one none."""
    return sum(
        0 if unicodedata.combining(sign) else 2 if unicodedata.east_asian_width(sign) in "WF" else 1
        for sign in text
    )


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most ``width`` units, broken at spaces and beside full-width characters."""
    lines = [""]
    for piece in _pieces(text, width):
        if units(lines[-1] + piece.rstrip()) > width:
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [line.rstrip() for line in lines]


def placed(
    layers: Sequence[int],
    sizes: Sequence[tuple[float, float]],
    links: Sequence[Link],
    *,
    left: float,
    top: float,
) -> tuple[list[Box], list[Curve]]:
    """Where every touch stands and every link runs; ``layers`` and ``sizes`` by touch, layers from 1."""
    columns = _columns(layers, links)
    heights = {touch: height for touch, (_, height) in enumerate(sizes)}
    tall = max(sum(_height(item, heights) + GAP for item in column) - GAP for column in columns)
    boxes: dict[Item, Box] = {}
    x = left
    for layer, column in enumerate(columns, start=1):
        width = max(sizes[touch][0] for touch, own in enumerate(layers) if own == layer)
        y = top + (tall - sum(_height(item, heights) + GAP for item in column) + GAP) / 2
        for item in column:
            boxes[item] = Box(x=x, y=y, width=width, height=_height(item, heights))
            y += boxes[item].height + GAP
        wide = max((link.label[0] for link in links if layers[link.start] == layer), default=0.0)
        x += width + wide + 3 * GAP
    return [boxes[touch] for touch in range(len(layers))], _curves(links, boxes)


def _pieces(text: str, width: int) -> Iterator[str]:
    """What a line may not be broken within: words, single full-width characters, parts of endless words."""
    piece = ""
    for sign in " ".join(text.split()):
        wide = units(sign) == 2
        if piece and (wide or piece[-1] == " " or units(piece[-1]) == 2 or units(piece) >= width):
            yield piece
            piece = ""
        piece += sign
    yield piece


def _columns(layers: Sequence[int], links: Sequence[Link]) -> list[list[Item]]:
    """What stands in each layer, top to bottom: touches by number, and links that pass by themselves."""
    columns: list[list[Item]] = []
    place: dict[Item, float] = {}
    for layer in range(1, max(layers) + 1):
        touches: list[Item] = [touch for touch, own in enumerate(layers) if own == layer]
        passing: list[Item] = [link for link in links if layers[link.start] < layer < layers[link.end]]
        before = {item: _mean(item, links, place) for item in touches + passing}
        column = sorted(touches + passing, key=lambda item: before[item])
        place |= {item: number - (len(column) - 1) / 2 for number, item in enumerate(column)}
        columns.append(column)
    return columns


def _mean(item: Item, links: Sequence[Link], place: Mapping[Item, float]) -> float:
    """The mean place of what leads to ``item``: for a link, of its start."""
    if isinstance(item, Link):
        return place[item.start]
    before = [place.get(link, place[link.start]) for link in links if link.end == item]
    return sum(before) / len(before) if before else 0.0


def _height(item: Item, heights: Mapping[int, float]) -> float:
    return heights[item] if isinstance(item, int) else LANE


def _curves(links: Sequence[Link], boxes: Mapping[Item, Box]) -> list[Curve]:
    cards = [box for item, box in boxes.items() if isinstance(item, int)]
    curves: list[Curve] = []
    for link in links:
        start, end, lane = boxes[link.start], boxes[link.end], boxes.get(link)
        points = [(start.x + start.width, _port(link, links, boxes, leaving=True))]
        if lane is not None:
            points += [(lane.x, lane.middle), (lane.x + lane.width, lane.middle)]
        points.append((end.x, _port(link, links, boxes, leaving=False)))
        taken = [*cards, *(curve.label for curve in curves)]
        curves.append(Curve(points=tuple(points), label=_label(points, link.label, taken)))
    return curves


def _port(link: Link, links: Sequence[Link], boxes: Mapping[Item, Box], *, leaving: bool) -> float:
    """The height at which a link leaves or reaches a card: all of one side are spread over it in order."""
    here = link.start if leaving else link.end
    fellows = [other for other in links if (other.start if leaving else other.end) == here]
    far = {other: boxes.get(other, boxes[other.end if leaving else other.start]).middle for other in fellows}
    fellows.sort(key=lambda other: far[other])
    box = boxes[here]
    return box.y + box.height * (fellows.index(link) + 1) / (len(fellows) + 1)


def _label(points: Sequence[tuple[float, float]], size: tuple[float, float], taken: Sequence[Box]) -> Box:
    """On the first stretch of the curve where nothing is in the way, best in its middle; else below that."""
    (x0, y0), (x1, y1) = points[0], points[1]
    spots = []
    for t in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74):
        # A cubic Bezier curve whose control points lie half-way across, level with its ends.
        x = x0 + (x1 - x0) * (1.5 * t * (1 - t) + t**3)
        y = y0 + (y1 - y0) * t * t * (3 - 2 * t)
        spots.append(Box(x=x - size[0] / 2, y=y - size[1] / 2, width=size[0], height=size[1]))
    below = (replace(spots[0], y=spots[0].y + size[1] * step / 2) for step in count(1))
    return next(spot for spot in chain(spots, below) if not any(_overlap(spot, other) for other in taken))


def _overlap(one: Box, other: Box) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )
