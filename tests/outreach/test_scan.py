"""The scan: identifiers are found plain and disguised; honest lists pass."""

import csv
import io
import json
from base64 import b64encode

import pyarrow as pa
import pytest

from outreach.scan import Known, find_leaks

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
