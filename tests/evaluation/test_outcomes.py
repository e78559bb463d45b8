"""What comes back is taken in once, and only for what was released."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from base.errors import SourceError
from evaluation.outcomes import read_inbox, take_in
from lake.tables import CONTACT_LISTS
from sources.source import ANSWERS

DAY = date(2026, 7, 2)
NOON = datetime(2026, 7, 2, 12, tzinfo=UTC)


def _lists(*contacts: str) -> pa.Table:
    rows = [
        {
            "contact": contact,
            "customer": f"customer-{contact}",
            "recipient": "ai_dialler",
            "strategy": "s1",
            "step": 1,
            "channel": "ai_call",
            "hour": 12,
            "payload": "{}",
            "expires_on": date(2026, 7, 2),
        }
        for contact in contacts
    ]
    return pa.Table.from_pylist(rows, schema=CONTACT_LISTS.arrow_schema())


def _outcome(contact: str, result: str = "heard_out", hour: int = 12) -> dict[str, object]:
    return {"contact": contact, "result": result, "happened_at": NOON.replace(hour=hour), "seconds": 30}


def test_the_first_answer_stands_in_any_order() -> None:
    rows = [_outcome("a", "hung_up", 13), _outcome("a", "interested", 11), _outcome("b")]
    for order in (rows, rows[::-1]):
        taken = take_in(pa.Table.from_pylist(order, schema=ANSWERS), _lists("a", "b"), contact_day=DAY)
        assert taken.outcomes.select(["contact", "result"]).to_pylist() == [
            {"contact": "a", "result": "interested"},
            {"contact": "b", "result": "heard_out"},
        ]
        assert taken.refused == {"contact was answered before": 1}


def test_strangers_and_unknown_words_are_refused_and_counted() -> None:
    rows = [_outcome("stranger"), _outcome("a", "delighted")]
    taken = take_in(pa.Table.from_pylist(rows, schema=ANSWERS), _lists("a"), contact_day=DAY)
    assert taken.outcomes.num_rows == 0
    assert taken.refused == {"contact was never released": 1, "result is not one of the known words": 1}


def test_csv_and_parquet_are_read_alike(tmp_path: Path) -> None:
    table = pa.Table.from_pylist([_outcome("a")], schema=ANSWERS)
    pq.write_table(table, tmp_path / "one.parquet")
    pa_csv.write_csv(table.set_column(0, "contact", pa.array(["b"])), tmp_path / "two.csv")
    read = read_inbox(tmp_path)
    assert read.schema == ANSWERS
    assert sorted(read["contact"].to_pylist()) == ["a", "b"]
    assert read["happened_at"].to_pylist() == [NOON, NOON]


def test_no_inbox_means_no_outcomes(tmp_path: Path) -> None:
    assert read_inbox(tmp_path / "nothing").num_rows == 0


def test_a_file_that_lacks_a_column_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.table({"contact": ["a"], "result": ["opened"]}), tmp_path / "short.parquet")
    with pytest.raises(SourceError, match=r"short\.parquet \(1 rows\) lacks happened_at, seconds"):
        read_inbox(tmp_path)


def test_a_torn_file_is_named(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([_outcome("a")], schema=ANSWERS), tmp_path / "torn.parquet")
    whole = (tmp_path / "torn.parquet").read_bytes()
    (tmp_path / "torn.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceError, match=r"torn\.parquet cannot be read"):
        read_inbox(tmp_path)


@pytest.mark.parametrize("grave", ["refused", "complained"])
def test_who_refuses_after_listening_has_refused(grave: str) -> None:
    rows = [_outcome("a", "opened", 10), _outcome("a", grave, 11)]
    for order in (rows, rows[::-1]):
        taken = take_in(pa.Table.from_pylist(order, schema=ANSWERS), _lists("a"), contact_day=DAY)
        assert taken.outcomes["result"].to_pylist() == [grave]


def test_a_refusal_with_a_date_of_long_ago_still_counts_from_the_contact_day() -> None:
    row = {**_outcome("a", "refused"), "happened_at": datetime(1970, 1, 1, tzinfo=UTC)}
    taken = take_in(pa.Table.from_pylist([row], schema=ANSWERS), _lists("a"), contact_day=DAY)
    assert taken.outcomes["happened_at"].to_pylist() == [NOON.replace(hour=0)]
