"""What is hidden so that fewer than ten people can neither be read nor worked out."""

import numpy as np
import pandas as pd
import pytest

from evaluation.suppress import hidden, recorded, recorded_by_reason, shown, suppress, tells_few

COUNTS = ["treated", "held"]


def test_hidden_cells_come_to_no_fewer_than_ten_people() -> None:
    """3 + 4 are hidden, and 12, since the total less what is shown would tell seven people."""
    counts = pd.DataFrame({"people": [3, 4, 12, 300]})
    told = suppress(counts, count="people", within=[])["people"]
    assert told.isna().tolist() == [True, True, True, False]
    enough = suppress(pd.DataFrame({"people": [8, 9, 12]}), count="people", within=[])["people"]
    assert enough.isna().tolist() == [True, True, False]


def test_rows_of_several_counts_are_hidden_together_and_no_count_tells_the_rest() -> None:
    """300 treated hide the 4 held out beside them; 52 of 56 held out would tell these."""
    rows = pd.DataFrame({"treated": [300, 500, 400], "held": [4, 32, 20]})
    assert hidden(rows, counts=COUNTS, within=[]).tolist() == [True, False, True]


def test_every_group_is_looked_at_by_itself_and_nobody_is_no_secret() -> None:
    rows = pd.DataFrame({"of": ["a", "a", "b", "b"], "treated": [9, 50, 40, 0], "held": [20, 30, 0, 60]})
    assert hidden(rows, counts=COUNTS, within=["of"]).tolist() == [True, True, False, False]


@pytest.mark.parametrize(
    ("share", "of", "tells"), [(1 / 56, 56, True), (55 / 56, 56, True), (0, 56, False), (0.5, 56, False)]
)
def test_a_share_tells_of_few_who_did_or_did_not(share: float, of: int, tells: bool) -> None:
    assert tells_few(np.array([share]), np.array([float(of)])).tolist() == [tells]


def test_a_count_in_words() -> None:
    assert [shown(count) for count in (0, 1, 9, 10, 1_234.0)] == ["0", "under 10", "under 10", "10", "1,234"]


def test_the_trail_keeps_no_reason_of_few_people_nor_what_would_tell_it() -> None:
    assert recorded_by_reason({"opted_out": 3, "suppressed": 12, "withdrawn": 40}) == {
        "opted_out": "not told",
        "suppressed": "not told",
        "withdrawn": 40,
    }
    assert recorded_by_reason({"opted_out": 0, "suppressed": 12}) == {"opted_out": 0, "suppressed": 12}
    assert recorded_by_reason({}) == {}
    assert [recorded(count) for count in (0, 9, 10.0)] == [0, "under 10", 10.0]
