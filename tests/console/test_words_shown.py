"""What a browser is shown in Chinese, page after page, holds no English sentence."""

import html
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from console.pages.page import pages
from ledger.schema import AUDIT, OPT_OUTS
from strategies.folder import OWN_BOOK, read_files
from tests.console.addresses import FURTHER, address
from tests.console.desk import ALL_ROUNDER, NOBODY, ROLES, Desk, Visitor
from tests.console.walk import walk

_UNSEEN = re.compile(r"<(script|style|code|pre|textarea|datalist)\b.*?</\1>", re.DOTALL)
_WORD = r"[A-Za-z’']{2,}"
_ENGLISH = re.compile(rf"{_WORD}(?:[ ,;:]+{_WORD}){{2}}")
"""Three words in a row, which no name of a product or a file is."""


@pytest.fixture(scope="module")
def reader(night_desk: Desk) -> Iterator[Visitor]:
    """Somebody who reads Chinese."""
    visitor = night_desk.visitor(ALL_ROUNDER)
    visitor.post("/preferences", language="zh")
    yield visitor
    visitor.post("/preferences", language="en")


def test_no_page_read_in_chinese_holds_an_english_sentence(reader: Visitor, night_desk: Desk) -> None:
    beginnings = [address(one) for one in (*(page.path for page in pages().values()), *FURTHER)]
    seen = walk(reader, beginnings)
    given = {written.strategy.title for written in read_files([OWN_BOOK])} | {ALL_ROUNDER, NOBODY}
    given |= _reasons(night_desk)
    found = {
        words: one.address
        for one in seen.values()
        for words in _said(one.text)
        if _ENGLISH.search(_without(words, given))
    }
    assert len(seen) > len(pages())
    assert not found


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/releases/2030-01-01", "2030-01-01 没有制作名单"),
        ("/releases/soon", "“soon”不是日期"),
        ("/strategies/mobile_silent_ap", "策略库中没有 mobile_silent_ap，是否指 mobile_silent_app？"),
        ("/strategies/mobile_silent_app?version=999", "mobile_silent_app：没有第 999 版"),
        ("/strategies/mobile_silent_ap/trying", "策略库中没有 mobile_silent_ap，是否指 mobile_silent_app？"),
        ("/segments/S99", "没有客群 S99"),
    ],
)
def test_what_a_page_refuses_is_said_in_the_readers_language(reader: Visitor, path: str, words: str) -> None:
    answer = reader.get(path)
    assert answer.status_code in (400, 422)
    text = answer.json()["error"] if answer.headers["content-type"] == "application/json" else answer.text
    assert words in html.unescape(text)
    assert not _ENGLISH.search(" ".join(_said(text)).replace(ALL_ROUNDER, ""))


def test_what_is_wrong_with_a_rule_is_said_in_the_readers_language(reader: Visitor) -> None:
    told = reader.get("/strategies/rule?rule=aum_nwo+%3E+5").json()
    assert told["wrong"] == "aum_nwo"
    assert "没有名为 'aum_nwo' 的特征" in html.unescape(told["html"])
    assert not _ENGLISH.search(" ".join(_said(told["html"])))


def test_what_a_form_refuses_is_said_in_the_readers_language(reader: Visitor) -> None:
    answer = reader.post("/strategies/mobile_silent_app/approve")
    assert answer.status_code == 400
    assert "mobile_silent_app：当前为已上线 v1，不能批准；现在可以：" in answer.text
    answer = reader.post("/compliance/opt-outs/withdraw", opt_out="9999999", source="热线", reason="客户要求")
    assert "没有编号为 9999999 的退订" in answer.text


def _said(text: str) -> Iterator[str]:
    """What a page, or an answer to its script, says to whoever looks."""
    for words in re.split(r"<[^>]*>", _UNSEEN.sub(" ", text)):
        yield html.unescape(words).strip()
    yield from (html.unescape(name) for name in re.findall(r'(?:aria-label|alt|title)="([^"]*)"', text))


def _reasons(desk: Desk) -> set[str]:
    """What people of either language have written as their reasons."""
    people = (*ROLES, ALL_ROUNDER, NOBODY)
    kept = select(AUDIT.c.detail["reason"].as_string()).where(AUDIT.c.actor.in_(people))
    entered = select(OPT_OUTS.c.reason).where(OPT_OUTS.c.actor.in_(people))
    with desk.ledger.engine.connect() as connection:
        return {why for query in (kept, entered) for why in connection.execute(query).scalars() if why}


def _without(words: str, given: set[str]) -> str:
    """The words without what people have called things."""
    for name in sorted(given, key=len, reverse=True):
        words = words.replace(name, "")
    return words
