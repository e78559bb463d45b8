"""Pictures of every page in both languages: ``python -m tests.console.browser.screenshots``.

They go to ``var/screenshots``, wide and narrow; those of the README are made anew in ``docs``.
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from base.language import LANGUAGES, Language
from console.answer import SIGN_IN
from console.pages.page import pages
from tests.console.addresses import FURTHER, address
from tests.console.browser.window import NARROW, WIDE, Look, open_browser, window
from tests.console.desk import ALL_ROUNDER, Desk, open_desk, two_nights

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "var" / "screenshots"
README: Mapping[str, tuple[str, Language]] = {
    "segments": ("/segments", "en"),
    "desk": ("/strategies/mobile_silent_app?count=yes", "zh"),
    "tonight": ("/tonight", "en"),
}
"""Pages whose upper part the README shows, as a manager has them before him."""


def take(browser: Browser, desk: Desk, folder: Path) -> int:
    """Every declared page, in both languages, wide and narrow, whole; returns how many pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    further = {re.sub(r"\W+", "_", path).strip("_"): path for path in FURTHER}
    shown = {**{name: one.path for name, one in pages().items()}, **further}
    taken = 0
    looks = [Look(language=language, width=width) for language in LANGUAGES for width in (WIDE, NARROW)]
    for look in looks:
        for who, paths in ((None, {"sign_in": SIGN_IN}), (ALL_ROUNDER, shown)):
            with window(browser, desk, who, look) as page:
                for name, path in paths.items():
                    page.goto(address(path), wait_until="networkidle")
                    page.screenshot(path=folder / f"{name}_{look.language}_{look.width}.png", full_page=True)
                    taken += 1
    return taken


def _for_the_readme(browser: Browser, desk: Desk) -> None:
    for name, (path, language) in README.items():
        with window(browser, desk, "segment_manager", Look(language=language)) as page:
            page.goto(path, wait_until="networkidle")
            page.screenshot(path=ROOT / "docs" / f"console_{name}.png")


def main() -> None:
    """Makes a bank with two nights behind it, and takes the pictures."""
    with (
        tempfile.TemporaryDirectory() as home,
        open_desk(Path(home) / "home", synthetic={"customers": 10_000}) as desk,
    ):
        two_nights(desk)
        with sync_playwright() as playwright:
            browser = open_browser(playwright)
            print(f"{take(browser, desk, FOLDER)} pictures in {FOLDER.relative_to(ROOT)}")
            _for_the_readme(browser, desk)
            browser.close()


if __name__ == "__main__":
    main()
