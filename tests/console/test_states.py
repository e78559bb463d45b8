"""How something stands is told by a word and a shape."""

import re
from importlib import resources

import pytest

from tests.console.desk import Desk

PILL = re.compile(r'<span class="state ([a-z_]+)">([a-z]+)')


@pytest.mark.parametrize("path", ["/strategies", "/strategies/mobile_silent_app"])
def test_a_live_strategy_has_the_shape_of_what_is_live(desk: Desk, path: str) -> None:
    look = (resources.files("console") / "static" / "desk.css").read_text(encoding="utf-8")
    assert re.search(r"\.state:is\([^)]*\.live\b[^)]*\)::before", look)
    page = desk.visitor("segment_manager").get(path).text
    assert ("live", "live") in PILL.findall(page)
