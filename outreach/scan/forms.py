"""The texts that a text may be the wrapping of: encodings undone, spoken digits written down."""

import binascii
import re
from base64 import b32decode, urlsafe_b64decode
from collections.abc import Callable, Iterator
from html import unescape
from quopri import decodestring
from urllib.parse import unquote_to_bytes

from outreach.scan.characters import letters_plain

_DEPTH = 2
_MOST = 60
_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{7,}={0,2}")
_BASE32 = re.compile(r"[A-Za-z2-7]{8,}={0,6}")
_HEX = re.compile(r"(?:(?:0x|\\x|%|=)?[0-9A-Fa-f]{2}[\s:,\-]?){4,}")
_ESCAPE = re.compile(r"(?:\\+u|\\+U0000|U\+|%u)\{?([0-9A-Fa-f]{4})\}?|\\+x([0-9A-Fa-f]{2})")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
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
    """``text`` itself, then what it may wrap, twice wrapped too; with whether it was wrapped."""
    seen = {text}
    layer = [text]
    yield text, False
    for _ in range(_DEPTH):
        layer = [inner for outer in layer for inner in _unwrapped(outer)]
        for inner in layer:
            if inner not in seen and len(seen) < _MOST:
                seen.add(inner)
                yield inner, True


def _unwrapped(text: str) -> Iterator[str]:
    if _PERCENT.search(text):
        yield from _texts(unquote_to_bytes(text))
    if "&" in text:
        yield unescape(text)
    if _ESCAPE.search(text):
        yield _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    if _QUOTED.search(text):
        yield from _texts(decodestring(text.encode()))
    yield from _misread(text)
    yield from _words(text, _BASE64, _from_base64)
    yield from _words(text, _BASE32, _from_base32)
    yield from _words(text, _HEX, _from_hex)
    spoken = letters_plain(text)
    if _SAYING.search(spoken):
        yield _SAYING.sub(lambda found: re.sub(_SAID, lambda word: _SPOKEN[word[0]], found[0]), spoken)


def _words(text: str, shape: re.Pattern[str], decode: Callable[[str], bytes]) -> Iterator[str]:
    for word in shape.findall(text):
        try:
            decoded = decode(word)
        except (ValueError, binascii.Error):
            continue
        yield from _texts(decoded)


def _texts(content: bytes) -> Iterator[str]:
    """``content`` in each character set in which it is text that people could read."""
    for charset in ("utf-8", "gb18030", "utf-16-le", "utf-16-be"):
        try:
            text = content.decode(charset)
        except UnicodeDecodeError:
            continue
        if text.isprintable():
            yield text
            if charset == "utf-8":
                return


def _misread(text: str) -> Iterator[str]:
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
