"""Reads the very bytes that are about to leave, and finds identifiers in them, plain or disguised."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from base.disguises.forms import forms
from base.disguises.numbers import codes_in, has_digest, has_number, is_digest
from outreach.scan.cells import Column, Place, leaves, read_csv, sayable, where
from outreach.scan.columns import (
    CALLER,
    DECLARED,
    MASKS,
    TOKENS,
    VARIABLES,
    variables_of,
    wrong_callers,
    wrong_masks,
    wrong_mobiles,
    wrong_tokens,
    wrong_variables,
)
from outreach.scan.known import Known
from outreach.scan.names import has_name
from outreach.scan.sieve import NAME, NUMBER, WRAPPED, look_over
from outreach.scan.splits import split_names, split_numbers

_NUMBER = "a phone, identity or customer number, or a run of digits as long as one"
_NAME = "the name of somebody on the list"
_DIGEST = "a digest, from which the number behind it can be found by trying all"
_NOT_STAND_IN = "something that is no token stands where a token should"
_NO_MASK = "something that is not masked stands where a mask should"
_NO_MOBILE = "something other than the mobile number of somebody on the list"
_NO_CALLER = "something that cannot be a number of the bank's own"
_NO_VARIABLES = "something that is no JSON object of texts stands where a script's variables should"
_MOST_TOLD = 10
_UNREADABLE = "it cannot be read, so nothing is known of what it holds"
_UNKNOWN_KIND = "it is of an unknown kind; only CSV and JSON leave"
_EVERYWHERE = partial(str, "whole file")
_HEADS = partial(str, "names of columns")
_VARIABLES = partial(str, "names of variables")


class _Leak(NamedTuple):
    file: str
    place: Place
    what: str


@dataclass(frozen=True, kw_only=True)
class _Text:
    """A text that is looked at exactly, where it stands, and what it might hold by the sieve."""

    file: str
    place: Place
    text: str
    doubts: int = WRAPPED

    @property
    def views(self) -> list[tuple[str, bool]]:
        """The text itself and, where it may be wrapped, what it may wrap; see ``forms``."""
        return list(forms(self.text)) if self.doubts & WRAPPED else [(self.text, False)]


@dataclass(frozen=True, kw_only=True)
class _ByRight:
    """What may stand in the files: words of authors, numbers of the bank, columns of plain numbers."""

    words: frozenset[str]
    numbers: frozenset[str]
    columns: frozenset[str]


def find_leaks(
    files: Mapping[str, bytes],
    *,
    known: Known,
    own_words: frozenset[str],
    own_numbers: frozenset[str] = frozenset(),
    plain: frozenset[str] = frozenset(),
) -> list[str]:
    """What is wrong with the files of one recipient, as lines that themselves name nobody; empty when clean.

    Columns of tokens and masks must hold those and nothing else, the columns ``plain`` mobile numbers of
    people on the list and nothing else. Every other value, name of a column and leaf of a JSON document is
    searched for known identifiers and for anything shaped like a phone or identity number, plain, disguised
    and encoded (docs/scanner.md). ``own_words``: texts that strategy authors wrote, where a name may be an
    ordinary word; they are searched for numbers only. ``own_numbers``: the bank's own, which count only
    where they are also somebody's on the list. A file that is neither CSV nor JSON is refused unread. Of
    each file the first ten findings are told.
    """
    numbers = frozenset("".join(filter(str.isalnum, number)) for number in own_numbers)
    by_right = _ByRight(words=own_words, numbers=numbers, columns=plain)
    leaks: list[_Leak] = []
    texts: list[_Text] = []
    for name, content in files.items():
        wrong, doubtful = _read(name, content, known, by_right)
        leaks += wrong
        texts += doubtful
    codes = known.among(_all_codes(texts))
    leaks += (
        _Leak(each.file, each.place, what) for each in texts for what in _look(each, known, codes, by_right)
    )
    return list(_told(leaks))


def _read(name: str, content: bytes, known: Known, by_right: _ByRight) -> tuple[list[_Leak], list[_Text]]:
    """What is wrong with a file by its shape, and the texts of it that have to be looked at exactly."""
    try:
        if name.endswith(".json"):
            return [], [
                _Text(file=name, place=partial(sayable, key), text=text) for key, text in leaves(content)
            ]
        if name.endswith(".csv"):
            columns = read_csv(content, unique=DECLARED | by_right.columns)
            cells = next((column for column in columns if column.name == VARIABLES), None)
            variables = {} if cells is None else variables_of(cells)
            looked_at = DECLARED | by_right.columns | {VARIABLES}
            searched = [column for column in columns if column.name not in looked_at]
            spoken = list(variables.values())
            wrong = [
                *_by_shape(columns, known, by_right),
                *_in_parts(searched, spoken, known, by_right),
            ]
            heads = [_Text(file=name, place=_HEADS, text=column.name) for column in columns]
            heads += [_Text(file=name, place=_VARIABLES, text=called) for called in variables]
            leaks = [_Leak(name, place, what) for place, what in wrong]
            return leaks, [*heads, *_doubtful(name, [*searched, *spoken], known)]
    except ValueError:
        return [_Leak(name, _EVERYWHERE, _UNREADABLE)], []
    return [_Leak(name, _EVERYWHERE, _UNKNOWN_KIND)], []


def _by_shape(columns: list[Column], known: Known, by_right: _ByRight) -> Iterator[tuple[Place, str]]:
    for column in columns:
        if column.name in by_right.columns:
            wrong, what = wrong_mobiles(column.values, known, by_right.numbers), _NO_MOBILE
        elif column.name in TOKENS:
            wrong, what = wrong_tokens(column.values, known), _NOT_STAND_IN
        elif column.name in MASKS:
            wrong, what = wrong_masks(column.values, column.name), _NO_MASK
        elif column.name == CALLER:
            wrong, what = wrong_callers(column.values, known, by_right.numbers), _NO_CALLER
        elif column.name == VARIABLES:
            wrong, what = wrong_variables(column), _NO_VARIABLES
        else:
            continue
        rows = np.flatnonzero(wrong)
        if rows.size:
            yield partial(where, rows, column.name), what


def _in_parts(
    columns: list[Column], spoken: list[Column], known: Known, by_right: _ByRight
) -> Iterator[tuple[Place, str]]:
    yield from ((place, f"{_NUMBER}, in parts") for place in split_numbers([*columns, *spoken], known))
    said = {value for one in spoken for value in one.values.to_pylist() if value}
    # A surname and two characters of an author's are somebody's name by chance, now and then.
    doubtful = columns if said <= by_right.words else [*columns, *spoken]
    yield from ((place, f"{_NAME}, in parts") for place in split_names(doubtful, known))


def _doubtful(name: str, columns: list[Column], known: Known) -> Iterator[_Text]:
    for column in columns:
        doubts = look_over(column.values, known.pairs)
        for value in map(int, np.flatnonzero(doubts)):
            text, place = column.values[value].as_py(), partial(column.where, value)
            yield _Text(file=name, place=place, text=text, doubts=int(doubts[value]))


def _all_codes(texts: Iterable[_Text]) -> pa.StringArray:
    """Everything in ``texts``, and in what they wrap, that could be somebody's number."""
    views = {view for each in texts if each.doubts & (NUMBER | WRAPPED) for view, _ in each.views}
    return pa.array({code for view in views for code in codes_in(view)}, pa.string())


def _look(each: _Text, known: Known, codes: frozenset[str], by_right: _ByRight) -> Iterator[str]:
    if each.file.endswith(".json") and is_digest(each.text):
        return  # a manifest says the hashes of the files, which hold eleven digits in a row now and then
    if each.doubts & WRAPPED and has_digest(each.text):
        yield _DIGEST
    numbers = each.doubts & (NUMBER | WRAPPED)
    names = each.doubts & (NAME | WRAPPED) and each.text not in by_right.words
    if numbers and any(has_number(view, known=codes, own=by_right.numbers) for view, _ in each.views):
        yield _NUMBER
    if names and any(has_name(view, known, guessed=guessed) for view, guessed in each.views):
        yield _NAME


def _told(leaks: Iterable[_Leak]) -> Iterator[str]:
    by_file: dict[str, list[_Leak]] = {}
    for leak in leaks:
        by_file.setdefault(leak.file, []).append(leak)
    for file, own in by_file.items():
        yield from (f"{file}, {leak.place()}: {leak.what}" for leak in own[:_MOST_TOLD])
        if len(own) > _MOST_TOLD:
            yield f"{file}: {len(own) - _MOST_TOLD} more of the kind"
