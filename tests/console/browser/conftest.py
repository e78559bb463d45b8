"""A real browser, headless."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.console.browser.window import PATIENCE, PROGRAM, open_browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; on Debian it is installed where that may be, else the test is skipped, saying why.

    Not for longer than a module: as long as it is open, Playwright's own loop runs in this thread, and
    nothing else can run one.
    """
    if not shutil.which(PROGRAM) and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "update", "-qq"], check=False)
        subprocess.run(["apt-get", "install", "-qq", "-y", PROGRAM, "fonts-noto-cjk"], check=False)
    if not shutil.which(PROGRAM):
        pytest.skip(f"no {PROGRAM} is here and none can be installed: the pages are not tried in a browser")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        with_chromium = open_browser(playwright)
        yield with_chromium
        with_chromium.close()
