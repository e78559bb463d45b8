"""Charts: what is drawn is what was given, in words as well, and nothing that was not told."""

from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from console.charts import Bar, Column, Dot, Line, Link, bars, columns, dots, flow, lines, spark
from console.charts.figure import ticks

SVG = "{http://www.w3.org/2000/svg}"
WORDS = {"title": "Contacts <by> channel & hour", "desc": 'So "many"'}
CHARTS: dict[str, Callable[[], Markup]] = {
    "bars": lambda: bars([Bar(label="<b>短信", value=3, told="3 of 5", of=5)], **WORDS),
    "columns": lambda: columns(
        [Column(label="9", value=7, told="7")], **WORDS, limit=9, limit_told="<i>room</i>"
    ),
    "dots": lambda: dots(
        [Dot(label="<b>", value=1, low=0, high=2, told="+1", tone="good", usual=0.5)],
        **WORDS,
        axis="points",
        said=str,
    ),
    "lines": lambda: lines(
        ["1", "2"], [Line(name="<b>", values=[1, 2], low=[0, 1], high=[2, 3])], **WORDS, said=str
    ),
    "flow": lambda: flow(
        [Link(source="<b>", target="S2", value=12, told="12")], **WORDS, before="then", after="now"
    ),
    "nothing": lambda: lines([], [], **WORDS, said=str),
    "no bars": lambda: bars([], **WORDS),
    "no columns": lambda: columns([], **WORDS),
    "no dots": lambda: dots([], **WORDS, axis="", said=str),
    "no flow": lambda: flow([], **WORDS, before="", after=""),
}


def drawn(chart: Markup, tag: str) -> list[ET.Element]:
    return list(ET.fromstring(str(chart)).iter(f"{SVG}{tag}"))


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_says_in_words_what_it_is_and_takes_no_markup_from_names(name: str) -> None:
    chart = CHARTS[name]()
    assert drawn(chart, "title")[0].text == WORDS["title"]
    assert drawn(chart, "desc")[0].text == WORDS["desc"]
    assert "<b>" not in chart
    assert "style=" not in chart


def test_what_is_not_told_is_not_drawn() -> None:
    hidden = bars([Bar(label="few", value=None, told="fewer than ten")], **WORDS)
    assert [float(one.get("width") or 0) for one in drawn(hidden, "rect")] == [0]
    assert not drawn(dots([Dot(label="few", value=None, told="–")], **WORDS, axis="", said=str), "circle")
    gap = lines(["1", "2", "3", "4"], [Line(name="x", values=[1, None, 3, 4])], **WORDS, said=str)
    assert len(drawn(gap, "circle")) == 3


def test_bars_are_as_long_as_they_say() -> None:
    chart = bars([Bar(label="a", value=10, told="10"), Bar(label="b", value=5, told="5")], **WORDS)
    one, other = (float(bar.get("width") or 0) for bar in drawn(chart, "rect"))
    assert one == pytest.approx(2 * other, abs=0.2)


def test_how_sure_a_dot_is_shows_without_colour() -> None:
    def shape(tone: str) -> str:
        row = Dot(label="x", value=1, told="1", tone=tone)  # type: ignore[arg-type]
        chart = dots([row], **WORDS, axis="", said=str)
        return "circle" if drawn(chart, "circle") else str(drawn(chart, "path")[0].get("d"))[-12:]

    assert len({shape("plain"), shape("good"), shape("wrong")}) == 3


def test_bands_of_a_flow_are_as_thick_as_there_are_many() -> None:
    links = [
        Link(source="a", target="x", value=30, told="30"),
        Link(source="a", target="y", value=10, told="10"),
    ]
    nodes = drawn(flow(links, **WORDS, before="then", after="now"), "rect")
    source, large, small = (float(node.get("height") or 0) for node in nodes)
    assert source == pytest.approx(large + small, abs=0.2)
    assert large == pytest.approx(3 * small, rel=0.01)


def test_a_small_line_says_what_it_shows() -> None:
    chart = spark([3, None, 4, 5], title="3 to 5")
    assert drawn(chart, "title")[0].text == "3 to 5"
    assert len(drawn(chart, "polyline")) == 1
    assert not drawn(spark([], title="nothing"), "polyline")


@settings(max_examples=200, deadline=None, derandomize=True)
@given(*2 * [st.floats(-1e9, 1e9).map(lambda value: round(value, 6))])
def test_an_axis_holds_its_values_between_few_round_numbers(one: float, other: float) -> None:
    low, high = sorted((one, other))
    marks = ticks(low, high)
    assert 2 <= len(marks) <= 7
    slack = 1e-8 * (marks[1] - marks[0])
    assert marks[0] <= low + slack
    assert marks[-1] >= high - slack
    assert marks == sorted(set(marks))


def test_what_hardly_moves_is_drawn_nearly_level() -> None:
    (line,) = drawn(
        lines(["1", "2"], [Line(name="x", values=[245, 244])], **WORDS, said=str, zero=False), "polyline"
    )[-1:]
    heights = [float(point.partition(",")[2]) for point in (line.get("points") or "").split()]
    assert 0 < heights[1] - heights[0] < 20
    (small,) = drawn(spark([245, 244], title="245 to 244"), "polyline")
    heights = [float(point.partition(",")[2]) for point in (small.get("points") or "").split()]
    assert 0 < heights[1] - heights[0] < 2


def test_a_flow_keeps_one_order_on_both_sides() -> None:
    links = [
        Link(source=a, target=b, value=20, told="20") for a, b in (("S1", "S2"), ("S2", "S1"), ("S2", "out"))
    ]
    words = [one.text for one in drawn(flow(links, **WORDS, before="then", after="now"), "text")]
    assert words == ["then", "now", "S1", "S2", "S1", "S2", "out"]
