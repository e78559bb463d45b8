"""What docs/funnels.md shows is what happens."""

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from features.catalogue import FEATURES
from jobs.command import app
from lake.tables import OUTCOMES, PLAN, POSITIONS
from lake.tables.words import RESULTS
from strategies.document import FINAL_RESULTS, Strategy
from strategies.funnel import merged, positions
from strategies.reader import read
from tests.strategies.journeys import Row, frame

PAGE = (Path(__file__).parents[2] / "docs" / "funnels.md").read_text(encoding="utf-8")
FIRST_CONTACT = date(2026, 7, 2)
LINES = re.findall(r"^\| (\w[^|]*: [^|]*) \| ([^|]+) \| (\d\d-\d\d) \|$", PAGE, flags=re.M)


@pytest.fixture(scope="module")
def strategy() -> Strategy:
    return read(PAGE.split("```yaml\n")[1].split("```")[0], file="docs/funnels.md", features=FEATURES)


def _day(written: str) -> date:
    return date.fromisoformat(f"2026-{written}")


def _due(engine: SparkSession, strategy: Strategy, story: str, *, on: date) -> str:
    """The touch that is due on a day, 'begin again' where that may be, '' for nothing, in the engine."""
    step = {touch.name: number for number, touch in enumerate(strategy.funnel, start=1)}
    plan, outcomes = list[Row](), list[Row]()
    for touch, result, day in re.findall(r"([\w ]+): (\w+) (\d\d-\d\d)", story):
        number, contact_day = step[touch.strip()], FIRST_CONTACT if touch.strip() == "text" else _day(day)
        row: Row = {"customer": "c", "strategy": strategy.name, "step": number}
        plan.append(row | {"fate": "contact", "as_of": contact_day - timedelta(days=1)})
        happened_at = datetime.combine(_day(day), time(10))
        outcomes.append(
            row
            | {"result": result, "happened_at": happened_at, "contact_day": contact_day, "as_of": _day(day)}
        )
    touches = merged(
        frame(engine, POSITIONS, []), frame(engine, PLAN, plan), frame(engine, OUTCOMES, outcomes)
    )
    found = positions(touches, strategies=[strategy], as_of=on - timedelta(days=1)).toArrow().to_pylist()
    if not found:
        return "begin again"
    return strategy.funnel[found[0]["step"] - 1].name if found[0]["step"] else ""


@pytest.mark.parametrize(("story", "due", "on"), LINES, ids=[story for story, _, _ in LINES])
def test_a_line_of_the_table_happens(
    engine: SparkSession, strategy: Strategy, story: str, due: str, on: str
) -> None:
    assert _due(engine, strategy, story, on=_day(on)) == due
    last_news = max(map(_day, re.findall(r"\d\d-\d\d", story)))
    day_before = _day(on) - timedelta(days=1)
    if day_before > last_news:
        assert _due(engine, strategy, story, on=day_before) == ""


def test_the_page_tells_of_every_way_to_end() -> None:
    assert {due for _, due, _ in LINES} == {"manager", "robot", "last call", "begin again"}
    assert len(LINES) == 10


def test_the_picture_on_the_page_is_what_its_command_prints(tmp_path: Path) -> None:
    file = tmp_path / "deposit_maturity_call.yaml"
    file.write_text(PAGE.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    typed = re.findall(r"`longreach (strategies draw deposit_maturity_call[^`]*)`", PAGE)
    assert len(typed) == 1
    words = typed[0].replace("deposit_maturity_call", str(file)).split()
    home = {"LONGREACH_HOME": str(tmp_path / "home"), "COLUMNS": "80"}
    drawn = CliRunner().invoke(app, words, env=home)
    assert PAGE.split("```mermaid\n")[1].split("```")[0] == drawn.output


def test_the_page_names_every_result_in_order() -> None:
    order = PAGE.split("stands, in the order ")[1].split(". Answers")[0]
    assert re.findall(r"`(\w+)`", order) == list(RESULTS)
    leading = next(line for line in PAGE.splitlines() if line.startswith("| `when`"))
    assert re.findall(r"`(\w+)`", leading)[1:] == [word for word in RESULTS if word not in FINAL_RESULTS]
