"""What all charts are made of: the frame, scales, and marks as escaped SVG."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor, log10
from typing import Literal

from markupsafe import Markup

INK, SOFT, GRID, MAIN, GOOD, WRONG = "#1d2733", "#51606f", "#c9d1d9", "#0b5c8a", "#1b6e3c", "#a3161f"
WIDTH = 720
"""In units of the picture; 16 of them are one line of the page's text."""
TEXT = 13

Anchor = Literal["start", "middle", "end"]
Tone = Literal["plain", "good", "wrong"]
TONES: dict[Tone, str] = {"plain": MAIN, "good": GOOD, "wrong": WRONG}


@dataclass(frozen=True)
class Scale:
    """From ``low`` to ``high`` onto the picture from ``start`` to ``stop``."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """Where the value lies in the picture."""
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return round(self.start + share * (self.stop - self.start), 1)


def figure(marks: Iterable[Markup], *, title: str, desc: str, height: float) -> Markup:
    """The chart, in a frame that scrolls where the screen is narrower than the picture."""
    return Markup(
        '<div class="chart" role="group" aria-label="{title}" tabindex="0">'
        '<svg role="img" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">'
        "<title>{title}</title><desc>{desc}</desc>{marks}</svg></div>"
    ).format(title=title, desc=desc, width=WIDTH, height=round(height), marks=Markup("").join(marks))


def text(
    said: str, *, x: float, y: float, anchor: Anchor = "start", fill: str = INK, size: float = TEXT
) -> Markup:
    """A line of text on the baseline ``y``."""
    return Markup('<text x="{}" y="{}" text-anchor="{}" fill="{}" font-size="{}">{}</text>').format(
        x, y, anchor, fill, size, said
    )


def fitted(said: str, *, x: float, y: float, width: float, anchor: Anchor = "start") -> Markup:
    """The text as far as it has room; whole where somebody points at it."""
    short = cut(said, width=width)
    shown = text(short, x=x, y=y, anchor=anchor)
    return shown if short == said else Markup("<g><title>{}</title>{}</g>").format(said, shown)


def cut(said: str, *, width: float) -> str:
    """As much of the text as that width holds, by the usual widths of letters and of Chinese characters."""
    room = width
    for place, letter in enumerate(said):
        room -= TEXT * (1.0 if ord(letter) > 0x2E7F else 0.56)
        if room < 0:
            return said[: max(place - 1, 0)] + "…"
    return said


def box(
    *, x: float, y: float, width: float, height: float, fill: str, told: str = "", stroke: str = "none"
) -> Markup:
    """A rectangle; ``told`` shows where somebody points at it."""
    return Markup(
        '<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="{}"><title>{}</title></rect>'
    ).format(x, y, max(round(width, 1), 0), max(round(height, 1), 0), fill, stroke, told)


def stroke(
    points: Iterable[tuple[float, float]], *, colour: str, width: float = 1, dash: str = "none"
) -> Markup:
    """Straight lines from point to point."""
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return Markup(
        '<polyline points="{}" fill="none" stroke="{}" stroke-width="{}" stroke-dasharray="{}"/>'
    ).format(path, colour, width, dash)


def ticks(low: float, high: float, *, about: int = 4) -> list[float]:
    """Round numbers from below ``low`` to above ``high``: steps of 1, 2 or 5 times a power of ten."""
    span = high - low or abs(high) or 1.0
    power = 10.0 ** floor(log10(span / about))
    step = next(power * one for one in (1, 2, 5, 10) if span / (power * one) <= about)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(place * step, 12) for place in range(first, max(last, first + 1) + 1)]


def thinned(count: int, *, most: int) -> list[int]:
    """Places of at most about ``most`` labels of so many, at equal distances, the last among them."""
    step = max(1, -(-count // most))
    return [place for place in range(count) if (count - 1 - place) % step == 0]


def runs(values: Iterable[float | None]) -> list[list[tuple[int, float]]]:
    """What is known of a series, with its places, in pieces between what is not."""
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    pieces: list[list[tuple[int, float]]] = [known[:1]] if known else []
    for before, here in pairwise(known):
        if here[0] == before[0] + 1:
            pieces[-1].append(here)
        else:
            pieces.append([here])
    return pieces
