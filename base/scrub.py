"""Takes identifiers out of words that others read: logs, error texts, traces.

Our own messages never hold any. But a library's exception may quote the row it stumbled over, and whoever
logs it, Airflow or a server, writes that down. What is shaped like a phone, an ID number, a card, a customer
number or an e-mail address is struck out; in the words of other libraries, which are English, also every
piece of Chinese, since it can only be quoted. Numbers the bank is called by (95..., 106...) stay.
"""

import logging
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from base.errors import LongreachError

WHOLE = "***"

_E_MAIL = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_MOBILE = r"(?<!\d)(?<!\d\.)(?:(?:\+|00)?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)"
_LONG = r"(?<!\d)(?<!\d\.)(?!95\d{3,12}(?!\d)|106\d{5,12}(?!\d))\d{9,}[Xx]?"
_LANDLINE = r"(?<!\d)0\d{2,3}[ -]\d{7,8}(?!\d)"
_LETTERED = r"(?<![0-9A-Za-z])[A-Za-z]{1,3}\d{6,}(?![0-9A-Za-z])"
# An address or hash of ours is no number of a person.
_SPARED = r"\b(?:0x[0-9a-fA-F]+|[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})\b"
_SHAPES = re.compile("|".join((_E_MAIL, f"(?P<spared>{_SPARED})", _LETTERED, _MOBILE, _LANDLINE, _LONG)))
_CHINESE = re.compile(r"[㐀-鿿·]+")
_BRIEF = 300


def scrub(words: str) -> str:
    """The words with every identifier struck out that its shape tells."""
    return _SHAPES.sub(lambda found: found[0] if found["spared"] else WHOLE, words)


def refuse_identifiers(words: str, *, error: type[LongreachError]) -> None:
    """Raises ``error`` where words that are kept for good hold what is shaped like an identifier."""
    if scrub(words) != words:
        raise error(
            "the words hold what may be somebody's number or address, and nothing would ever remove it: "
            "leave it out, or name the customer by token"
        )


def scrub_foreign(words: str) -> str:
    """The same of another library's words, without what is Chinese in them: names have no shape."""
    return _CHINESE.sub(WHOLE, scrub(words))


def brief(error: BaseException) -> str:
    """Type and first line of a library's exception, for an error text of our own."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {scrub_foreign(lines[0][:_BRIEF])}" if lines else type(error).__name__


def scrub_error(error: BaseException) -> None:
    """Strikes identifiers out of an exception, its notes, and all that it came from, as they are."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
        _scrub_one(one)


@contextmanager
def scrubbed() -> Iterator[None]:
    """Within it no log record holds an identifier, whoever writes it and wherever it goes; nor does an
    exception that leaves it."""
    before = logging.getLogRecordFactory()

    def made(*given: Any, **named: Any) -> logging.LogRecord:
        record = before(*given, **named)
        _scrub_record(record)
        return record

    logging.setLogRecordFactory(made)
    try:
        yield
    except Exception as error:
        scrub_error(error)
        raise
    finally:
        logging.setLogRecordFactory(before)


def _scrub_one(error: BaseException) -> None:
    clean = scrub if isinstance(error, LongreachError) else scrub_foreign
    words = str(error)
    if clean(words) == words and not any(clean(repr(part)) != repr(part) for part in error.args):
        return
    error.args = (clean(words),)
    if hasattr(error, "__notes__"):
        error.__notes__ = [clean(note) for note in error.__notes__]
    if clean(str(error)) != str(error):
        # It makes its words of what it holds, which is given up; its type and trace still tell.
        _empty(error)


def _empty(error: BaseException) -> None:
    for name in list(vars(error)):
        if name != "__notes__":
            vars(error)[name] = None


def _scrub_record(record: logging.LogRecord) -> None:
    try:
        words = record.getMessage()
    except (TypeError, ValueError):
        words = str(record.msg)  # its words and what goes into them do not fit: logging would quote both
    record.msg, record.args = scrub(words), ()
    if record.exc_info and record.exc_info[1] is not None:
        scrub_error(record.exc_info[1])
        record.exc_text = scrub("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
    if record.stack_info:
        record.stack_info = scrub(record.stack_info)
