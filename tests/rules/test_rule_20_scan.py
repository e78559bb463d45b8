"""The bytes that leave are read once more: identifiers, plain and disguised, keep them from leaving."""

import base64
import csv
import io

import pyarrow as pa
import pytest

from base.errors import ReleaseError
from outreach.scan import Known, find_leaks
from strategies.folder import OWN_BOOK, read_folder
from tests.outreach.release_world import House, touches_by_channel
from tests.strategies.book_world import make_live, slip_in

PHONE = "13812345678"
PEOPLE = pa.table(
    {
        "customer_no": ["C0001234567"],
        "name": ["张三丰"],
        "phone": [PHONE],
        "id_number": ["11010119900101123X"],
    }
)
CHINESE = str.maketrans("0123456789", "零一二三四五六七八九")
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
DISGUISED = {
    "plain": PHONE,
    "full-width digits": PHONE.translate(FULL_WIDTH),
    "spaces": " ".join(PHONE),
    "zero-width characters": "\u200b".join(PHONE),
    "Chinese numerals": PHONE.translate(CHINESE),
    "reversed": PHONE[::-1],
    "base64": base64.b64encode(PHONE.encode()).decode(),
    "hexadecimal": PHONE.encode().hex(),
    "name": "张三丰先生您好",
    "identity number": "11010119900101123X",
    "customer number": "C0001234567",
}


def leaks(text: str) -> list[str]:
    sink = io.StringIO()
    row = {"contact": "aAnkW9Fosi-A", "address": "azTZ2o4XVioA", "hour": "10", "text": text}
    writer = csv.DictWriter(sink, row, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerow(row)
    files = {"ai_call.csv": sink.getvalue().encode()}
    return find_leaks(files, known=Known.of(PEOPLE), own_words=frozenset())


@pytest.mark.parametrize("form", DISGUISED)
def test_rule_20_an_identifier_is_found_in_every_disguise(form: str) -> None:
    (found,) = leaks(f"请联系 {DISGUISED[form]}")
    assert DISGUISED[form] not in found


def test_rule_20_ordinary_words_pass() -> None:
    assert all(leaks(touch.script) == [] for one in read_folder() for touch in one.funnel)


def test_rule_20_what_is_found_does_not_leave(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mask that forgets to mask: the scan stands behind it."""
    monkeypatch.setattr("outreach.release.lists.mask_name", lambda names: pa.array(names.to_pylist()))
    with pytest.raises(ReleaseError):
        house.release()
    assert house.sealed("human_desk") == []


@pytest.mark.parametrize(
    ("channel", "recipient", "column", "form"),
    [
        ("ai_call", "ai_dialler", "variables.hotline", "plain"),
        ("sms", "sms_gateway", "text", "Chinese numerals"),
    ],
)
def test_rule_20_a_number_in_a_variable_is_held_back_with_a_reason(
    house: House, channel: str, recipient: str, column: str, form: str
) -> None:
    """No document says so and is read: it is put into the ledger behind the house's back."""
    (name,) = (touch["strategy"] for touch in touches_by_channel() if touch["channel"] == channel)
    text = (OWN_BOOK / f"{name}.yaml").read_text(encoding="utf-8")
    before, said, after = text.partition(f"channel: {channel}\n")
    after = after.replace("script: >-\n      ", "script: >-\n      请拨{hotline}。", 1)
    number = DISGUISED[form]
    slip_in(house.night.ledger, str(name), f'variables: {{hotline: "{number}"}}\n{before}{said}{after}')
    with pytest.raises(ReleaseError) as caught:
        house.release()
    assert f"{recipient}/{channel}.csv, row 1" in str(caught.value)
    assert f"column {column}: a phone, identity or customer number" in str(caught.value)
    assert number not in str(caught.value)
    assert not house.sealed(recipient)
    make_live(house.night.ledger)
    house.release()
    assert house.files(recipient)
