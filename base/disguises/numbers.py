"""Finds phone, identity and customer numbers in one text, however they are written."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from base.disguises.characters import BETWEEN, digits_plain

_LONGEST = 22
_LONGEST_WORD = 40
_SHORTEST = 6
_REAL_DIGITS = 4
_COUNTRY_CODE = re.compile(r"\A0{0,2}86(?=1\d{10}\Z)")
_MOBILE = re.compile(r"(?:0{0,2}86)?1[3-9]\d{9}")
_ID_NUMBER = re.compile(r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX]")
_AS_LONG_AS_A_MOBILE = re.compile(r"\d{11,}")
_RUN = re.compile(rf"[0-9A-Z]+(?:{BETWEEN}[0-9A-Z]+)*")
_GROUP = re.compile(r"[0-9A-Z]+")
_DATE = re.compile(
    r"(?<!\d)(?:"
    r"(?:19|20)\d\d([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?)?"
    r")(?!\d)"
)
_CLOCK = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-4]):[0-5]\d(?::[0-5]\d)?(?![\d:])")
_LOOKS_LIKE_DIGITS = re.compile(r"[0-9OQILSZB|]{7,}")
_LOOK_ALIKES = str.maketrans("OQILSZB|", "00115281")
_DIGEST = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-z])", re.ASCII | re.IGNORECASE
)
_LETTERS = re.compile(r"(?<=\d)[A-Z](?=\d)")
_POWER_OF_TEN = re.compile(r"(?<![0-9A-Z.])(\d)\.(\d+)\s?(?:E\+?|[×X*]\s?10\^?)\d\d?(?![0-9A-Z])")
# How people group the digits of a mobile number.
_GROUPINGS = {(3, 4, 4), (3, 3, 5), (4, 4, 3), (1,) * 11}
_LOOSER_GROUPINGS = {
    *((3, 8), (7, 4), (8, 3), (4, 7), (5, 3, 3), (3, 2, 2, 2, 2), (3, 3, 3, 2), (2, 3, 3, 3)),
    *((2, 2, 2, 2, 2, 1), (1, 2, 2, 2, 2, 2)),
}
_LISTING = frozenset(",，、;；/")


def is_digest(text: str) -> bool:
    """Whether ``text`` is a hash in hexadecimal and nothing else."""
    return bool(_DIGEST.fullmatch(text))


def has_digest(text: str) -> bool:
    """Whether a hash in hexadecimal stands in ``text``."""
    return bool(_DIGEST.search(text))


def codes_in(text: str) -> Iterator[str]:
    """Everything in ``text`` that could be a known number, as digits and capitals; also read backwards."""
    plain = digits_plain(text)
    dateless = _without_dates(plain)
    views = ((dateless, _SHORTEST), (plain, 11), (_LETTERS.sub("-", plain), 11), (_multiplied(plain), 11))
    for view, shortest in views:
        for run in _runs(view):
            for code in _codes(run, shortest):
                yield code
                yield code[::-1]
    for digits in _looking_like_digits(plain):
        yield digits
        yield digits[::-1]


def has_number(text: str, *, known: frozenset[str], own: frozenset[str]) -> bool:
    """Whether ``text`` holds one of ``known``, or what is shaped like a mobile or identity number.

    A run of eleven and more digits counts as one: no honest number in a list is so long. ``own``: numbers of
    the bank itself, as digits; they count only when they are also known.
    """
    if known and not known.isdisjoint(codes_in(text)):
        return True
    plain = digits_plain(text)
    return any(_has_shaped(view, own) for view in {plain, _multiplied(plain)})


def _has_shaped(plain: str, own: frozenset[str]) -> bool:
    dateless = _without_dates(plain)
    if any(run not in own for run in _AS_LONG_AS_A_MOBILE.findall(dateless)):
        return True
    if any(_is_shaped(run, own) for run in _looking_like_digits(plain)):
        return True
    return any(_has_mobile(run, own) for run in _runs(dateless)) or any(
        _has_id_number(run) for run in _runs(plain)
    )


class _Run(NamedTuple):
    """Groups of digits and capitals that follow each other, and what stands between them."""

    groups: tuple[str, ...]
    gaps: tuple[str, ...]


def _multiplied(plain: str) -> str:
    """``1.3812345678E+10`` as its digits, 13812345678."""
    return _POWER_OF_TEN.sub(r"\1\2", plain)


def _without_dates(plain: str) -> str:
    return _CLOCK.sub("时", _DATE.sub("日", plain))


def _runs(text: str) -> Iterator[_Run]:
    for run in _RUN.finditer(text):
        spans = [group.span() for group in _GROUP.finditer(run[0])]
        yield _Run(
            groups=tuple(run[0][start:end] for start, end in spans),
            gaps=tuple(run[0][end:start] for (_, end), (start, _) in pairwise(spans)),
        )


def _codes(run: _Run, shortest: int) -> Iterator[str]:
    whole = [not _within_amount(run, edge) for edge in range(len(run.groups) + 1)]
    for first in range(len(run.groups)):
        code = ""
        for last, group in enumerate(run.groups[first:], first + 1):
            code += group
            if len(code) > _LONGEST:
                break
            if len(code) >= shortest and not code.isalpha() and whole[first] and whole[last]:
                yield code
                yield _COUNTRY_CODE.sub("", code)
    for group in run.groups:
        if not (group.isdigit() or group.isalpha()) and len(group) <= _LONGEST_WORD:
            ends = range(_SHORTEST, len(group) + 1)
            yield from (group[start:end] for end in ends for start in range(max(0, end - 18), end - 5))


def _within_amount(run: _Run, edge: int) -> bool:
    """Whether the place before group ``edge`` is the point of an amount: nobody's number ends there."""
    return (
        0 < edge < len(run.groups)
        and run.gaps[edge - 1] == "."
        and len(run.groups[edge]) <= 2 < len(run.groups[edge - 1])
    )


def _looking_like_digits(plain: str) -> Iterator[str]:
    for word in _LOOKS_LIKE_DIGITS.findall(plain):
        digits = word.translate(_LOOK_ALIKES)
        if sum(map(str.isdigit, word)) >= _REAL_DIGITS and not word.isdigit():
            yield digits


def _is_shaped(digits: str, own: frozenset[str]) -> bool:
    return digits not in own and any(
        shape.fullmatch(way) for way in (digits, digits[::-1]) for shape in (_MOBILE, _ID_NUMBER)
    )


def _has_mobile(run: _Run, own: frozenset[str]) -> bool:
    for stretch in _digit_stretches(run):
        groups, gaps = stretch
        if groups[0].lstrip("0") == "86":
            groups, gaps = groups[1:], gaps[1:]
        whole = "".join(groups)
        if _is_mobile(whole, own) and _could_be_one(groups, gaps):
            return True
        for first in range(len(groups)):
            for last in range(first + 3, min(len(groups), first + 11) + 1):
                part = groups[first:last]
                if tuple(map(len, part)) in _GROUPINGS and _is_mobile("".join(part), own):
                    return True
    return False


def _digit_stretches(run: _Run) -> Iterator[_Run]:
    """The longest parts of ``run`` without letters."""
    first = 0
    for place in range(len(run.groups) + 1):
        if place == len(run.groups) or not run.groups[place].isdigit():
            if place > first:
                yield _Run(groups=run.groups[first:place], gaps=run.gaps[first : place - 1])
            first = place + 1


def _is_mobile(digits: str, own: frozenset[str]) -> bool:
    return digits not in own and bool(_MOBILE.fullmatch(digits) or _MOBILE.fullmatch(digits[::-1]))


def _could_be_one(groups: tuple[str, ...], gaps: tuple[str, ...]) -> bool:
    """Whether people would write one number in these groups; not a range of amounts, not a list of terms."""
    lengths = tuple(map(len, groups))
    if len(groups) == 1 or lengths in _GROUPINGS:
        return True
    if len(set(gaps)) > 1:
        return False
    listed = not _LISTING.isdisjoint(gaps[0])
    if len(groups) == 2 or listed:
        return lengths in _LOOSER_GROUPINGS and not (listed and len(groups) == 2)
    return len(groups) < 4 or any(int(low) >= int(high) for low, high in pairwise(groups))


def _has_id_number(run: _Run) -> bool:
    for first in range(len(run.groups)):
        code = ""
        for group in run.groups[first:]:
            code += group
            if len(code) == 18 and (_ID_NUMBER.fullmatch(code) or _ID_NUMBER.fullmatch(code[::-1])):
                return True
            if len(code) >= 18:
                break
    return False
