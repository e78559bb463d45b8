"""Ways to hide a number or a name in a text: one function a kind, and nothing of the scanner's own knowledge.

Each takes an identifier and a generator of random numbers, and gives what would be written instead.
"""

import base64
import hashlib
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

Draw = np.random.Generator
Write = Callable[[str, Draw], str]
Carries = Literal["number", "mobile", "code", "name"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to hide. ``of``: any phone, identity or customer number, mobiles only, identity numbers and
    customer numbers only, or names. ``disguised``: false where the identifier stands as it is."""

    name: str
    of: Carries
    write: Write
    disguised: bool = True


_EVERYDAY = "零一二三四五六七八九"
_SPOKEN = "洞幺两三四五六拐八勾"
_BANKERS = "零壹贰叁肆伍陆柒捌玖"
_TRADITIONAL = "零壹貳參肆伍陸柒捌玖"
_CIRCLED = "⓪①②③④⑤⑥⑦⑧⑨"
_BRACKETED = "0⑴⑵⑶⑷⑸⑹⑺⑻⑼"
_BLACK = "⓿❶❷❸❹❺❻❼❽❾"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_LOWERED = "₀₁₂₃₄₅₆₇₈₉"
_SUZHOU = "〇〡〢〣〤〥〦〧〨〩"
_ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_PINYIN = ["ling", "yao", "er", "san", "si", "wu", "liu", "qi", "ba", "jiu"]
_TONES = ["líng", "yāo", "èr", "sān", "sì", "wǔ", "liù", "qī", "bā", "jiǔ"]
_SIMPLIFIED = (
    "张陈刘杨赵黄吴孙马郑谢许韩冯邓叶苏吕卢贾邹龙万严钱汤贺龚陆钟谭罗"
    "丽艳洁颖莹兰红玛宝贵凤鹏云爱华东卫国军伟强杰涛刚辉飞凯铭钧志欧阳诸"
)
_HANT = (
    "張陳劉楊趙黃吳孫馬鄭謝許韓馮鄧葉蘇呂盧賈鄒龍萬嚴錢湯賀龔陸鐘譚羅"
    "麗艷潔穎瑩蘭紅瑪寶貴鳳鵬雲愛華東衛國軍偉強傑濤剛輝飛凱銘鈞誌歐陽諸"
)


def _mapped(digits: str) -> Write:
    return lambda text, _: "".join(digits[int(c)] if c.isdigit() else c for c in text)


def _shifted(first: int) -> Write:
    return lambda text, _: "".join(chr(first + int(c)) if c.isdigit() else c for c in text)


def _joined(gap: str) -> Write:
    """Every character apart, or in groups as people write them."""
    return lambda text, draw: gap.join(_grouped(text, draw))


def _each(gap: str) -> Write:
    return lambda text, _: gap.join(text)


def _encoded(encode: Callable[[bytes], bytes]) -> Write:
    return lambda text, _: encode(text.encode()).decode()


def _grouped(text: str, draw: Draw) -> list[str]:
    """``text`` in parts of three and four, as phone numbers are read out; sometimes one by one."""
    if draw.random() < 0.2:
        return list(text)
    sizes = [3, 4, 4] if len(text) == 11 else [6, 8, 4] if len(text) == 18 else [2, 4, 4]
    parts, at = [], 0
    for size in (*sizes, len(text)):
        parts.append(text[at : at + size])
        at += size
    return [part for part in parts if part]


def _wide(text: str, _draw: Draw) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def _half_wide(text: str, draw: Draw) -> str:
    return "".join(_wide(c, draw) if draw.random() < 0.5 else c for c in text)


def _sprinkled(signs: str) -> Write:
    """An invisible sign after every character or after some."""

    def write(text: str, draw: Draw) -> str:
        share = draw.choice([0.3, 1.0])
        return "".join(c + (signs[draw.integers(len(signs))] if draw.random() < share else "") for c in text)

    return write


def _mixed_numerals(text: str, draw: Draw) -> str:
    rows = (_EVERYDAY, _BANKERS, "0123456789", _CIRCLED, _SPOKEN)
    return "".join(rows[draw.integers(len(rows))][int(c)] if c.isdigit() else c for c in text)


def _lookalike(text: str, draw: Draw) -> str:
    looks = {"0": "OoО", "1": "lI|"}
    return "".join(looks[c][draw.integers(3)] if c in looks and draw.random() < 0.7 else c for c in text)


def _longer(text: str, draw: Draw) -> str:
    before, after = draw.integers(10, 100, 2)
    return f"{before}{text}{after}"


def _thousands(text: str, _draw: Draw) -> str:
    return text[:2] + "".join("," + text[at : at + 3] for at in range(2, len(text), 3))


def _words(words: list[str], *gaps: str) -> Write:
    return lambda text, draw: gaps[draw.integers(len(gaps))].join(words[int(c)] for c in text)


def _escaped(form: str) -> Write:
    return lambda text, _: "".join(form.format(ord(c)) for c in text)


def _percent(text: str, _draw: Draw) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def _quoted(text: str, _draw: Draw) -> str:
    return "".join(f"={byte:02X}" for byte in text.encode())


def _hex(gap: str, start: str = "") -> Write:
    return lambda text, _: start + gap.join(f"{byte:02x}" for byte in text.encode())


def _sixteen(text: str, _draw: Draw) -> str:
    return text.encode("utf-16-le").decode("latin-1")


def _twice(text: str, _draw: Draw) -> str:
    return base64.b64encode(base64.b64encode(text.encode())).decode()


def _rotated(text: str, draw: Draw) -> str:
    by = int(draw.integers(1, 10))
    return "".join(str((int(c) + by) % 10) if c.isdigit() else c for c in text)


def _emoji(text: str, _draw: Draw) -> str:
    return "".join(f"{c}\ufe0f\u20e3" if c.isdigit() else c for c in text)


def _traditional(text: str, _draw: Draw) -> str:
    return text.translate(str.maketrans(_SIMPLIFIED, _HANT))


def _unpadded(text: str, _draw: Draw) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _digest(text: str, draw: Draw) -> str:
    return hashlib.new(str(draw.choice(["md5", "sha1", "sha256"])), text.encode()).hexdigest()


def _last_sign(text: str, draw: Draw) -> str:
    return text[:-1] + str(draw.choice(["x", "×", "Ｘ", "✕"])) if text.endswith("X") else _wide(text, draw)


def _abroad(text: str, draw: Draw) -> str:
    return str(draw.choice(["+86", "0086", "86", "(+86)", "+86-", "0086 ", "＋８６ "])) + text


NUMBERS = (
    Kind(name="plain", of="number", write=lambda text, _: text, disguised=False),
    Kind(name="plain, of nobody on the list", of="mobile", write=lambda text, _: text, disguised=False),
    Kind(name="full-width", of="number", write=_wide),
    Kind(name="half and full width mixed", of="number", write=_half_wide),
    Kind(name="spaces", of="number", write=_joined(" ")),
    Kind(name="ideographic spaces", of="number", write=_joined("\u3000")),
    Kind(name="thin and no-break spaces", of="number", write=_joined("\u2009\u00a0")),
    Kind(name="hyphens", of="number", write=_joined("-")),
    Kind(name="long dashes", of="number", write=_joined("——")),
    Kind(name="dots", of="number", write=_joined(".")),
    Kind(name="middle dots", of="number", write=_joined("·")),
    Kind(name="slashes", of="number", write=_joined("/")),
    Kind(name="underscores", of="number", write=_joined("_")),
    Kind(name="stars and tildes", of="number", write=_joined("~*")),
    Kind(name="new lines", of="number", write=_joined("\n")),
    Kind(name="Chinese punctuation", of="number", write=_joined("、")),
    Kind(name="parentheses", of="mobile", write=lambda text, _: f"({text[:3]}){text[3:7]}-{text[7:]}"),
    Kind(name="country code", of="mobile", write=_abroad),
    Kind(name="zero-width", of="number", write=_sprinkled("\u200b\u200c\u200d\ufeff\u2060")),
    Kind(name="soft hyphens", of="number", write=_sprinkled("\u00ad")),
    Kind(name="direction marks", of="number", write=_sprinkled("\u200e\u200f\u202a\u202c\u2066\u2069")),
    Kind(name="combining marks", of="number", write=_sprinkled("\u0301\u0336\u0332\u20dd")),
    Kind(name="numerals 一二三", of="mobile", write=_mapped(_EVERYDAY)),
    Kind(name="numerals as spoken: 幺两拐", of="mobile", write=_mapped(_SPOKEN)),
    Kind(name="bankers' numerals 壹贰叁", of="number", write=_mapped(_BANKERS)),
    Kind(name="traditional numerals 壹貳參", of="number", write=_mapped(_TRADITIONAL)),
    Kind(name="Suzhou numerals 〡〢〣", of="number", write=_mapped(_SUZHOU)),
    Kind(name="numerals and digits mixed", of="number", write=_mixed_numerals),
    Kind(name="circled", of="number", write=_mapped(_CIRCLED)),
    Kind(name="black circled", of="number", write=_mapped(_BLACK)),
    Kind(name="bracketed", of="number", write=_mapped(_BRACKETED)),
    Kind(name="raised", of="number", write=_mapped(_RAISED)),
    Kind(name="lowered", of="number", write=_mapped(_LOWERED)),
    Kind(name="mathematical", of="number", write=_shifted(0x1D7CE)),
    Kind(name="Arabic-Indic", of="number", write=_shifted(0x0660)),
    Kind(name="Devanagari", of="number", write=_shifted(0x0966)),
    Kind(name="Thai", of="number", write=_shifted(0x0E50)),
    Kind(name="keycap emoji", of="number", write=_emoji),
    Kind(name="letters that look alike", of="mobile", write=_lookalike),
    Kind(name="reversed", of="number", write=lambda text, _: text[::-1]),
    Kind(
        name="reversed with spaces",
        of="number",
        write=lambda text, draw: " ".join(_grouped(text[::-1], draw)),
    ),
    Kind(name="inside a longer number", of="mobile", write=_longer),
    Kind(name="thousands separators", of="mobile", write=_thousands),
    Kind(name="small letters, × for X", of="code", write=lambda text, draw: _last_sign(text, draw).lower()),
    Kind(name="English words", of="mobile", write=_words(_ENGLISH, " ", "-", "")),
    Kind(name="pinyin", of="mobile", write=_words(_PINYIN, " ", "-", "")),
    Kind(name="pinyin with tones", of="mobile", write=_words(_TONES, " ", "")),
    Kind(name="digits turned by n", of="mobile", write=_rotated),
    Kind(name="base64", of="number", write=_encoded(base64.b64encode)),
    Kind(
        name="base64url, no padding",
        of="number",
        write=_unpadded,
    ),
    Kind(name="base64 twice", of="number", write=_twice),
    Kind(name="base32", of="number", write=_encoded(base64.b32encode)),
    Kind(name="hex", of="number", write=_hex("")),
    Kind(name="hex with 0x", of="number", write=_hex("", "0x")),
    Kind(name="hex with colons", of="number", write=_hex(":")),
    Kind(name="per cent", of="number", write=_percent),
    Kind(name="HTML entities", of="number", write=_escaped("&#{};")),
    Kind(name="\\uXXXX", of="number", write=_escaped("\\u{:04x}")),
    Kind(name="quoted-printable", of="number", write=_quoted),
    Kind(name="UTF-16 read as Latin", of="number", write=_sixteen),
    Kind(
        name="a digest",
        of="number",
        write=_digest,
    ),
)

NAMES = (
    Kind(name="name, plain", of="name", write=lambda text, _: text, disguised=False),
    Kind(name="name, zero-width", of="name", write=_each("\u200b")),
    Kind(name="name, spaces", of="name", write=_each(" ")),
    Kind(name="name, ideographic spaces", of="name", write=_each("\u3000")),
    Kind(name="name, dots", of="name", write=_each("·")),
    Kind(name="name, hyphens", of="name", write=_each("-")),
    Kind(name="name, combining marks", of="name", write=_sprinkled("\u0301\u0336")),
    Kind(name="name, traditional", of="name", write=_traditional),
    Kind(name="name, reversed", of="name", write=lambda text, _: text[::-1]),
    Kind(name="name, per cent", of="name", write=lambda text, _: urllib.parse.quote(text)),
    Kind(
        name="name, per cent of GBK",
        of="name",
        write=lambda text, _: urllib.parse.quote(text.encode("gbk")),
    ),
    Kind(name="name, base64", of="name", write=_encoded(base64.b64encode)),
    Kind(name="name, hex", of="name", write=_hex("")),
    Kind(name="name, HTML entities", of="name", write=_escaped("&#{};")),
    Kind(name="name, \\uXXXX", of="name", write=_escaped("\\u{:04x}")),
    Kind(name="name, UTF-8 read as Latin", of="name", write=lambda text, _: text.encode().decode("latin-1")),
)
KINDS = (*NUMBERS, *NAMES)
