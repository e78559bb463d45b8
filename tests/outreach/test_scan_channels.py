"""One leak in any column of any channel's list holds the list back; so does one in the manifest."""

import csv
import io
import json

import pyarrow as pa
import pytest

from outreach.channels.channel import MATERIAL, PLAIN, Channel, load_channels
from outreach.scan import Known, find_leaks

PEOPLE = pa.table(
    {
        "customer_no": ["KH001234567", "KH001234568"],
        "name": ["张三丰", "阿依古丽·买买提"],
        "phone": ["13812345678", "010-61234567"],
        "id_number": ["11010119900101123X", "EA1234567"],
    }
)
KNOWN = Known.of(PEOPLE)
HONEST = {
    "contact": "aAnkW9Fosi-A",
    "address": "azTZ2o4XVioA",
    "masked_name": "张**",
    "masked_phone": "138****5678",
    "hour": "10",
    "strategy": "deposit_elderly_idle",
    "step": "1",
    "reason": "老年活期唤醒 · Idle savings of the elderly",
    "offer": "活期转三个月定期，10,000元起",
    "text": "您好，周一至周五9:00-17:30可办理，退订请回TD。",
    "variables": '{"surname": "张", "rate": "2.1%", "截止日": "2026年7月2日"}',
    "seconds": "90",
    "pace": "normal",
    "caller": "9500090217",
    "number": "13812345678",
    "expires_at": "2026-07-02T19:57:13+08:00",
}
PLANTED = {
    "a phone": "13812345678",
    "a phone in spaces": "138 1234 5678",
    "a stranger's phone": "15900001111",
    "a phone in Chinese numerals": "一三八一二三四五六七八",
    "an identity number": "11010119900101123X",
    "a passport": "EA1234567",
    "a customer number": "KH001234567",
    "a customer number as a token": "aKH001234567",
    "a name": "张三丰",
    "a name of several parts": "阿依古丽·买买提",
    "a phone in base64": "MTM4MTIzNDU2Nzg=",
}
CASES = [
    pytest.param(channel, column, id=f"{channel.name}-{column}")
    for channel in load_channels().values()
    for column in channel.emits
]


def leaks_of(channel: type[Channel], rows: list[dict[str, str]]) -> list[str]:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, channel.emits, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    files = {f"{channel.name}.csv": sink.getvalue().encode()}
    plain = PLAIN.intersection(channel.emits)
    return find_leaks(files, known=KNOWN, own_words=frozenset({HONEST["text"]}), plain=plain)


def honest_row(channel: type[Channel]) -> dict[str, str]:
    return {column: HONEST[column] for column in channel.emits}


def test_every_kind_of_material_is_tried() -> None:
    assert set(HONEST) == set(MATERIAL)


@pytest.mark.parametrize("channel", load_channels().values(), ids=lambda channel: channel.name)
def test_an_honest_list_passes(channel: type[Channel]) -> None:
    assert leaks_of(channel, [honest_row(channel)] * 3) == []


@pytest.mark.parametrize(("channel", "column"), CASES)
def test_a_leak_in_any_column_is_told_with_its_place(channel: type[Channel], column: str) -> None:
    for what, value in PLANTED.items():
        if column in PLAIN and what == "a phone":
            continue
        row = honest_row(channel)
        leaks = leaks_of(channel, [row, {**row, column: value}, row])
        assert len(leaks) == 1, what
        assert leaks[0].startswith(f"{channel.name}.csv, row 2, column {column}: "), what
        assert value not in leaks[0]


@pytest.mark.parametrize("what", PLANTED)
def test_a_leak_in_the_manifest_is_found(what: str) -> None:
    value = PLANTED[what]
    for manifest in ({"strategies": {value: 1}}, {"author": value}, {"notes": [1, [value]]}, [value]):
        files = {"manifest.json": json.dumps(manifest, ensure_ascii=False).encode()}
        (leak, *_) = find_leaks(files, known=KNOWN, own_words=frozenset())
        assert value not in leak


@pytest.mark.parametrize("what", PLANTED)
def test_a_leak_as_a_column_s_name_is_found(what: str) -> None:
    content = f'"contact","{PLANTED[what]}"\n"aAnkW9Fosi-A","10"\n'.encode()
    leaks = find_leaks({"list.csv": content}, known=KNOWN, own_words=frozenset())
    assert leaks
    assert PLANTED[what] not in " ".join(leaks)
