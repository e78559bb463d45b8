"""Every declared page can be read and used by everybody: WCAG 2.2 AA, narrow and wide, by keyboard alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from base.language import LANGUAGES, Language
from console.pages.page import pages
from tests.console.addresses import FURTHER, address
from tests.console.browser.window import HEIGHT, NARROW, WIDE, Look, window
from tests.console.desk import ALL_ROUNDER, Desk

READ = {
    "en": Look(language="en", width=WIDE),
    "zh": Look(language="zh", width=NARROW, large_text=True),
}
# With those above, every two of language, width and size of text meet.
FITTED = {
    "en": (Look(language="en", width=NARROW, large_text=True), Look(language="en", width=NARROW)),
    "zh": (Look(language="zh", width=WIDE, large_text=True),),
}
PATHS = [*(one.path for one in pages().values()), *FURTHER]
LARGE = "(large) => document.documentElement.classList.toggle('large', large)"
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
ASKED = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
MOST_STEPS = 200
# What the keyboard comes to, here in the order in which it does; for the rest of a group of radio buttons, of
# a list box and of a row of tabs it takes the arrows.
FOCUSED = """() => {
  const one = document.activeElement;
  const shape = one.getBoundingClientRect();
  const seen = shape.width > 0 && shape.height > 0 && getComputedStyle(one).outlineStyle !== "none";
  const place = `${one.tagName} ${one.id} ${one.name}`;
  one.dataset.passed = (Number(one.dataset.passed) || 0) + 1;
  const name = one.type === "date" ? "date" : one.tagName;
  return { words: one.outerHTML.slice(0, 150), times: Number(one.dataset.passed), seen, name, place };
}"""
# What is there before the first step: a page's script may bring more while the keyboard is on its way.
TO_BE_REACHED = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [onclick]"
)].filter((one) => one.checkVisibility() && !one.disabled)
  .filter((one) => one.tabIndex >= 0 && one.type !== "radio")
  .filter((one) => !one.closest("[role=listbox], [role=tablist]"))
  .forEach((one) => { one.dataset.wanted = "yes"; })"""
PASSED_OVER = """() => [...document.querySelectorAll("[data-wanted]:not([data-passed])")]
  .filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 150))"""


@dataclass(frozen=True)
class Reader:
    """Somebody before pages in his language."""

    language: Language
    page: Page

    def look(self, look: Look) -> None:
        """Has the page that is open in another window, or with text of another size."""
        self.page.set_viewport_size({"width": look.width, "height": HEIGHT})
        self.page.evaluate(LARGE, look.large_text)


@pytest.fixture(scope="module", params=LANGUAGES)
def reader(request: pytest.FixtureRequest, browser: Browser, night_desk: Desk) -> Iterator[Reader]:
    with window(browser, night_desk, ALL_ROUNDER, READ[request.param]) as page:
        yield Reader(request.param, page)


@pytest.fixture(scope="module", params=PATHS)
def opened(request: pytest.FixtureRequest, reader: Reader) -> Reader:
    """A page, opened once in each language for all that is asked of it."""
    reader.page.goto(address(request.param))
    return reader


def test_a_page_can_be_read_by_everybody(opened: Reader) -> None:
    opened.look(READ[opened.language])
    assert violations(opened.page) == []


def test_a_page_is_no_wider_than_its_window(opened: Reader) -> None:
    for look in (READ[opened.language], *FITTED[opened.language]):
        opened.look(look)
        assert not opened.page.evaluate(SIDEWAYS), look


@pytest.mark.parametrize("reader", ["en"], indirect=True)
def test_the_keyboard_comes_to_everything_and_is_seen_where_it_is(opened: Reader) -> None:
    opened.look(READ[opened.language])
    opened.page.evaluate(TO_BE_REACHED)
    steps = list(walk(opened.page))
    assert [step["words"] for step in steps if not step["seen"]] == []
    assert steps[-1]["words"].replace('"2"', '"1"') == steps[0]["words"], "the keyboard is caught here"
    assert opened.page.evaluate(PASSED_OVER) == []


@pytest.mark.parametrize("path", ["/sign-in", "/no-such-page"])
@pytest.mark.parametrize("look", READ.values(), ids=READ)
def test_what_a_stranger_sees_can_be_read_by_everybody(
    browser: Browser, night_desk: Desk, path: str, look: Look
) -> None:
    with window(browser, night_desk, None, look) as page:
        page.goto(path)
        assert violations(page) == []
        assert not page.evaluate(SIDEWAYS)


def walk(page: Page) -> Iterator[dict[str, Any]]:
    """What the keyboard comes to, until it comes to something again; of a long page the beginning."""
    before = ""
    for _ in range(MOST_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        # Behind the last place stands the browser itself; a date's day, month and year are one place.
        if focused["name"] == "BODY" or (focused["name"] == "date" and focused["place"] == before):
            continue
        yield focused
        before = focused["place"]
        if focused["times"] > 1:
            return


def violations(page: Page) -> list[str]:
    """What axe finds wrong, a line a kind with where and why."""
    found: list[dict[str, Any]] = Axe().run(page, options=ASKED).response["violations"]
    return [
        f"{one['id']}: {node['html'][:150]}: {node['failureSummary']}"
        for one in found
        for node in one["nodes"][:3]
    ]
