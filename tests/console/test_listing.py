"""Numbers that an address or a form says."""

import pytest

from console.listing import whole


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0042", 42),
        ("99999999", 99_999_999),
        ("100000000", None),
        ("", None),
        ("-1", None),
        ("7.0", None),
        ("1_000", None),
        ("²", None),
        ("７", None),
    ],
)
def test_a_whole_number_is_read_or_nothing_is(word: str, number: int | None) -> None:
    assert whole({"page": word}, "page", digits=8) == number


def test_a_number_that_is_not_said_is_none() -> None:
    assert whole({}, "page", digits=8) is None
