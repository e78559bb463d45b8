"""How an identifier may be spelt in bytes: plainly, in the encodings of files, and with separators.

Written apart from the scanner in ``outreach/scan`` and sharing nothing with it: that one undoes disguises in
what it reads, this one writes each identifier in every spelling, to be searched for exactly.
"""

import base64
import re
from collections.abc import Iterator
from urllib.parse import quote

_SEPARATORS = (" ", "-", ".", "_", "/", "\u00a0", "\u3000", "\u200b")
_FULL_WIDTH = {ord(" ") + at: 0xFF00 + at for at in range(1, 95)}
_GROUPS = {11: (3, 4, 4), 18: (6, 8, 4)}


def of_code(code: str) -> Iterator[tuple[str, bytes]]:
    """``how, bytes`` of digits and Latin letters, such as a phone or a customer number."""
    for written in {code, code.lower()}:
        plain = written.encode()
        yield "", plain
        yield "in UTF-16", written.encode("utf-16-le")
        yield "in UTF-16", written.encode("utf-16-be")
        yield from _as_letters(plain)
    yield "in full width", code.translate(_FULL_WIDTH).encode()
    yield "as entities", "".join(f"&#{ord(sign)};" for sign in code).encode()
    grouped = list(_groups(code))
    for separator in _SEPARATORS:
        yield "in groups", separator.join(grouped).encode()
        yield "sign by sign", separator.join(code).encode()


def of_name(name: str) -> Iterator[tuple[str, bytes]]:
    """``how, bytes`` of a name of three signs and more."""
    plain = name.encode()
    yield "", plain
    if len(name) > 3:
        yield "in UTF-16", name.encode("utf-16-le")
        yield "in UTF-16", name.encode("utf-16-be")
    yield from _as_letters(plain)
    yield "as in an address", quote(name).encode()
    yield "as in an address", quote(name).lower().encode()
    yield from of_short_name(name)
    yield "as entities", "".join(f"&#{ord(sign)};" for sign in name).encode()
    yield "as entities", "".join(f"&#x{ord(sign):x};" for sign in name).encode()
    for separator in _SEPARATORS:
        yield "sign by sign", separator.join(name).encode()


def of_short_name(name: str) -> Iterator[tuple[str, bytes]]:
    """``how, bytes`` of a name in which no other word can be meant, as JSON escapes it."""
    for escape in ("\\u", "\\\\u"):
        for written in (f"{ord(sign):04x}" for sign in name), (f"{ord(sign):04X}" for sign in name):
            yield "escaped", "".join(f"{escape}{code}" for code in written).encode()


def bare(code: str) -> set[str]:
    """The code, and itself without signs and without the country's prefix."""
    signs = re.sub(r"[^0-9A-Za-z]", "", code)
    return {code, signs, signs.removeprefix("86") if code.startswith("+86") else signs}


def _as_letters(plain: bytes) -> Iterator[tuple[str, bytes]]:
    yield "in hexadecimal", plain.hex().encode()
    yield "in hexadecimal", plain.hex().upper().encode()
    for before in range(3):
        # What of base64 depends on these bytes alone, whatever stands before and behind them.
        first, last = -(-before * 8 // 6), (before + len(plain)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield "in base64", encode(b"\0" * before + plain)[first:last]


def _groups(code: str) -> Iterator[str]:
    letters = re.match(r"[A-Za-z]*", code)
    start = letters.end() if letters else 0
    if start:
        yield code[:start]
    digits = code[start:]
    for size in _GROUPS.get(len(digits), (3,) * -(-len(digits) // 3)):
        yield digits[:size]
        digits = digits[size:]
