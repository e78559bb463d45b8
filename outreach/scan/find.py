"""Reads the very bytes that are about to leave, and finds identifiers in them, plain or disguised."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from outreach.scan.cells import Column, leaves, read_csv, sayable
from outreach.scan.columns import (
    CALLER,
    DECLARED,
    MASKS,
    TOKENS,
    wrong_callers,
    wrong_masks,
    wrong_mobiles,
    wrong_tokens,
)
from outreach.scan.forms import forms
from outreach.scan.known import Known
from outreach.scan.names import has_name
from outreach.scan.numbers import codes_in, has_digest, has_number, is_digest
from outreach.scan.sieve import NAME, NUMBER, WRAPPED, look_over
from outreach.scan.splits import split_names, split_numbers

_NUMBER = "a phone, identity or customer number, or a run of digits as long as one"
_NAME = "the name of somebody on the list"
_DIGEST = "a digest, from which the number behind it can be found by trying all"
_NOT_STAND_IN = "something that is no token stands where a token should"
_NO_MASK = "something that is not masked stands where a mask should"
_NO_MOBILE = "something other than the mobile number of somebody on the list"
_NO_CALLER = "something that cannot be a number of the bank's own"
_MOST_TOLD = 10


@dataclass(frozen=True, kw_only=True)
class _Text:
    """A text that is looked at exactly, where it stands, and what it might hold by the sieve."""

    file: str
    place: str
    text: str
    doubts: int = WRAPPED

    @property
    def views(self) -> list[tuple[str, bool]]:
        """The text itself and, where it may be wrapped, what it may wrap; see ``forms``."""
        return list(forms(self.text)) if self.doubts & WRAPPED else [(self.text, False)]


def find_leaks(
    files: Mapping[str, bytes],
    *,
    known: Known,
    own_words: frozenset[str],
    plain: frozenset[str] = frozenset(),
) -> list[str]:
    """What is wrong with the files of one recipient, as lines that themselves name nobody; empty when clean.

    Columns of tokens and masks must hold those and nothing else, the columns ``plain`` mobile numbers of
    people on the list and nothing else. Every other value, name of a column and leaf of a JSON document is
    searched for known identifiers and for anything shaped like a phone or identity number, plain, disguised
    and encoded (docs/scanner.md). ``own_words``: texts that strategy authors wrote, where a name may be an
    ordinary word, are searched for numbers only; a member that is nothing but a number is the bank's own.
    A file that is neither CSV nor JSON is refused unread. Of each file the first ten findings are told.
    """
    own = frozenset(number for number in map(_digits_only, own_words) if number)
    by_shape: list[tuple[str, str]] = []
    texts: list[_Text] = []
    for name, content in files.items():
        wrong, doubtful = _read(name, content, known, plain, own)
        by_shape += ((name, leak) for leak in wrong)
        texts += doubtful
    codes = known.among(_all_codes(texts))
    by_text = (
        (each.file, f"{each.place}: {what}")
        for each in texts
        for what in _look(each, known, codes, own_words, own)
    )
    return _told(files, [*by_shape, *by_text])


def _read(
    name: str, content: bytes, known: Known, plain: frozenset[str], own: frozenset[str]
) -> tuple[list[str], list[_Text]]:
    """What is wrong with a file by its shape, and the texts of it that have to be looked at exactly."""
    try:
        if name.endswith(".json"):
            return [], [_Text(file=name, place=sayable(key), text=text) for key, text in leaves(content)]
        if name.endswith(".csv"):
            columns = read_csv(content, unique=DECLARED | plain)
            return _by_shape(columns, known, plain, own), _doubtful(name, columns, known, plain)
    except ValueError:
        return ["the file cannot be read, so nothing is known of what it holds"], []
    return ["a file of unknown kind; only CSV and JSON leave"], []


def _by_shape(columns: list[Column], known: Known, plain: frozenset[str], own: frozenset[str]) -> list[str]:
    found = []
    for column in columns:
        if column.name in plain:
            wrong, what = wrong_mobiles(column.values, known, own), _NO_MOBILE
        elif column.name in TOKENS:
            wrong, what = wrong_tokens(column.values, known), _NOT_STAND_IN
        elif column.name in MASKS:
            wrong, what = wrong_masks(column.values, column.name), _NO_MASK
        elif column.name == CALLER:
            wrong, what = wrong_callers(column.values, known, own), _NO_CALLER
        else:
            continue
        rows = np.flatnonzero(wrong)
        if rows.size:
            more = f" and {rows.size - 1} more" if rows.size > 1 else ""
            found.append(f"row {rows[0] + 1}{more}, column {column.name}: {what}")
    searched = _searched(columns, plain)
    found += (f"{place}: {_NUMBER}, in parts" for place in split_numbers(searched, known))
    found += (f"{place}: {_NAME}, in parts" for place in split_names(searched, known))
    return found


def _searched(columns: list[Column], plain: frozenset[str]) -> list[Column]:
    return [column for column in columns if column.name not in DECLARED | plain]


def _doubtful(name: str, columns: list[Column], known: Known, plain: frozenset[str]) -> list[_Text]:
    found = [_Text(file=name, place="names of columns", text=column.name) for column in columns]
    for column in _searched(columns, plain):
        doubts = look_over(column.values, known.pairs)
        for value in map(int, np.flatnonzero(doubts)):
            text, place = column.values[value].as_py(), column.where(value)
            found.append(_Text(file=name, place=place, text=text, doubts=int(doubts[value])))
    return found


def _all_codes(texts: Iterable[_Text]) -> pa.StringArray:
    """Everything in ``texts``, and in what they wrap, that could be somebody's number."""
    views = {view for each in texts if each.doubts & (NUMBER | WRAPPED) for view, _ in each.views}
    return pa.array({code for view in views for code in codes_in(view)}, pa.string())


def _look(
    each: _Text, known: Known, codes: frozenset[str], own_words: frozenset[str], own: frozenset[str]
) -> Iterator[str]:
    if each.file.endswith(".json") and is_digest(each.text):
        return  # a manifest says the hashes of the files, which hold eleven digits in a row now and then
    if each.doubts & WRAPPED and has_digest(each.text):
        yield _DIGEST
    numbers = each.doubts & (NUMBER | WRAPPED)
    names = each.doubts & (NAME | WRAPPED) and each.text not in own_words
    if numbers and any(has_number(view, known=codes, own=own) for view, _ in each.views):
        yield _NUMBER
    if names and any(has_name(view, known, guessed=guessed) for view, guessed in each.views):
        yield _NAME


def _told(files: Iterable[str], found: list[tuple[str, str]]) -> list[str]:
    lines = []
    for name in files:
        own = [f"{name}, {leak}" for file, leak in found if file == name]
        lines += own[:_MOST_TOLD]
        if len(own) > _MOST_TOLD:
            lines.append(f"{name}: {len(own) - _MOST_TOLD} more of the kind")
    return lines


def _digits_only(text: str) -> str:
    """The digits of a text that is nothing but a number, else nothing."""
    plain = "".join(character for character in text if character.isalnum())
    return plain if plain.isascii() and plain.isdigit() else ""
