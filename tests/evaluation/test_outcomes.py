"""What comes back is taken in once, and only for what was released."""

import itertools
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from base.errors import SourceError
from evaluation.outcomes import TakenIn, read_inbox, take_in
from lake.tables.words import RESULTS
from sources.answers import ANSWERS

DAY = date(2026, 7, 2)
NOON = datetime(2026, 7, 2, 12, tzinfo=UTC)
LISTS = pa.schema(
    [
        ("contact", pa.string()),
        ("customer", pa.string()),
        ("strategy", pa.string()),
        ("step", pa.int32()),
        ("channel", pa.string()),
        ("contact_day", pa.date32()),
    ]
)
Row = dict[str, object]


def _taken(rows: list[Row], *contacts: str, before: tuple[tuple[str, str], ...] = ()) -> TakenIn:
    """Taken in against released contacts: 'late...' of the night before, all others of tonight."""
    lists = [
        {
            "contact": contact,
            "customer": f"customer-{contact}",
            "strategy": "s1",
            "step": 1,
            "channel": "ai_call",
            "contact_day": DAY - timedelta(days=contact.startswith("late")),
        }
        for contact in contacts
    ]
    known = pa.table(
        {
            "contact": pa.array([contact for contact, _ in before], pa.string()),
            "result": pa.array([result for _, result in before], pa.string()),
        }
    )
    return take_in(
        pa.Table.from_pylist(rows, schema=ANSWERS), pa.Table.from_pylist(lists, schema=LISTS), before=known
    )


def _outcome(contact: str, result: str = "heard_out", hour: int = 12) -> Row:
    return {"contact": contact, "result": result, "happened_at": NOON.replace(hour=hour), "seconds": 30}


def test_the_gravest_answer_stands_in_any_order() -> None:
    rows = [_outcome("a", "hung_up", 13), _outcome("a", "interested", 14), _outcome("b")]
    for order in itertools.permutations(rows):
        taken = _taken(list(order), "a", "b")
        assert taken.outcomes.select(["contact", "result"]).to_pylist() == [
            {"contact": "a", "result": "interested"},
            {"contact": "b", "result": "heard_out"},
        ]
        assert taken.refused == {"contact was answered before": 1}


def test_of_two_like_answers_the_earlier_stands() -> None:
    rows = [_outcome("a", "opened", 13), _outcome("a", "opened", 11), _outcome("a", "delivered", 10)]
    for order in itertools.permutations(rows):
        assert _taken(list(order), "a").outcomes["happened_at"].to_pylist() == [NOON.replace(hour=11)]


def test_a_late_answer_counts_for_its_own_day_where_it_is_news() -> None:
    rows = [
        _outcome(contact, result)
        for contact, result in (
            ("a", "no_answer"),
            ("late", "opened"),
            ("late-graver", "refused"),
            ("late-lighter", "delivered"),
            ("late-again", "opened"),
        )
    ]
    known = (("late-graver", "opened"), ("late-lighter", "opened"), ("late-again", "opened"))
    taken = _taken(rows, "a", "late", "late-graver", "late-lighter", "late-again", before=known)
    assert taken.outcomes.select(["contact", "result", "contact_day"]).to_pylist() == [
        {"contact": "a", "result": "no_answer", "contact_day": DAY},
        {"contact": "late", "result": "opened", "contact_day": DAY - timedelta(days=1)},
        {"contact": "late-graver", "result": "refused", "contact_day": DAY - timedelta(days=1)},
    ]
    assert taken.refused == {"contact was answered before": 2}


def test_strangers_and_unknown_words_are_refused_and_counted() -> None:
    taken = _taken([_outcome("stranger"), _outcome("a", "delighted")], "a")
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
        assert _taken(order, "a").outcomes["result"].to_pylist() == [grave]


def test_nothing_is_graver_than_a_refusal_but_a_complaint() -> None:
    assert RESULTS[-2:] == ("refused", "complained")


def test_a_refusal_with_a_date_of_long_ago_still_counts_from_the_contact_day() -> None:
    row = {**_outcome("a", "refused"), "happened_at": datetime(1970, 1, 1, tzinfo=UTC)}
    assert _taken([row], "a").outcomes["happened_at"].to_pylist() == [NOON.replace(hour=0)]
