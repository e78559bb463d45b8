"""Every declared page can be read and used by everybody: WCAG 2.2 AA, narrow and wide, by keyboard alone."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Browser, Page

from base.language import LANGUAGES, Language
from console.pages.page import pages
from tests.console.addresses import FURTHER, address
from tests.console.browser.window import HEIGHT, NARROW, WIDE, Look, prefer, window
from tests.console.desk import ALL_ROUNDER, Desk

READ: Mapping[Language, Look] = {
    "en": Look(language="en", width=WIDE),
    "zh": Look(language="zh", width=NARROW, large_text=True),
}
# With those above, every two of language, width and size of text meet.
FITTED: Mapping[Language, tuple[Look, ...]] = {
    "en": (Look(language="en", width=NARROW, large_text=True), Look(language="en", width=NARROW)),
    "zh": (Look(language="zh", width=WIDE, large_text=True),),
}
PATHS = [*(one.path for one in pages().values()), *FURTHER]
PAGES = [(language, path) for path in PATHS for language in LANGUAGES]
# The page's scripts heed the new width before it is drawn.
DRAWN = """(large) => {
  document.documentElement.classList.toggle("large", large);
  return new Promise((drawn) => requestAnimationFrame(drawn));
}"""
SIDEWAYS = "document.documentElement.scrollWidth > innerWidth"
ASKED = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
AXE = "async (asked) => (await axe.run(asked)).violations"
MOST_STEPS, STRIDE = 200, 10
# What the keyboard comes to, here in the order in which it does; for the rest of a group of radio buttons, of
# a list box and of a row of tabs it takes the arrows. The page writes it down itself as the keyboard leaves:
# to be asked after each key takes longer. A date's day, month and year are one place.
WRITTEN_DOWN = """() => {
  window.walked = [];
  const places = [];
  window.addEventListener("keydown", () => {
    const one = document.activeElement;
    if (one === document.body || (one.type === "date" && one === places.at(-1))) return;
    const shape = one.getBoundingClientRect();
    const seen = shape.width > 0 && shape.height > 0 && getComputedStyle(one).outlineStyle !== "none";
    walked.push({ words: one.outerHTML.slice(0, 150), seen, again: places.indexOf(one) });
    places.push(one);
    one.dataset.passed = "yes";
  }, true);
}"""
# What is there before the first step: a page's script may bring more while the keyboard is on its way.
TO_BE_REACHED = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [onclick]"
)].filter((one) => one.checkVisibility() && !one.disabled)
  .filter((one) => one.tabIndex >= 0 && one.type !== "radio")
  .filter((one) => !one.closest("[role=listbox], [role=tablist]"))
  .forEach((one) => { one.dataset.wanted = "yes"; })"""
# What people trip over: faint words, a field without a name, a page without a language, buttons too near.
PLANTED = """() => {
  document.documentElement.removeAttribute("lang");
  const main = document.querySelector("main");
  main.append(document.createElement("input"));
  main.append(Object.assign(document.createElement("p"), { textContent: "faint", className: "planted" }));
  document.querySelector(".planted").style.color = "#bbb";
  for (const words of ["a", "b"]) {
    const button = Object.assign(document.createElement("button"), { textContent: words });
    Object.assign(button.style, { width: "9px", height: "9px", padding: 0, minHeight: 0, minWidth: 0 });
    main.append(button);
  }
}"""
PASSED_OVER = """() => [...document.querySelectorAll("[data-wanted]:not([data-passed])")]
  .filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 150))"""


def said(page: tuple[Language, str]) -> str:
    return f"{page[1]}-{page[0]}"


@dataclass(frozen=True)
class Reader:
    """Somebody before pages in his language."""

    language: Language
    page: Page

    def open(self, path: str) -> None:
        """Opens a page as he reads it, however wide the window was before."""
        look = READ[self.language]
        self.page.set_viewport_size({"width": look.width, "height": HEIGHT})
        self.page.goto(address(path))

    def look(self, look: Look) -> None:
        """Has the page that is open in another window, or with text of another size."""
        self.page.set_viewport_size({"width": look.width, "height": HEIGHT})
        self.page.evaluate(DRAWN, look.large_text)


@contextmanager
def examined(browser: Browser, desk: Desk, name: str | None, look: Look) -> Iterator[Page]:
    """A window in which axe waits on every page."""
    with window(browser, desk, name, look) as page:
        page.context.add_init_script(path=AXE_FILE_PATH)
        yield page


@pytest.fixture(scope="module")
def readers(browser: Browser, night_desk: Desk) -> Iterator[Mapping[Language, Reader]]:
    """One for each language, for all pages: to open a window takes longer than to read a page in it."""
    with ExitStack() as windows:
        yield {
            language: Reader(
                language, windows.enter_context(examined(browser, night_desk, ALL_ROUNDER, look))
            )
            for language, look in READ.items()
        }


@pytest.fixture(scope="module", params=PAGES, ids=said)
def opened(request: pytest.FixtureRequest, readers: Mapping[Language, Reader], night_desk: Desk) -> Reader:
    """A page, opened once in each language for all that is asked of it."""
    language, path = request.param
    prefer(night_desk, ALL_ROUNDER, READ[language])
    readers[language].open(path)
    return readers[language]


@pytest.fixture(scope="module", params=READ.values(), ids=list(READ))
def stranger(request: pytest.FixtureRequest, browser: Browser, night_desk: Desk) -> Iterator[Page]:
    """The window of somebody who has not signed in."""
    with examined(browser, night_desk, None, request.param) as page:
        yield page


def test_a_page_can_be_read_by_everybody(opened: Reader) -> None:
    opened.look(READ[opened.language])
    assert opened.page.evaluate("document.documentElement.lang").startswith(opened.language)
    assert violations(opened.page) == []


def test_a_page_is_no_wider_than_its_window(opened: Reader) -> None:
    for look in (READ[opened.language], *FITTED[opened.language]):
        opened.look(look)
        assert not opened.page.evaluate(SIDEWAYS), look


@pytest.mark.parametrize("opened", [one for one in PAGES if one[0] == "en"], indirect=True, ids=said)
def test_the_keyboard_comes_to_everything_and_is_seen_where_it_is(opened: Reader) -> None:
    opened.look(READ[opened.language])
    opened.page.evaluate(TO_BE_REACHED)
    steps = walk(opened.page)
    assert [step["words"] for step in steps if not step["seen"]] == []
    assert steps[-1]["again"] == 0, "the keyboard is caught here"
    assert opened.page.evaluate(PASSED_OVER) == []


def test_what_people_trip_over_is_found(stranger: Page) -> None:
    stranger.goto("/sign-in")
    stranger.evaluate(PLANTED)
    kinds = {line.partition(":")[0] for line in violations(stranger)}
    assert kinds == {"color-contrast", "html-has-lang", "label", "target-size"}


@pytest.mark.parametrize("path", ["/sign-in", "/no-such-page"])
def test_what_a_stranger_sees_can_be_read_by_everybody(stranger: Page, path: str) -> None:
    stranger.goto(path)
    assert violations(stranger) == []
    assert not stranger.evaluate(SIDEWAYS)


def walk(page: Page) -> list[dict[str, Any]]:
    """What the keyboard comes to, until it comes to something again; of a long page the beginning."""
    page.evaluate(WRITTEN_DOWN)
    for _ in range(MOST_STEPS // STRIDE):
        for _ in range(STRIDE):
            page.keyboard.down("Tab")  # held down it goes on as when pressed again
        page.keyboard.up("Tab")
        walked: list[dict[str, Any]] = page.evaluate("walked")
        for at, step in enumerate(walked):
            if step["again"] >= 0:
                return walked[: at + 1]
    return walked


def violations(page: Page) -> list[str]:
    """What axe finds wrong, a line a kind with where and why."""
    found: list[dict[str, Any]] = page.evaluate(AXE, ASKED)
    return [
        f"{one['id']}: {node['html'][:150]}: {node['failureSummary']}"
        for one in found
        for node in one["nodes"][:3]
    ]
