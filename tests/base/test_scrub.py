"""Rule 6: whoever quotes a row in an error or a log, no identifier is in it afterwards."""

import io
import logging
import traceback

import pytest

from base.errors import StoreError
from base.scrub import brief, scrub, scrub_error, scrub_foreign, scrubbed

# Not written out where they are raised: a trace shows the line of code.
PHONE, NAME, DOCUMENT, MAIL = "13812345678", "张三丰", "11010119900307123X", "zhang@example.com"
IDENTIFIERS = {
    "mobile": "13812345678",
    "mobile abroad": "+86 13812345678",
    "mobile in groups": "138-1234-5678",
    "mobile full-width": "１３８１２３４５６７８",
    "ID number": "11010119900307123X",
    "old ID number": "110101900307123",
    "passport": "E12345678",
    "card": "6222021234567890123",
    "customer number": "C000012345",
    "customer number of digits": "0012345678",
    "landline": "010-87654321",
    "e-mail": "zhang.san@example.com",
}
ORDINARY = [
    "2026-07-01 20:00:00+08:00",
    "table numbers, 2026-07-01: not written, the partition is unchanged",
    "1,234,567 contacts leave; 12 are held back since the decision",
    "9500090217: 5 contacts on 2026-07-02 are over its limit of 4",
    "106900001: it may not be used",
    "gap 0.000123456789012",
    "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "<object at 0x7fd3940f5240>",
    "deposit_2026_07 step 2",
    "run 18, pid 1234567",
]


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_what_is_shaped_like_an_identifier_is_struck_out(name: str) -> None:
    value = IDENTIFIERS[name]
    for words in (value, f"row 7 ({value}) is bad", f"客户{value}已登记", f"x='{value}',y", f"a\n{value}\tb"):
        assert value not in scrub(words)
        assert "***" in scrub(words)


@pytest.mark.parametrize("words", ORDINARY)
def test_ordinary_words_stay(words: str) -> None:
    assert scrub(words) == words


def test_names_are_struck_out_of_foreign_words_only() -> None:
    assert scrub_foreign("could not convert '张三丰' to int") == "could not convert '***' to int"
    assert scrub("策略 存款唤醒 已暂停") == "策略 存款唤醒 已暂停"


def chained() -> StoreError:
    try:
        try:
            raise ValueError(f"bad row: {NAME},{PHONE}")
        except ValueError as cause:
            raise StoreError(f"not written ({brief(cause)}) {PHONE}") from cause
    except StoreError as error:
        error.add_note(f"seen at {DOCUMENT}")
        return error


def test_an_error_is_scrubbed_with_all_it_came_from() -> None:
    error = chained()
    scrub_error(error)
    told = "".join(traceback.format_exception(error))
    assert PHONE not in told
    assert NAME not in told
    assert DOCUMENT not in told
    assert "not written" in told


class StubbornError(Exception):
    """Makes its words of what it holds."""

    def __init__(self, row: str) -> None:
        super().__init__("a row")
        self.row = row

    def __str__(self) -> str:
        return f"row {self.row}"


def test_an_exception_that_makes_its_own_words_is_emptied() -> None:
    error = StubbornError(PHONE)
    scrub_error(error)
    assert PHONE not in "".join(traceback.format_exception(error))


@scrubbed()
def work(foreign: logging.Logger) -> None:
    foreign.warning("retrying for %s of %s", PHONE, {"name": MAIL})
    try:
        raise chained()
    except StoreError:
        foreign.exception("failed with %d", PHONE)
        raise


def test_logs_of_anybody_are_scrubbed_and_errors_on_their_way_out() -> None:
    sink = io.StringIO()
    handler = logging.StreamHandler(sink)
    foreign = logging.getLogger("some.library")
    foreign.addHandler(handler)
    try:
        with pytest.raises(StoreError) as met:
            work(foreign)
    finally:
        foreign.removeHandler(handler)
    told = sink.getvalue() + "".join(traceback.format_exception(met.value))
    for identifier in (PHONE, MAIL, NAME, DOCUMENT):
        assert identifier not in told
    assert "retrying for" in told


def test_afterwards_logging_is_as_it_was() -> None:
    before = logging.getLogRecordFactory()
    with scrubbed():
        assert logging.getLogRecordFactory() is not before
    assert logging.getLogRecordFactory() is before
