"""Windows of a browser with somebody signed in, sized and worded as he likes it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, Playwright

from base.language import Language
from console.entrance import sessions, users
from tests.console.desk import Desk

PROGRAM = "chromium"
WIDE, NARROW, HEIGHT = 1280, 390, 900
PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine; nothing is measured by it."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """How somebody has the pages before him; ``width`` in CSS pixels."""

    language: Language = "en"
    width: int = WIDE
    large_text: bool = False


def open_browser(playwright: Playwright) -> Browser:
    """The system's own browser: none is fetched from elsewhere."""
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to sandbox for root
    return playwright.chromium.launch(executable_path=shutil.which(PROGRAM), args=alone)


def prefer(desk: Desk, name: str, look: Look) -> None:
    """Has somebody get the pages that he opens from now on in this language and size of text."""
    with desk.ledger.engine.begin() as connection:
        users.prefer(connection, name, language=look.language, large_text=look.large_text)


@contextmanager
def window(browser: Browser, desk: Desk, name: str | None, look: Look = Look()) -> Iterator[Page]:
    """A window of its own session, with somebody signed in where a name is given."""
    if name is not None:
        prefer(desk, name, look)
    context = browser.new_context(
        base_url=desk.address,
        viewport={"width": look.width, "height": HEIGHT},
        locale="zh-CN" if look.language == "zh" else "en-GB",
    )
    try:
        if name is not None:
            kept = desk.visitor(name).client.cookies[sessions.COOKIE]
            context.add_cookies([{"name": sessions.COOKIE, "value": kept, "url": desk.address}])
        context.set_default_timeout(PATIENCE)
        yield context.new_page()
    finally:
        context.close()
