"""Which phone numbers can be called, and that people who share one are seen to."""

import pyarrow as pa
import pytest

from sources.numbers import classify


@pytest.mark.parametrize(
    ("phone", "kept", "kind"),
    [
        ("13800138000", "13800138000", "mobile"),
        (" 13800138000 ", "13800138000", "mobile"),
        ("+86 138 0013 8000", "13800138000", "mobile"),
        ("0086-138-0013-8000", "13800138000", "mobile"),
        ("010-62345678", "010-62345678", "landline"),
        ("+852 6123 4567", "+852 6123 4567", "overseas"),
        ("+351 912 345 678", "+351 912 345 678", "overseas"),
        ("1380013800", "1380013800", "unknown"),
        ("138001380001", "138001380001", "unknown"),
        ("no phone", "no phone", "unknown"),
        ("", None, "none"),
        (None, None, "none"),
    ],
)
def test_kinds(phone: str | None, kept: str | None, kind: str) -> None:
    found = classify(pa.array([phone, "13900139000"], pa.string())).to_pylist()
    assert found == [{"phone": kept, "kind": kind}, {"phone": "13900139000", "kind": "mobile"}]
