"""Pictures of every page in both languages: ``python -m tests.console.browser.screenshots``.

They go to ``var/screenshots``, wide and narrow; those of the README are made anew in ``docs``.
"""

import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from console.entrance.users import LANGUAGES
from console.pages.page import pages
from tests.console.addresses import address
from tests.console.browser.window import NARROW, WIDE, Look, open_browser, window
from tests.console.desk import ALL_ROUNDER, Desk, open_desk, two_nights

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "var" / "screenshots"
README = {"segments": "/segments", "desk": "/strategies/mobile_silent_app?count=yes", "tonight": "/tonight"}


def take(browser: Browser, desk: Desk, folder: Path) -> int:
    """Every declared page, in both languages, wide and narrow, whole; returns how many pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    looks = [Look(language=language, width=width) for language in LANGUAGES for width in (WIDE, NARROW)]
    for look in looks:
        with window(browser, desk, ALL_ROUNDER, look) as page:
            for name, one in pages().items():
                page.goto(address(one.path), wait_until="networkidle")
                page.screenshot(path=folder / f"{name}_{look.language}_{look.width}.png", full_page=True)
    return len(looks) * len(pages())


def main() -> None:
    """Makes a bank with two nights behind it, and takes the pictures."""
    with (
        tempfile.TemporaryDirectory() as home,
        open_desk(Path(home) / "home", synthetic={"customers": 2_000}) as desk,
        sync_playwright() as playwright,
    ):
        two_nights(desk)
        browser = open_browser(playwright)
        print(f"{take(browser, desk, FOLDER)} pictures in {FOLDER.relative_to(ROOT)}")
        with window(browser, desk, ALL_ROUNDER) as page:
            for name, path in README.items():
                page.goto(path, wait_until="networkidle")
                page.screenshot(path=ROOT / "docs" / f"console_{name}.png")
        browser.close()


if __name__ == "__main__":
    main()
