"""The sliders of a what-if question say the same as the numbers beside them."""

from playwright.sync_api import Browser, expect

from tests.console.browser.window import window
from tests.console.desk import Desk


def test_a_slider_and_its_number_move_together(browser: Browser, night_desk: Desk) -> None:
    with window(browser, night_desk, "segment_manager") as page:
        page.goto("/tonight/what-if")
        number = page.get_by_role("spinbutton", name="Agent's call")
        slider = page.get_by_role("slider", name="Agent's call")
        expect(slider).to_have_value("0")
        slider.focus()
        page.keyboard.press("ArrowLeft")
        expect(number).to_have_value("-5")
        number.fill("40")
        expect(slider).to_have_value("40")
