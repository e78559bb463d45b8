"""The scan: identifiers are found plain and disguised; honest lists pass."""

import csv
import io
import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from outreach.scan import Known, find_leaks
from outreach.scan.sieve import look_over

PEOPLE = pa.table(
    {
        "customer_no": ["C0001234567", "62170001", "77"],
        "name": ["张三丰", "阿依古丽·买买提", "Anna Novak"],
        "phone": ["13812345678", "010-61234567", None],
        "id_number": ["11010119900101123X", None, "E12345678"],
    }
)
KNOWN = Known.of(PEOPLE)
SCRIPT = (
    "您好，三丰理财8月1日起售，预期年化2.5%，10000元起，详询95500或400-820-8820。"
    "活动2026-07-01至2026-07-31，限额100,000-500,000元。"
)
DISGUISES = {
    "plain phone": "请拨13812345678",
    "another's phone": "15900001111",
    "full-width": "１３８１２３４５６７８",
    "spaced": "138 1234 5678",
    "dashed": "138-1234-5678",
    "zero-width": "138\u200b1234\u200b5678",
    "Chinese numerals": "一三八一二三四五六七八",
    "reversed": "电话87654321831",
    "base64": f"id={b64encode(b'13812345678').decode()}",
    "hex": f"id={b'13812345678'.hex()}",
    "country code": "+86 138 1234 5678",
    "landline": "电话010 6123 4567",
    "ID number": "证件11010119900101123X",
    "ID number in parts": "110101 19900101 1238",
    "customer number": "客户C0001234567",
    "customer number, hyphens": "客户c-0001-234567",
    "long plain customer number": "户62170001",
    "passport": "护照E12345678",
    "name": "张三丰您好",
    "name inside": "尊敬的张三丰先生",
    "minority name": "阿依古丽·买买提女士",
    "Latin name": "dear ANNA NOVAK,",
    "compatibility characters": "客户Ｃ０００１２３４５６７",
    "as a spreadsheet writes it": "1.3812345678E+10",
    "another's as a spreadsheet writes it": "电话1.5900001111e10",
    "power of ten": "1.5900001111×10^10",
    "power of ten, raised": "1.5900001111 × 10¹⁰",
    "head as a power of ten": "1.38e10 12345678",
    "another's head as a power of ten": "1.59e10 + 00001111",
}


def file_with(**extra: str) -> dict[str, bytes]:
    row = {"contact": "aAnkW9Fosi-A", "address": "azTZ2o4XVioA", "hour": "10", "text": SCRIPT, **extra}
    sink = io.StringIO()
    writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([row.keys(), row.values()])
    return {"sms.csv": sink.getvalue().encode()}


def leaks_of(files: dict[str, bytes], *, own_words: frozenset[str] = frozenset({SCRIPT})) -> list[str]:
    return find_leaks(files, known=KNOWN, own_words=own_words)


def test_an_honest_list_passes() -> None:
    manifest = {"manifest.json": json.dumps({"rows": 1, "sha256": "1" * 64, "as_of": "2026-07-01"}).encode()}
    masked = file_with(masked_name="张**", masked_phone="138****5678", reason="存款到期")
    assert leaks_of({**masked, **manifest}) == []


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES.keys())
def test_identifiers_are_found(text: str) -> None:
    (leak,) = leaks_of(file_with(reason=text))
    assert leak.startswith("sms.csv, row 1, column reason: ")


@pytest.mark.parametrize("text", DISGUISES.values(), ids=DISGUISES.keys())
def test_a_finding_names_nobody(text: str) -> None:
    told = " ".join(leaks_of(file_with(reason=text)))
    assert text not in told
    for value in ("13812345678", "张三丰", "C0001234567"):
        assert value not in told


def test_a_phone_where_a_token_belongs_is_found() -> None:
    assert leaks_of(file_with(contact="13812345678"))
    assert leaks_of(file_with(address="a13812345678"[:11]))


def test_the_manifest_is_read_too() -> None:
    assert leaks_of({"manifest.json": json.dumps({"strategies": {"张三丰": 3}}).encode()})


def test_words_of_an_author_may_look_like_a_name_but_hold_no_number() -> None:
    known = Known.of(PEOPLE.set_column(1, "name", pa.array(["三丰", "高效", None])))
    assert find_leaks(file_with(), known=known, own_words=frozenset({SCRIPT})) == []
    assert find_leaks(file_with(), known=known, own_words=frozenset()) != []
    phoned = SCRIPT + "13812345678"
    assert find_leaks(file_with(text=phoned), known=known, own_words=frozenset({phoned})) != []


def rows_of(**columns: list[str]) -> dict[str, bytes]:
    sink = io.StringIO()
    writer = csv.writer(sink, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([columns.keys(), *zip(*columns.values(), strict=True)])
    return {"sms.csv": sink.getvalue().encode()}


def test_a_finding_says_in_how_many_rows_it_stands() -> None:
    files = rows_of(hour=["10", "11", "12"], reason=["存款到期", "13812345678", "13812345678"])
    (leak,) = leaks_of(files)
    assert leak.startswith("sms.csv, row 2 and 1 more, column reason: ")


def test_the_first_ten_findings_are_told_and_how_many_more() -> None:
    leaks = leaks_of(rows_of(reason=[f"159000011{last:02d}" for last in range(25)]))
    assert len(leaks) == 11
    assert leaks[-1] == "sms.csv: 15 more of the kind"


def test_where_plain_numbers_are_owed_mobiles_of_people_on_the_list_stand_by_right() -> None:
    files = rows_of(number=["13812345678"], text=["您好"])
    assert find_leaks(files, known=KNOWN, own_words=frozenset(), plain=frozenset({"number"})) == []
    assert leaks_of(files) != []


@pytest.mark.parametrize(
    "number", ["15900001111", "+8613812345678", "138 1234 5678", "010-61234567", "张三丰", "138****5678", ""]
)
def test_where_plain_numbers_are_owed_anything_else_is_a_leak(number: str) -> None:
    files = rows_of(number=[number], text=["您好"])
    leaks = find_leaks(files, known=KNOWN, own_words=frozenset(), plain=frozenset({"number"}))
    assert [leak.partition(": ")[0] for leak in leaks] == ["sms.csv, row 1, column number"]


def test_the_bank_s_own_numbers_stand_by_right_unless_they_are_somebody_s() -> None:
    files = rows_of(text=["请拨021-58881888或02158881888"], reason=["测试线13900000001"])
    given: dict[str, Any] = {"known": KNOWN, "own_words": frozenset({"13900000001"})}
    own = frozenset({"021-58881888", "13900000001"})
    assert find_leaks(files, **given) != []
    assert find_leaks(files, own_numbers=own, **given) == []
    called = rows_of(text=["请拨13812345678"])
    assert find_leaks(called, own_numbers=frozenset({"13812345678"}), **given) != []


def test_a_test_line_of_the_bank_may_stand_where_plain_numbers_are_owed() -> None:
    files = rows_of(number=["13900000001"])
    given: dict[str, Any] = {"known": KNOWN, "own_words": frozenset(), "plain": frozenset({"number"})}
    assert find_leaks(files, own_numbers=frozenset({"13900000001"}), **given) == []
    assert find_leaks(files, **given) != []


def test_a_key_that_comes_twice_is_read_twice() -> None:
    twice = b'{"notes": "13812345678", "notes": "-"}'
    assert find_leaks({"manifest.json": twice}, known=KNOWN, own_words=frozenset()) != []


@pytest.mark.parametrize("caller", ["95588", "9500090217", "10690123456789", ""])
def test_callers_are_the_bank_s_own_numbers(caller: str) -> None:
    assert leaks_of(rows_of(caller=[caller])) == []


@pytest.mark.parametrize("caller", ["13912345678", "01061234567", "62170001", "张三丰", "95588 "])
def test_a_caller_that_cannot_be_the_bank_s_is_a_leak(caller: str) -> None:
    assert leaks_of(rows_of(caller=[caller])) != []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("masked_name", "张三*"),
        ("masked_name", "张三丰"),
        ("masked_phone", "138***45678"),
        ("masked_phone", "1381****678"),
        ("masked_phone", "13812345678"),
    ],
)
def test_a_mask_that_shows_more_is_a_leak(column: str, value: str) -> None:
    assert leaks_of(rows_of(**{column: ["***", value]}))[0].startswith(f"sms.csv, row 2, column {column}: ")


def test_parts_of_a_number_or_a_name_in_two_columns_are_found() -> None:
    split = rows_of(reason=["存款到期", "编号13812"], hour=["10", "10"], offer=["三个月", "345678元"])
    assert [leak.partition(": ")[0] for leak in leaks_of(split)] == [
        "sms.csv, row 2, columns reason and offer"
    ]
    assert leaks_of(rows_of(offer=["三丰"], reason=["张"])) != []
    assert leaks_of(rows_of(hour=["138"], expires_at=["2026-07-01"], seconds=["120"])) == []


@pytest.mark.parametrize(
    "files",
    [
        {"list.xlsx": b"PK"},
        {"list.csv": b""},
        {"list.csv": b"a,b\n1\n"},
        {"list.csv": b"a,a\n1,2\n"},
        {"list.csv": "a\n13812345678\n".encode("utf-16")},
        {"list.csv": b"a\n\xff\n"},
        {"manifest.json": b"{"},
        {"manifest.json": b"\xff"},
    ],
    ids=lambda files: "-".join(str(content) for content in files.values())[:20],
)
def test_what_cannot_be_read_does_not_leave(files: dict[str, bytes]) -> None:
    assert len(find_leaks(files, known=KNOWN, own_words=frozenset())) == 1


def test_a_long_column_is_looked_over_in_pieces_as_its_values_are_one_by_one() -> None:
    texts = [*DISGUISES.values(), SCRIPT, "存款到期", "", "10"]
    column = pa.array([texts[row % len(texts)] for row in range(160_003)])
    alone = np.concatenate([look_over(pa.array([text]), KNOWN.pairs) for text in texts])
    assert set(alone[-3:]) == {0} != set(alone)
    assert (look_over(column, KNOWN.pairs) == np.resize(alone, len(column))).all()
    assert (look_over(column[7:], KNOWN.pairs) == np.resize(alone, len(column))[7:]).all()


def test_in_a_long_list_of_texts_of_their_own_the_row_is_told() -> None:
    texts = [
        f"客户经理甲为您办理第{row}笔存款，三个月到期自动转存，利息按日计算，到期一并支付。"
        for row in range(30_000)
    ]
    texts[9], texts[29_996] = "请拨13812345678", "张三丰您好"
    files = rows_of(reason=texts, hour=["10"] * 30_000)
    assert len(files["sms.csv"]) > 3 << 20
    assert [leak.partition(": ")[0] for leak in leaks_of(files)] == [
        "sms.csv, row 10, column reason",
        "sms.csv, row 29997, column reason",
    ]


def test_an_empty_list_passes() -> None:
    assert leaks_of({"sms.csv": b'"contact","address","hour","text","caller","masked_name"\n'}) == []


def test_a_digest_may_stand_in_a_manifest_alone() -> None:
    digest = sha256(b"13812345678").hexdigest()
    assert (
        find_leaks({"m.json": json.dumps({"sha256": digest}).encode()}, known=KNOWN, own_words=frozenset())
        == []
    )
    assert "a digest" in leaks_of(rows_of(reason=[f"客户{digest}"]))[0]


@pytest.mark.parametrize("text", ["1.38e10", "规模1.38×10^10元", "1.2e6 2.5e6", "误差1.5E-10，样本2.25E+06"])
def test_powers_of_ten_that_are_no_number_pass(text: str) -> None:
    assert leaks_of(rows_of(reason=[text])) == []


def test_ordinary_words_that_could_be_names_pass_and_names_in_a_sentence_do_not() -> None:
    known = Known.of(PEOPLE.set_column(1, "name", pa.array(["周一", "金华", "高磊"])))
    ordinary = rows_of(reason=["周一至周五可办", "金华市分行", "白云支行"])
    assert find_leaks(ordinary, known=known, own_words=frozenset()) == []
    for text in ("请联系高磊办理", "磊高先生您好", "高 磊"):
        assert find_leaks(rows_of(reason=[text]), known=known, own_words=frozenset()) != []
