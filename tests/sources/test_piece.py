"""A header that is no header: a message never quotes what may be a row."""

import pytest

from base.errors import SourceError
from lake.tables import IDENTITIES
from sources.extract import Extract
from sources.piece import check_header

AGREED = ["customer_no", "name", "phone", "id_number", "generated"]


def _refusal(names: list[str]) -> str:
    with pytest.raises(SourceError) as caught:
        check_header(names, Extract(table=IDENTITIES), file="identities.csv", count_rows=lambda: 999)
    return str(caught.value)


def test_a_file_without_header_shows_nobody() -> None:
    said = _refusal(["KH271828182", "孙云若", "020-60086710", "36012219980118867X", "true"])
    assert "first row does not look like a header" in said
    assert not any(secret in said for secret in ("KH2718", "孙云若", "60086710", "36012219980118867X"))


def test_numbers_in_a_header_are_not_quoted() -> None:
    said = _refusal([*AGREED[:3], "13800138000", "generated"])
    assert "id_number" in said
    assert "13800138000" not in said


def test_ordinary_names_are_quoted() -> None:
    assert "客户备注" in _refusal([*AGREED, "客户备注"])
