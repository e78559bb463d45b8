"""What a browser is shown in Chinese, page after page, holds no English sentence."""

import html
import re
from collections.abc import Iterator

from console.pages.page import pages
from strategies.folder import OWN_BOOK, read_files
from tests.console.addresses import FURTHER, address
from tests.console.desk import ALL_ROUNDER, NOBODY, Desk
from tests.console.walk import walk

_UNSEEN = re.compile(r"<(script|style|code|pre|textarea|datalist)\b.*?</\1>", re.DOTALL)
_WORD = r"[A-Za-z’']{2,}"
_ENGLISH = re.compile(rf"{_WORD}(?:[ ,;:]+{_WORD}){{2}}")
"""Three words in a row, which no name of a product or a file is."""


def test_no_page_read_in_chinese_holds_an_english_sentence(night_desk: Desk) -> None:
    visitor = night_desk.visitor(ALL_ROUNDER)
    visitor.post("/preferences", language="zh")
    try:
        beginnings = [address(one) for one in (*(page.path for page in pages().values()), *FURTHER)]
        seen = walk(visitor, beginnings)
    finally:
        visitor.post("/preferences", language="en")
    given = {written.strategy.title for written in read_files([OWN_BOOK])} | {ALL_ROUNDER, NOBODY}
    found = {
        words: one.address
        for one in seen.values()
        for words in _said(one.text)
        if _ENGLISH.search(_without(words, given))
    }
    assert len(seen) > len(pages())
    assert not found


def _said(text: str) -> Iterator[str]:
    """What a page, or an answer to its script, says to whoever looks."""
    for words in re.split(r"<[^>]*>", _UNSEEN.sub(" ", text)):
        yield html.unescape(words).strip()
    yield from (html.unescape(name) for name in re.findall(r'(?:aria-label|alt|title)="([^"]*)"', text))


def _without(words: str, given: set[str]) -> str:
    """The words without what people have called things."""
    for name in sorted(given, key=len, reverse=True):
        words = words.replace(name, "")
    return words
