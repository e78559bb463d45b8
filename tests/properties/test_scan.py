"""Whatever text stands around it: what is planted is found, what is found was let through by the sieve."""

import base64
import json

import pyarrow as pa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from base.disguises.forms import forms
from base.disguises.numbers import codes_in, has_number
from outreach.scan import Known, find_leaks
from outreach.scan.names import has_name

PHONE, IDENTITY, NAME = "13812345678", "11010119900101123X", "张三丰"
KNOWN = Known.of(
    pa.table(
        {
            "customer_no": ["KH001234567", None],
            "name": [NAME, "Anna Novák"],
            "phone": [PHONE, None],
            "id_number": [IDENTITY, None],
        }
    )
)
PLAN = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NUMERALS = [
    "0123456789",
    "０１２３４５６７８９",
    "零一二三四五六七八九",
    "〇幺两叁肆五六拐八勾",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "⁰¹²³⁴⁵⁶⁷⁸⁹",
    "٠١٢٣٤٥٦٧٨٩",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
]
GAPS = ["", " ", "\u3000", "-", "——", ".", "·", "/", "\u200b", "\u00ad", "\u202e", "\u0301", "\n"]
WRAPPINGS = {
    "none": str,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "per cent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "entities": lambda text: "".join(f"&#{ord(sign)};" for sign in text),
    "escapes": lambda text: json.dumps(text) if not text.isascii() else text,
}
# Words beside a number that neither continue it nor take it for a part of a code word.
AROUND = st.text(alphabet="您好客户存款到期可办理，。！（）《》元月", max_size=12)
ANYTHING = st.text(
    alphabet=st.one_of(
        st.sampled_from("0123456789 -./:,一二三四五六七八九零张三丰KHX年月日元"), st.characters(codec="utf-8")
    ),
    max_size=40,
)
# Identifiers with single characters of them written, parted or pushed aside at random.
_GAP_OR_NONE = st.sampled_from(
    [""] * 12 + [*GAPS, ",", ":", "(", ")", "，", "日", "1", "|", "%", "\u2066", "\n "]
)


@st.composite
def noisy(draw: st.DrawFn) -> str:
    identifier = draw(
        st.sampled_from(
            [PHONE, IDENTITY, "KH001234567", NAME, "Anna Novak", PHONE[::-1], f"2026-07-01 {PHONE}"]
        )
    )
    signs = []
    for sign in identifier:
        row = draw(st.sampled_from(["0123456789"] * 6 + NUMERALS))
        signs += [row[int(sign)] if sign.isdigit() else sign, draw(_GAP_OR_NONE)]
    return draw(AROUND) + "".join(signs) + draw(AROUND)


def leaks_of(text: str, *, own_words: frozenset[str] = frozenset()) -> list[str]:
    files = {"list.csv": '"reason"\n"{}"\n'.format(text.replace('"', '""')).encode()}
    return find_leaks(files, known=KNOWN, own_words=own_words)


@PLAN
@given(
    identifier=st.sampled_from([PHONE, IDENTITY, "KH001234567"]),
    numerals=st.sampled_from(NUMERALS),
    gap=st.sampled_from(GAPS),
    turned=st.booleans(),
    wrapping=st.sampled_from(sorted(WRAPPINGS)),
    before=AROUND,
    after=AROUND,
)
@example(PHONE, NUMERALS[-1], "", False, "escapes", "", "")
@example(PHONE, NUMERALS[1], "\n", False, "escapes", "", "")
def test_a_known_number_is_found_in_any_numerals_gap_direction_and_wrapping(
    identifier: str, numerals: str, gap: str, turned: bool, wrapping: str, before: str, after: str
) -> None:
    signs = [numerals[int(sign)] if sign.isdigit() else sign for sign in identifier]
    hidden = WRAPPINGS[wrapping](gap.join(reversed(signs) if turned else signs))
    leaks = leaks_of(f"{before}{hidden}{after}")
    assert leaks
    assert identifier not in " ".join(leaks)


@PLAN
@given(
    gap=st.sampled_from(["", " ", "\u3000", "-", "·", "\u200b", "\u0301"]),
    turned=st.booleans(),
    wrapping=st.sampled_from(["none", "base64", "hex", "per cent", "entities"]),
    before=AROUND,
    after=AROUND,
)
def test_a_name_is_found_with_any_gap_direction_and_wrapping(
    gap: str, turned: bool, wrapping: str, before: str, after: str
) -> None:
    hidden = WRAPPINGS[wrapping](gap.join(reversed(NAME) if turned else NAME))
    assert leaks_of(f"{before}{hidden}{after}")


@settings(PLAN, max_examples=200)
@given(text=st.one_of(noisy(), noisy(), ANYTHING))
@example("110101 1990-01-01 123X")
@example("1381\n2345678")
@example("13:81:23:45:67:8")
def test_what_an_exact_search_of_everything_finds_is_found_through_the_sieve_too(text: str) -> None:
    views = list(forms(text))
    codes = KNOWN.among(pa.array({code for view, _ in views for code in codes_in(view)}, pa.string()))
    found = any(
        has_number(view, known=codes, own=frozenset()) or has_name(view, KNOWN, guessed=guessed)
        for view, guessed in views
    )
    assert not found or leaks_of(text)


@PLAN
@given(
    content=st.one_of(st.binary(max_size=60), ANYTHING.map(str.encode)), kind=st.sampled_from(["csv", "json"])
)
def test_no_bytes_make_the_scan_fail_or_pass_unread(content: bytes, kind: str) -> None:
    leaks = find_leaks({f"list.{kind}": content}, known=KNOWN, own_words=frozenset())
    assert leaks or PHONE.encode() not in content
