"""A funnel as a picture, from its document: as Mermaid text, and as SVG that needs nothing else."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from base.language import Language
from strategies.document import Strategy
from strategies.layout import Box, Curve, Link, placed, units, wrapped
from strategies.spoken import WORDS

_FONT = "'Noto Sans CJK SC','PingFang SC','Microsoft YaHei','Source Han Sans SC',sans-serif"
_INK, _FAINT, _LINE, _EDGE, _PAPER, _GROUND = "#1f2933", "#5f6c7b", "#9aa5b1", "#d9dfe6", "#ffffff", "#f6f8fa"
_COLOURS = {"push": "#4c6ef5", "sms": "#0f9d8a", "ai_call": "#d9822b", "human_call": "#c2415b"}
_MARGIN, _BAND, _PAD, _LEADING = 28.0, 28.0, 14.0, 20.0
_NARROWEST, _NAME_UNITS, _LABEL_UNITS = 168.0, 28, 22
_SIZE = 13
# A full-width character is as wide as the font is high, a half-width one a little more than half of that.
_UNIT = 0.54
_UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def mermaid(strategy: Strategy, *, language: Language = "zh") -> str:
    """The funnel as a Mermaid flowchart, left to right."""
    words = WORDS[language]
    lines = ["flowchart LR"]
    for number, touch in enumerate(strategy.funnel, start=1):
        name, channel = words.name_of(touch, number), words.channels[touch.channel]
        lines.append(f"  t{number}[{_quoted(name, channel, *words.facts_of(touch, number))}]")
        lines.append(f"  style t{number} stroke:{_COLOURS[touch.channel]},stroke-width:2px")
    for (start, end), results in _links(strategy).items():
        lines.append(f"  t{start} -->|{_quoted(words.results_in_words(results))}| t{end}")
    lines.append(f"  terms([{_quoted(*words.terms_of(strategy))}])")
    return "\n".join(lines) + "\n"


def svg(strategy: Strategy, *, language: Language = "zh", leads: str = "") -> str:
    """The funnel as an SVG document. ``leads``: where each touch's card leads to, with its ``{number}``."""
    words = WORDS[language]
    depth = {touch.name: layer for layer, own in enumerate(strategy.layers(), start=1) for touch in own}
    names = [
        wrapped(words.name_of(touch, number), _NAME_UNITS)
        for number, touch in enumerate(strategy.funnel, start=1)
    ]
    labels = {
        link: wrapped(words.results_in_words(results), _LABEL_UNITS)
        for link, results in _links(strategy).items()
    }
    boxes, curves = placed(
        [depth[touch.name] for touch in strategy.funnel],
        [_card_size(name) for name in names],
        [
            Link(start=start - 1, end=end - 1, label=(_width(lines) + _PAD, _LEADING * len(lines)))
            for (start, end), lines in labels.items()
        ],
        left=_MARGIN,
        top=_MARGIN + 58,
    )
    terms, title = words.terms_of(strategy), wrapped(strategy.title, 90)[0]
    lowest = max(box.y + box.height for box in (*boxes, *(curve.label for curve in curves)))
    below = max([lowest, *(y for curve in curves for _, y in curve.points)]) + _MARGIN
    across = max(*(box.x + box.width for box in boxes), _MARGIN + max(1.4 * _width([title]), _width(terms)))
    picture = _sheet(strategy, across + _MARGIN, below + _LEADING * len(terms) + _MARGIN / 2)
    _write(picture, title, _MARGIN, _MARGIN + 14, size=18, weight="600")
    _write(picture, strategy.name, _MARGIN, _MARGIN + 36, fill=_FAINT)
    for curve in curves:
        _draw_curve(picture, curve)
    for curve, lines in zip(curves, labels.values(), strict=True):
        _draw_label(picture, curve.label, lines)
    if leads:
        # Of an image nothing inside could be reached.
        picture.set("role", "group")
    for number, (touch, name, box) in enumerate(zip(strategy.funnel, names, boxes, strict=True), start=1):
        band = f"{number}  {words.channels[touch.channel]}"
        place = ElementTree.SubElement(picture, "a", href=leads.format(number=number)) if leads else picture
        _draw_card(place, box, band, _COLOURS[touch.channel], name, words.facts_of(touch, number))
    for number, line in enumerate(terms):
        _write(picture, line, _MARGIN, below + _LEADING * (number + 0.5), fill=_FAINT)
    return ElementTree.tostring(picture, encoding="unicode") + "\n"


def _links(strategy: Strategy) -> dict[tuple[int, int], list[str]]:
    """The results that lead from one touch to another, by their numbers."""
    found: dict[tuple[int, int], list[str]] = {}
    for way in strategy.ways():
        found.setdefault((way.answered, way.step), []).append(way.result)
    return found


def _quoted(*lines: str) -> str:
    """Lines as a quoted Mermaid text in which nothing is markup: every sign that could be is its number."""
    plain = (re.sub(r"[^\w \-+%.,:/]", _numbered, _UNWRITABLE.sub("", line)) for line in lines)
    return '"' + "<br/>".join(plain) + '"'


def _numbered(sign: re.Match[str]) -> str:
    return sign[0] if ord(sign[0]) > 127 else f"#{ord(sign[0])};"


def _width(lines: Sequence[str], size: int = _SIZE) -> float:
    return max(units(line) for line in lines) * _UNIT * size


def _card_size(name: Sequence[str]) -> tuple[float, float]:
    return max(_NARROWEST, _width(name, 15) + 2 * _PAD), _BAND + _LEADING * (len(name) + 2) + 1.5 * _PAD


def _sheet(strategy: Strategy, width: float, height: float) -> ElementTree.Element:
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}", "viewBox": f"0 0 {width:.0f} {height:.0f}"}
    sheet = ElementTree.Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", "role": "img", "font-family": _FONT, **size}
    )
    ElementTree.SubElement(sheet, "title").text = _UNWRITABLE.sub("", strategy.title)
    _draw(sheet, "rect", width="100%", height="100%", fill=_GROUND)
    return sheet


def _draw_curve(picture: ElementTree.Element, curve: Curve) -> None:
    (x, y), *rest = curve.points
    path = f"M{x:.1f},{y:.1f}"
    for number, (to_x, to_y) in enumerate(rest):
        half = (x + to_x) / 2
        straight = number % 2 == 1  # along the lane through a layer
        path += (
            f" L{to_x:.1f},{to_y:.1f}"
            if straight
            else (f" C{half:.1f},{y:.1f} {half:.1f},{to_y:.1f} {to_x:.1f},{to_y:.1f}")
        )
        x, y = to_x, to_y
    _draw(picture, "path", d=path, fill="none", stroke=_LINE, stroke_width="1.6")
    _draw(picture, "path", d=f"M{x:.1f},{y:.1f} l-8,-4.5 v9 z", fill=_LINE)


def _draw_label(picture: ElementTree.Element, box: Box, lines: Sequence[str]) -> None:
    _draw_box(picture, box, rx="9", fill=_PAPER, stroke=_EDGE)
    for number, line in enumerate(lines):
        middle, base = box.x + box.width / 2, box.y + _LEADING * (number + 0.72)
        _write(picture, line, middle, base, size=12, fill=_INK, text_anchor="middle")


def _draw_card(
    picture: ElementTree.Element,
    box: Box,
    band: str,
    colour: str,
    name: Sequence[str],
    facts: Sequence[str],
) -> None:
    _draw_box(picture, box, rx="8", fill=_PAPER, stroke=_EDGE)
    right, under = box.x + box.width, box.y + _BAND
    outline = f"M{box.x:.1f},{under:.1f} V{box.y + 8:.1f} q0,-8 8,-8 H{right - 8:.1f} q8,0 8,8 V{under:.1f} z"
    _draw(picture, "path", d=outline, fill=colour)
    left = box.x + _PAD
    _write(picture, band, left, box.y + 19, fill=_PAPER, weight="600")
    for number, line in enumerate(name):
        _write(picture, line, left, under + _LEADING * (number + 1.1), size=15, weight="600")
    for number, line in enumerate(facts):
        _write(picture, line, left, under + _LEADING * (len(name) + number + 1.1), fill=_FAINT)


def _draw_box(picture: ElementTree.Element, box: Box, **how: str) -> None:
    place = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
    _draw(picture, "rect", **{name: f"{value:.1f}" for name, value in place.items()}, **how)


def _write(
    picture: ElementTree.Element,
    text: str,
    x: float,
    y: float,
    *,
    size: int = _SIZE,
    weight: str = "400",
    **how: str,
) -> None:
    how = {
        "fill": _INK,
        "font_size": str(size),
        "font_weight": weight,
        "x": f"{x:.1f}",
        "y": f"{y:.1f}",
    } | how
    _draw(picture, "text", **how).text = _UNWRITABLE.sub("", text)


def _draw(picture: ElementTree.Element, shape: str, **how: str) -> ElementTree.Element:
    return ElementTree.SubElement(
        picture, shape, {name.replace("_", "-"): value for name, value in how.items()}
    )
