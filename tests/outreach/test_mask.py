"""Masks: the agreed shapes keep what the rules allow; anything else is hidden whole."""

import re

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.mask import WHOLE, mask_address, mask_card, mask_email, mask_id_number, mask_name, mask_phone

SHOWN = [
    (mask_name, "张三", "张**"),
    (mask_name, "张三丰", "张**"),
    (mask_phone, "13812345678", "138****5678"),
    (mask_id_number, "11010119900101123X", "1****************X"),
    (mask_card, "6222021234567890", "****7890"),
    (mask_email, "zhang.san@example.com", "z***@example.com"),
    (mask_address, "北京市朝阳区建国路1号", "北京市朝阳区***"),
    (mask_address, "广东省深圳市南山区科技园2栋", "广东省深圳市南山区***"),
]
HIDDEN = [
    *(
        (mask_name, name)
        for name in ("欧阳修", "司马", "阿依古丽·买买提", "王", "Zhang San", "张 三", "张三\n", "诸葛孔明")
    ),
    *((mask_phone, phone) for phone in ("+8613812345678", "138 1234 5678", "010-61234567", "1381234567")),
    *(
        (mask_phone, phone)
        for phone in ("１３８１２３４５６７８", "13812345678\n", "85212345678", "12812345678")
    ),
    *((mask_id_number, number) for number in ("110101900101123", "E12345678", "11010119900101123x")),
    *((mask_card, number) for number in ("622202123456789", "6222 0212 3456 7890")),
    *((mask_email, address) for address in ("a@b.com", "张三@example.com", "zhang@", "zh ang@x.com")),
    *((mask_address, place) for place in ("建国路1号", "北京市朝阳小区3号楼", "北京市朝阳区")),
]
MASKS = [mask_name, mask_phone, mask_id_number, mask_card, mask_email, mask_address]
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
ALLOWED = {
    mask_name: re.compile(r"[\u4e00-\u9fff]\*\*"),
    mask_phone: re.compile(r"1[3-9]\d\*{4}\d{4}", re.ASCII),
    mask_id_number: re.compile(r"\d\*{16}[\dX]", re.ASCII),
    mask_card: re.compile(r"\*{4}\d{4}", re.ASCII),
    mask_email: re.compile(r"[A-Za-z0-9._+-]\*{3}@[A-Za-z0-9.-]+"),
    mask_address: re.compile(r"[\u3400-\U0003ffff]+[区县旗]\*{3}"),
}


@pytest.mark.parametrize(("mask", "value", "shown"), SHOWN)
def test_known_shapes(mask, value: str, shown: str) -> None:
    assert mask(pa.array([value])).to_pylist() == [shown]


@pytest.mark.parametrize(("mask", "value"), HIDDEN)
def test_unknown_shapes_are_masked_whole(mask, value: str) -> None:
    assert mask(pa.array([value])).to_pylist() == [WHOLE]


@pytest.mark.parametrize("mask", MASKS)
def test_null_is_masked_whole_and_nothing_stays_nothing(mask) -> None:
    assert mask(pa.array([None, None], pa.string())).to_pylist() == [WHOLE, WHOLE]
    assert mask(pa.array([], pa.string())).to_pylist() == []


@pytest.mark.parametrize("mask", MASKS)
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    value=st.one_of(
        st.text(max_size=30),
        st.text(HAN, max_size=8),
        st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
        st.from_regex(r"[1-9][0-9]{16}[0-9X]", fullmatch=True),
        st.from_regex(r"[0-9 +()-]{5,22}", fullmatch=True),
        st.emails(),
    )
)
def test_whatever_comes_nothing_but_the_allowed_form_leaves(mask, value: str) -> None:
    masked = mask(pa.array([value])).to_pylist()[0]
    assert masked == WHOLE or ALLOWED[mask].fullmatch(masked)
    assert value not in masked or value in WHOLE
