"""Reads the very bytes that are about to leave, and finds identifiers in them, plain or thinly disguised."""

import binascii
import io
import json
import re
import unicodedata
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

TOKEN_COLUMNS = frozenset({"contact", "address"})

_STAND_IN = r"\A[a-z][A-Za-z0-9_\-]{11}\z"
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d([-/.年])\d{1,2}[-/.月]\d{1,2}日?(?!\d)")
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s\-_.·()/]+(?=\d)")
_NUMERALS = str.maketrans("〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖", "00123456789123456789")
_DIGITS = re.compile(r"\d{7,}")
_ANY_LONG_NUMBER = re.compile(r"\d{11}")  # no honest number in a list is as long as a mobile number
_MOBILE = re.compile(r"(?:0{0,2}86)?1[3-9]\d{9}")
_ID_NUMBER = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{9}[\dXx]?")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-]{4,}[A-Za-z0-9]")
_ENCODED = re.compile(r"[A-Za-z0-9+/_\-]{8,}={0,2}")
_CHINESE_NAMES = re.compile(r"[\u3400-\u9fff·]{2,}")
_LATIN_WORDS = re.compile(r"[A-Za-z][A-Za-z'.\-]+")


@dataclass(frozen=True, kw_only=True)
class Known:
    """The identifiers of the people on a list, in the form the scan compares."""

    numbers: frozenset[str]
    words: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, identities: pa.Table) -> "Known":
        """From columns customer_no, name, phone and id_number. A short plain number is not searched for."""
        names = identities["name"].drop_null().to_pylist()
        rest = [
            value
            for column in ("customer_no", "phone", "id_number")
            for value in identities[column].drop_null().to_pylist()
        ]
        digits = (re.sub(r"\D", "", value) for value in rest)
        words = (re.sub(r"[^A-Z0-9]", "", value.upper()) for value in rest)
        return cls(
            numbers=frozenset(run for run in digits if len(run) >= 8),
            words=frozenset(word for word in words if len(word) >= 6 and not word.isdecimal()),
            names=frozenset(
                unicodedata.normalize("NFKC", name).casefold() for name in names if len(name) > 1
            ),
        )


def find_leaks(files: Mapping[str, bytes], *, known: Known, own_words: frozenset[str]) -> list[str]:
    """What is wrong with the files of one recipient, as lines that themselves name nobody; empty when clean.

    Token columns must hold tokens and nothing else. Every other value is brought to one form (NFKC, invisible
    characters and separators out, Chinese numerals as digits) and searched for the known identifiers,
    forwards and backwards, also under base64 and hex, and for anything shaped like a phone or ID number.
    ``own_words``: texts that strategy authors wrote, where a two-character name may be an ordinary word; they
    are searched for numbers only.
    """
    return [
        f"{name}, {place}: {what}"
        for name, content in files.items()
        for place, value in _values(name, content)
        for what in _look(value, known, own_words)
    ]


def _values(name: str, content: bytes) -> Iterator[tuple[str, str | None]]:
    if name.endswith(".json"):
        yield from _leaves("", json.loads(content))
        return
    names = next(iter(content.decode().splitlines()), "").replace('"', "").split(",")
    options = csv.ConvertOptions(column_types={column: pa.string() for column in names})
    parsing = csv.ParseOptions(newlines_in_values=True)
    table = csv.read_csv(io.BytesIO(content), parse_options=parsing, convert_options=options)
    for column in table.column_names:
        yield from _column_values(column, table[column])


def _column_values(column: str, values: pa.ChunkedArray) -> Iterator[tuple[str, str | None]]:
    if column in TOKEN_COLUMNS:
        proper = pc.fill_null(pc.match_substring_regex(values, _STAND_IN), False)
        if values.length() and not pc.all(proper).as_py():
            yield column, None
    else:
        for value in values.unique().drop_null().to_pylist():
            yield column, value


def _leaves(place: str, value: object) -> Iterator[tuple[str, str | None]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield place or "keys", key
            yield from _leaves(key, inner)
    elif place != "sha256":
        yield place, str(value)


def _look(value: str | None, known: Known, own_words: frozenset[str]) -> Iterator[str]:
    if value is None:
        yield "something that is no token stands where a token should"
        return
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", value))
    if _has_number(plain, known) or any(_has_number(text, known) for text in _decoded(plain)):
        yield "a phone, identity or customer number, or a run of digits as long as one"
    if value not in own_words and _has_name(plain, known.names):
        yield "the name of somebody on the list"


def _has_number(plain: str, known: Known) -> bool:
    dateless = _DATE.sub(" ", plain).translate(_NUMERALS)
    if _ANY_LONG_NUMBER.search(dateless):
        return True
    runs = _DIGITS.findall(_BETWEEN_DIGITS.sub("", dateless))
    return any(_is_number(run, known) or _is_number(run[::-1], known) for run in runs) or any(
        word.replace("-", "").upper() in known.words for word in _WORD.findall(plain)
    )


def _is_number(run: str, known: Known) -> bool:
    return bool(run in known.numbers or _MOBILE.fullmatch(run) or _ID_NUMBER.fullmatch(run))


def _has_name(plain: str, names: frozenset[str]) -> bool:
    longest = max(map(len, names), default=0)
    for run in _CHINESE_NAMES.findall(plain):
        starts = range(len(run) - 1)
        if any(
            run[i : i + size] in names for i in starts for size in range(2, min(longest, len(run) - i) + 1)
        ):
            return True
    words = [word.casefold() for word in _LATIN_WORDS.findall(plain)]
    return any(" ".join(words[i : i + size]) in names for i in range(len(words)) for size in (2, 3, 4))


def _decoded(plain: str) -> Iterator[str]:
    for word in _ENCODED.findall(plain):
        for decode in (_from_base64, bytes.fromhex):
            try:
                yield decode(word).decode()
            except (ValueError, binascii.Error):
                continue


def _from_base64(word: str) -> bytes:
    text = word.rstrip("=").replace("+", "-").replace("/", "_")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
