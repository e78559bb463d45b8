"""Pages on paper: what is read, without what is pressed, and no wider than the sheet."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.console.addresses import address
from tests.console.browser.window import Look, window
from tests.console.desk import ALL_ROUNDER, Desk

PAPER = 680
"""CSS pixels between the margins of a sheet of A4, held upright: 180 mm."""
# What is shown of what only works on a screen, and what sticks out to the right of the sheet.
PRESSED = """() => [...document.querySelectorAll("header, nav, button, a.button, input[type=range]")]
  .filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 150))"""
WIDER = """() => [...document.querySelectorAll("main *")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
  .map((one) => one.outerHTML.slice(0, 150))"""


@pytest.fixture(scope="module")
def page(browser: Browser, night_desk: Desk) -> Iterator[Page]:
    with window(browser, night_desk, ALL_ROUNDER, Look(width=PAPER)) as page:
        yield page


@pytest.mark.parametrize("path", ["/experiments", "/segments/{segment}", "/strategies/{name}"])
def test_a_page_on_paper_is_what_is_read_and_fits_the_sheet(page: Page, path: str) -> None:
    page.emulate_media(media="screen")
    page.goto(address(path))
    assert page.evaluate(PRESSED)
    page.emulate_media(media="print")
    assert page.evaluate(PRESSED) == []
    assert page.evaluate(WIDER) == []
    assert page.locator("h1").is_visible()
