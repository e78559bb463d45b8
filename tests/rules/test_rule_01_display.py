"""What is shown of an identifier, and that whatever is not recognised for certain is masked whole."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from outreach.mask import WHOLE, mask_address, mask_card, mask_email, mask_id_number, mask_name, mask_phone

SHOWN = [
    (mask_phone, "13812345678", "138****5678"),
    (mask_card, "6217001234567890123", "****0123"),
    (mask_id_number, "11010119900101123X", "1" + "*" * 16 + "X"),
    (mask_name, "张三丰", "张**"),
    (mask_address, "北京市朝阳区建国路1号", "北京市朝阳区***"),
    (mask_email, "zhang@example.com", "z***@example.com"),
]
ODD = {
    mask_phone: ["1381234567", "138123456789", "+8613812345678", "138 1234 5678", "010-62345678", "61234567"],
    mask_card: ["123456789012345", "12345678901234567890", "6217 0012 3456 7890"],
    mask_id_number: ["E12345678", "110101900101123", "H1234567890"],
    mask_name: ["欧阳修", "阿依古丽·买买提", "Anna Novak", "张"],
    mask_address: ["建国路1号"],
    mask_email: ["zhang", "z@example.com"],
}


@pytest.mark.parametrize(("mask", "value", "shown"), SHOWN)
def test_rule_1_known_shapes_show_what_they_may(
    mask: Callable[[pa.Array], pa.Array], value: str, shown: str
) -> None:
    assert mask(pa.array([value, None])).to_pylist() == [shown, WHOLE]


@pytest.mark.parametrize("mask", ODD, ids=lambda mask: mask.__name__)
def test_rule_1_any_other_shape_is_masked_whole(mask: Callable[[pa.Array], pa.Array]) -> None:
    odd = ODD[mask]
    assert mask(pa.array([*odd, "", None])).to_pylist() == [WHOLE] * (len(odd) + 2)
