"""A funnel's pictures: well-formed, complete, legible, whatever its author wrote."""

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest

from strategies.document import Strategy
from strategies.drawing import mermaid, svg
from strategies.layout import Link, placed, units, wrapped
from strategies.spoken import WORDS
from tests.strategies.test_document import HOT, LAST, OPENER, WARM, branching

NASTY = {"name": '<b>&"quoted"</b> | ]) #1; `x`\x07', "channel": "push"}
SIX = (
    OPENER,
    HOT,
    WARM,
    {"name": "再发短信", "channel": "sms", "after": "短信", "when": ["not_delivered"]},
    LAST,
    {"name": "跳过", "channel": "push", "after": ["短信", "再发短信"], "when": ["heard_out"]},
)
SHAPES = {
    "one touch": ({"channel": "human_call"},),
    "branches": (OPENER, HOT, WARM, LAST),
    "six": SIX,
    "nasty": (NASTY, HOT | {"after": NASTY["name"]}),
    "long": ({"name": "一个非常长的触点名称" * 4, "channel": "sms"}, {"channel": "push", "when": ["opened"]}),
}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(params=list(SHAPES.values()), ids=list(SHAPES))
def strategy(request: pytest.FixtureRequest) -> Strategy:
    return branching(*request.param, exits=["hung_up"], cool_off_days=30, caps={"total": 5000})


def _texts(picture: str) -> list[str]:
    return [text.text or "" for text in ElementTree.fromstring(picture).iter(f"{SVG}text")]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_drawing_says_everything(strategy: Strategy, language: str) -> None:
    words, picture = WORDS[language], svg(strategy, language=language)  # type: ignore[index, arg-type]
    written = "".join("".join(_texts(picture)).split())
    for number, touch in enumerate(strategy.funnel, start=1):
        name = words.name_of(touch, number).replace("\x07", "")
        assert "".join(name.split()) in written
        assert "".join(words.channels[touch.channel].split()) in written
    for way in strategy.ways():
        assert "".join(words.results[way.result].split()) in written
    for result in strategy.ends():
        assert "".join(words.results[result].split()) in written
    assert "5,000" in written


def test_nothing_is_drawn_outside_the_sheet(strategy: Strategy) -> None:
    sheet = ElementTree.fromstring(svg(strategy))
    width, height = float(sheet.attrib["width"]), float(sheet.attrib["height"])
    for box in sheet.iter(f"{SVG}rect"):
        if box.attrib["width"] != "100%":
            assert 0 <= float(box.attrib["x"]) <= width - float(box.attrib["width"])
            assert 0 <= float(box.attrib["y"]) <= height - float(box.attrib["height"])
    for text in sheet.iter(f"{SVG}text"):
        wide = units(text.text or "") * 0.54 * float(text.attrib["font-size"])
        start = float(text.attrib["x"]) - (wide / 2 if text.attrib.get("text-anchor") else 0)
        assert start >= 0
        assert start + wide <= width
        assert float(text.attrib["y"]) <= height


def test_mermaid_takes_no_markup_from_an_author(strategy: Strategy) -> None:
    lines = mermaid(strategy).splitlines()
    assert lines[0] == "flowchart LR"
    for line in lines[1:]:
        assert re.fullmatch(
            r'  (t\d|terms)\(?\[("[^"<>`|\[\]]*(<br/>[^"<>`|\[\]]*)*")\]\)?'
            r'|  t\d -->\|"[^"<>|]+"\| t\d'
            r"|  style t\d stroke:#[0-9a-f]{6},stroke-width:2px",
            line,
        ), line
    linked = {(way.answered, way.step) for way in strategy.ways()}
    assert {tuple(map(int, re.findall(r"t(\d)", line))) for line in lines if "-->" in line} == linked


def test_cards_and_labels_stand_free_of_each_other() -> None:
    layers = [1, 2, 2, 2, 3, 3]
    sizes = [(160.0, 100.0), (250.0, 120.0), (160.0, 100.0), (160.0, 100.0), (200.0, 100.0), (160.0, 140.0)]
    links = [
        Link(start=start, end=end, label=(100.0, 20.0))
        for start, end in [(0, 1), (0, 2), (0, 3), (1, 4), (2, 4), (3, 4), (2, 5), (0, 5)]
    ]
    boxes, curves = placed(layers, sizes, links, left=20, top=80)
    everything = [*boxes, *(curve.label for curve in curves)]
    for one, other in combinations(everything, 2):
        apart = (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )
        assert apart, (one, other)
    assert [box.x for box in boxes] == sorted(box.x for box in boxes)
    assert len(curves[-1].points) == 4  # it passes the second layer in a lane of its own


def test_full_width_counts_twice() -> None:
    assert (units("abc"), units("存款"), units("存款 ok（）"), units("e\u0301")) == (3, 4, 11, 1)
    assert wrapped("存款到期提醒 please call back", 12) == ["存款到期提醒", "please call", "back"]
    assert all(units(line) <= 10 for line in wrapped("x" * 35 + " 存款到期提醒提醒", 10))
    assert wrapped("", 10) == [""]


def test_each_drawing_is_a_function_of_its_document(strategy: Strategy) -> None:
    again = Strategy.model_validate(strategy.model_dump())
    assert (svg(again), mermaid(again)) == (svg(strategy), mermaid(strategy))
