"""The texts that a text may be the wrapping of: encodings undone, spoken digits written down."""

import binascii
import re
import sys
import unicodedata
from base64 import b32decode, urlsafe_b64decode
from collections.abc import Callable, Iterator
from html import unescape
from quopri import decodestring
from urllib.parse import unquote, unquote_to_bytes

from base.disguises.characters import letters_plain

_DEPTH = 2
_MOST = 60
_BLANK = frozenset({"Cf", "Zs", "Zl", "Zp"})
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{7,}={0,2}")
_BASE32 = re.compile(r"[A-Za-z2-7]{8,}={0,6}")
_HEX = re.compile(r"(?:(?:0x|\\x|%|=)?[0-9A-Fa-f]{2}[\s:,\-]?){4,}")
_ESCAPE = re.compile(
    r"(?:\\+u|%u)([0-9A-Fa-f]{4})|\\+x([0-9A-Fa-f]{2})|\\+U([0-9A-Fa-f]{8})|U\+(1[0-9A-Fa-f]{4}|[0-9A-Fa-f]{4})"
    r"|(?:\\+u|U\+)\{([0-9A-Fa-f]{1,6})\}"
)
_LINE_ESCAPE = re.compile(r"\\+[nrt]")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_PERCENT_RUN = re.compile(r"(?:%[0-9A-Fa-f]{2}|[A-Za-z0-9_.~\-]){4,}")
_QUOTED = re.compile(r"=[0-9A-F]{2}")
_SPOKEN = {
    word: str(digit)
    for digit, words in enumerate(
        (
            "zero oh nought ling dong",
            "one yi yao",
            "two er liang",
            "three san",
            "four si",
            "five wu",
            "six liu",
            "seven qi guai",
            "eight ba",
            "nine jiu gou",
        )
    )
    for word in words.split()
}
_SAID = "|".join(sorted(_SPOKEN, key=len, reverse=True))
_SAYING = re.compile(rf"(?:(?:{_SAID})[\s,.\-_·]*){{6,}}")


def forms(text: str) -> Iterator[tuple[str, bool]]:
    """``text`` itself, then what it may wrap, even twice; with whether the character set was guessed."""
    seen = {text}
    layer = [(text, False)]
    yield text, False
    for _ in range(_DEPTH):
        layer = [(inner, guessed or guess) for outer, guessed in layer for inner, guess in _unwrapped(outer)]
        for inner, guessed in layer:
            if inner not in seen and len(seen) < _MOST:
                seen.add(inner)
                yield inner, guessed


def _unwrapped(text: str) -> Iterator[tuple[str, bool]]:
    if _PERCENT.search(text):
        yield unquote(text), False
        yield from _words(text, _PERCENT_RUN, unquote_to_bytes)
    if "&" in text:
        yield unescape(text), False
    if _ESCAPE.search(text) or _LINE_ESCAPE.search(text):
        yield _unescaped(text), False
    if _QUOTED.search(text):
        yield from _texts(decodestring(text.encode()))
    yield from _misread(text)
    yield from _words(text, _BASE64, _from_base64)
    yield from _words(text, _BASE32, _from_base32)
    yield from _words(text, _HEX, _from_hex)
    spoken = letters_plain(text)
    if _SAYING.search(spoken):
        yield _SAYING.sub(_as_digits, spoken), False


def _unescaped(text: str) -> str:
    """Escapes as characters; what comes in two halves, as JSON writes it, as one."""

    def character(found: re.Match[str]) -> str:
        code = int(next(filter(None, found.groups())), 16)
        return chr(code) if code <= sys.maxunicode else found[0]

    halves = _ESCAPE.sub(character, _LINE_ESCAPE.sub(" ", text))
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _as_digits(saying: re.Match[str]) -> str:
    return re.sub(_SAID, lambda word: _SPOKEN[word[0]], saying[0])


def _words(text: str, shape: re.Pattern[str], decode: Callable[[str], bytes]) -> Iterator[tuple[str, bool]]:
    for word in shape.findall(text):
        try:
            decoded = decode(word)
        except (ValueError, binascii.Error):
            continue
        yield from _texts(decoded)


def _texts(content: bytes) -> Iterator[tuple[str, bool]]:
    """``content`` in each character set in which it is text that people could read."""
    for charset, is_guess in (("utf-8", False), ("gb18030", True), ("utf-16-le", True), ("utf-16-be", True)):
        if charset.startswith("utf-16") and _is_utf8(content):
            return
        try:
            text = content.decode(charset)
        except UnicodeDecodeError:
            continue
        if all(map(_is_readable, text)):
            yield text, is_guess


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_readable(character: str) -> bool:
    return character.isprintable() or unicodedata.category(character) in _BLANK or character in "\t\r\n"


def _misread(text: str) -> Iterator[tuple[str, bool]]:
    """What was written in one character set and read in a narrower one."""
    if text.isascii() and "\0" not in text:
        return
    for charset in ("latin-1", "cp1252"):
        for run in re.findall(r"[\x00-\xff\u0152-\u0178\u2013-\u2122]{4,}", text):
            try:
                content = run.encode(charset)
            except UnicodeEncodeError:
                continue
            if not content.isascii() or b"\0" in content:
                yield from _texts(content)
                yield from _texts(content[1:])


def _from_base64(word: str) -> bytes:
    text = word.rstrip("=").replace("+", "-").replace("/", "_")
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _from_base32(word: str) -> bytes:
    text = word.rstrip("=").upper()
    return b32decode(text + "=" * (-len(text) % 8))


def _from_hex(word: str) -> bytes:
    return bytes.fromhex(re.sub(r"0x|\\x|[%=\s:,\-]", "", word))
