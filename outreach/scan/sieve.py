"""A fast look at many values: which of them could hold an identifier at all.

It lets through whatever the exact search (numbers.py, names.py) could find something in, and more: any
character that is not everyday text, any escape, any long code word. Dates and times of day do not count as
digits here, as they do not there.
"""

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from base.disguises.characters import HAN_DIGITS, simplified
from outreach.scan.words import ORDINARY

Bytes = npt.NDArray[np.uint8]
Doubts = npt.NDArray[np.uint8]

NUMBER, NAME, WRAPPED = 1, 2, 4
"""What the exact search has to look for in a value; where it may be wrapped, for everything."""

_ODD, _STOP, _GAP, _DIGIT, _SMALL, _CAPITAL = range(6)
_ENDS_NAME = 8  # added to a kind: what stands before and after is not one name
_EVERYDAY_GAPS = (
    " \t\r\n!\"#&'()*+,-./:;<=>?@[\\]^_`{|}~·—–…‘’“”•°℃×÷"
    "、。〈〉《》「」『』【】〔〕〜！＂＃＆＇（）＊＋，－．／：；＜＝＞？＠［＼］＾＿｀｛｜｝～"
)
_EVERYDAY_STOPS = "%‰¥￥$€£％"
_BETWEEN_NAMES = " ·—–_-|/\\*~^`'+=.．•\t\r\n"
_BITS = 26
_TIMES, _STEP = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)  # odd: they lose nothing
_LETTERS = 16
_CODE_WORD = 8
_WRAPPED_DIGITS = 16
_NUMBER = 8
_LETTERED_NUMBER = 6
_PIECE = 50_000  # values that one thread looks at before it takes the next


class Pairs(NamedTuple):
    """Bit sets of names: ``whole`` those of two Han characters, ``begun`` and ``threes`` the first two and
    three of longer ones, both ways round; ``threes`` also the first three letters of names in letters."""

    whole: Bytes
    begun: Bytes
    threes: Bytes


def pairs_of(names: pa.StringArray) -> Pairs:
    """The picture of ``names`` (small letters, simplified, without gaps) that the sieve looks at."""
    is_han = pc.match_substring_regex(names, r"\A[\x{3400}-\x{9fff}]")
    han, letters = names.filter(is_han), names.filter(pc.invert(is_han))
    is_two = pc.equal(pc.utf8_length(han), 2)
    two, longer = han.filter(is_two).to_pylist(), han.filter(pc.invert(is_two))
    backwards = (name[::-1] for name in two if not set(name) & HAN_DIGITS)
    threes = pc.utf8_slice_codeunits(pa.concat_arrays([longer, pc.utf8_reverse(longer)]), 0, 3).unique()
    spelt = pc.utf8_slice_codeunits(letters, 0, 3).unique()
    return Pairs(
        whole=_bit_set({*two, *backwards} - ORDINARY, 2),
        begun=_bit_set(pc.utf8_slice_codeunits(threes, 0, 2).unique().to_pylist(), 2),
        threes=_bit_set({*threes.to_pylist(), *spelt.to_pylist()}, 3),
    )


def look_over(values: pa.StringArray, pairs: Pairs) -> Doubts:
    """For each of ``values`` what it might hold: a sum of NUMBER, NAME and WRAPPED; 0 is nothing."""
    text = values.cast(pa.large_string())
    _, offsets, data = text.buffers()
    starts = np.frombuffer(offsets, np.int64, len(text) + 1, text.offset * 8)
    content = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    found = np.zeros(len(text), np.uint8)

    def look(first: int) -> None:
        piece = slice(first, first + _PIECE)
        _look(content, starts[first : piece.stop + 1], *_kinds(), *pairs, found[piece])

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        list(threads.map(look, range(0, len(text), _PIECE)))
    return found


def _bit_set(parts: Collection[str], size: int) -> Bytes:
    """A bit for each of ``parts``, all of ``size`` characters, at the place where ``_has`` looks for it."""
    codes = np.array([*parts], f"U{size}").view(np.uint32).reshape(-1, size).astype(np.uint64)
    key = np.zeros(len(codes), np.uint64)
    for column in codes.T:
        key = key * _TIMES + column * _STEP
    place = key >> np.uint64(64 - _BITS)
    bits = np.zeros(1 << (_BITS - 3), np.uint8)
    bit = np.uint8(1) << (place & np.uint64(7)).astype(np.uint8)
    np.bitwise_or.at(bits, (place >> np.uint64(3)).astype(np.int64), bit)
    return bits


@cache
def _kinds() -> tuple[Bytes, npt.NDArray[np.uint16]]:
    """Kind of each character of the basic plane, and its simplified form."""
    kinds = np.full(0x10000, _ODD, np.uint8)
    kinds[0x3400:0xA000] = _STOP
    for character in _EVERYDAY_GAPS:
        kinds[ord(character)] = _GAP + (0 if character in _BETWEEN_NAMES else _ENDS_NAME)
    for character in _EVERYDAY_STOPS:
        kinds[ord(character)] = _STOP + _ENDS_NAME
    for character in (*"0123456789０１２３４５６７８９", *HAN_DIGITS):
        kinds[ord(character)] = _DIGIT + (0 if "\u3400" <= character <= "\u9fff" else _ENDS_NAME)
    kinds[ord("a") : ord("z") + 1] = _SMALL + _ENDS_NAME
    kinds[ord("A") : ord("Z") + 1] = _CAPITAL + _ENDS_NAME
    folded = np.array(
        [ord(simplified(chr(code))) if 0x3400 <= code < 0xA000 else 0 for code in range(0x10000)]
    )
    return kinds, folded.astype(np.uint16)


@numba.njit(nogil=True, cache=True)
def _look(content, starts, kinds, folded, whole, begun, threes, found):  # type: ignore[no-untyped-def]
    for value in range(starts.size - 1):
        found[value] = _look_at(
            content, starts[value], starts[value + 1], kinds, folded, whole, begun, threes
        )


@numba.njit(nogil=True, cache=True)
def _look_at(content, start, end, kinds, folded, whole, begun, threes):  # type: ignore[no-untyped-def]
    digits = letters = word = doubts = 0
    lettered = word_has_digit = word_has_letter = word_has_capital = False
    first = second = np.uint64(0)  # the two Han characters before
    letter_before = letter_last = np.uint64(0)
    at = start
    while at < end:
        byte = content[at]
        if byte < 0x80:
            code, size = np.int64(byte), 1
        elif byte < 0xE0:
            code, size = (np.int64(byte & 0x1F) << 6) | (content[at + 1] & 0x3F), 2
        elif byte < 0xF0:
            code = (np.int64(byte & 0x0F) << 12) | (np.int64(content[at + 1] & 0x3F) << 6)
            code, size = code | (content[at + 2] & 0x3F), 3
        else:
            return WRAPPED  # beyond the basic plane
        kind = kinds[code] & 7
        if kind == _ODD:
            return WRAPPED
        if kinds[code] & 8:
            first = second = np.uint64(0)
        if kind == _DIGIT and size == 1:
            skipped = _moment(content, at, start, end)
            if skipped:
                at += skipped
                word, word_has_digit, word_has_letter, word_has_capital = 0, False, False, False
                continue
        if size == 1 and _is_escape(content, at, end):
            return WRAPPED
        if kind == _DIGIT:
            digits += 1
        elif kind in (_SMALL, _CAPITAL):
            letters += 1
            lettered = True
            letter = np.uint64(code | 0x20)
            if letter_before and _has(threes, letter_before, letter_last, letter):
                doubts |= NAME
            letter_before, letter_last = letter_last, letter
        elif kind == _STOP:
            digits, lettered = 0, False
        if letters >= _LETTERS or digits >= _WRAPPED_DIGITS:
            return WRAPPED
        if digits >= _NUMBER or (lettered and digits >= _LETTERED_NUMBER):
            doubts |= NUMBER
        if size == 1 and (
            kind >= _DIGIT or byte == 0x2B or byte == 0x2D or byte == 0x2F or byte == 0x5F or byte == 0x3A
        ):
            word_has_capital |= kind == _CAPITAL and word > 0
            word_has_digit |= kind == _DIGIT
            word_has_letter |= kind >= _SMALL
            word += 1
            if word >= _CODE_WORD and word_has_letter and (word_has_digit or word_has_capital):
                return WRAPPED
        else:
            word, word_has_digit, word_has_letter, word_has_capital = 0, False, False, False
        if size == 3 and 0x3400 <= code < 0xA000:
            third = np.uint64(folded[code])
            if second and _has(whole, np.uint64(0), second, third):
                doubts |= NAME
            if first and _has(begun, np.uint64(0), first, second) and _has(threes, first, second, third):
                doubts |= NAME
            first, second = second, third
        at += size
    return doubts


@numba.njit(nogil=True, cache=True)
def _has(bits, first, second, third):  # type: ignore[no-untyped-def]
    key = (first * _STEP * _TIMES + second * _STEP) * _TIMES + third * _STEP
    place = key >> np.uint64(64 - _BITS)
    return (bits[place >> np.uint64(3)] >> np.uint8(place & np.uint64(7))) & np.uint8(1) != 0


@numba.njit(nogil=True, cache=True)
def _is_escape(content, at, end):  # type: ignore[no-untyped-def]
    """``%41``, ``=41``, ``\\u``, ``\\n`` and ``&#``, ``&name``."""
    byte = content[at]
    if at + 2 >= end:
        return False
    if byte == 0x25 or byte == 0x3D:
        return _is_hex(content[at + 1]) and _is_hex(content[at + 2])
    if byte == 0x5C:
        return content[at + 1] in (0x75, 0x78, 0x55, 0x6E, 0x72, 0x74)
    return byte == 0x26 and (content[at + 1] == 0x23 or 0x41 <= content[at + 1] <= 0x7A)


@numba.njit(nogil=True, cache=True)
def _is_hex(byte):  # type: ignore[no-untyped-def]
    return 0x30 <= byte <= 0x39 or 0x41 <= byte <= 0x46 or 0x61 <= byte <= 0x66


@numba.njit(nogil=True, cache=True)
def _digits_at(content, at, end, most):  # type: ignore[no-untyped-def]
    """How many ASCII digits stand at ``at``, at most ``most``, and their value."""
    count = value = 0
    while count < most and at + count < end and 0x30 <= content[at + count] <= 0x39:
        value = value * 10 + (content[at + count] - 0x30)
        count += 1
    return count, value


@numba.njit(nogil=True, cache=True)
def _moment(content, at, start, end):  # type: ignore[no-untyped-def]
    """Length of the date or time of day that begins at ``at``, else 0."""
    if at > start and 0x30 <= content[at - 1] <= 0x39:
        return 0
    count, value = _digits_at(content, at, end, 15)
    after = at + count
    if count in (8, 12, 14):
        date = value // 10 ** (count - 8)
        clock = value % 10 ** (count - 8) // 10 ** max(0, count - 12)
        year, month, day = date // 10_000, date // 100 % 100, date % 100
        proper = 1900 <= year < 2100 and 1 <= month <= 12 and 1 <= day <= 31
        second = value % 100 if count == 14 else 0
        return count if proper and clock // 100 < 24 and clock % 100 < 60 and second < 60 else 0
    if after >= end:
        return 0
    gap = content[after]
    if count == 4 and 1900 <= value < 2100 and (gap == 0x2D or gap == 0x2F or gap == 0x2E):
        many, month = _digits_at(content, after + 1, end, 3)
        then = after + 1 + many
        if 1 <= many <= 2 and 1 <= month <= 12 and then < end and content[then] == gap:
            more, day = _digits_at(content, then + 1, end, 3)
            if 1 <= more <= 2 and 1 <= day <= 31:
                return then + 1 + more - at
    if count <= 2 and value <= 24 and gap == 0x3A and (at == start or content[at - 1] != 0x3A):
        many, minute = _digits_at(content, after + 1, end, 3)
        length = count + 1 + many
        if many == 2 and minute < 60:
            if at + length < end and content[at + length] == 0x3A:
                more, second = _digits_at(content, at + length + 1, end, 3)
                if more == 2 and second < 60:
                    length += 3
            if at + length >= end or content[at + length] != 0x3A:
                return length
    return 0
