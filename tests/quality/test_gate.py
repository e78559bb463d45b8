"""The gate: which rows are set aside, for which reason, and when there are too many."""

import json
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from base.errors import QualityError, SourceError
from lake.table import Table
from lake.tables import BALANCES, CONSENTS, CUSTOMERS, SUPPRESSIONS, TRANSACTIONS
from quality.gate import Gate
from quality.keys import KeyLog
from quality.quarantine import Quarantine
from tests.sources.small_bank import FIRST, NUMBERS, tables, with_cell

KNOWN = pa.array(NUMBERS)
TOMORROW = datetime(2026, 7, 2)  # noqa: DTZ001


def judge(
    table: Table, delivered: pa.Table, *, known: pa.Array | None = KNOWN
) -> tuple[list[dict], int, Gate]:
    """The quarantine's lines, the number of rows admitted, and the gate itself."""
    quarantine = Quarantine()
    gate = Gate(table, as_of=FIRST, known=known, quarantine=quarantine)
    admitted, start = 0, 1
    for batch in delivered.to_batches(max_chunksize=400):
        rows = range(start, start + batch.num_rows)
        sound, _ = gate.admit(batch, file=f"{table.name}.csv", rows=rows, unreadable={})
        admitted, start = admitted + sound.num_rows, start + batch.num_rows
    return quarantine.table().to_pylist(), admitted, gate


@pytest.mark.parametrize(
    ("table", "column", "value", "reason"),
    [
        (TRANSACTIONS, "customer_no", "X9", "unknown customer"),
        (TRANSACTIONS, "customer_no", None, "missing customer number"),
        (TRANSACTIONS, "amount_fen", -1, "below 0"),
        (TRANSACTIONS, "amount_fen", None, "missing"),
        (TRANSACTIONS, "channel", "pigeon", "not one of the agreed words"),
        (TRANSACTIONS, "known_at", TOMORROW, "in the future"),
        (CUSTOMERS, "risk_level", 6, "below 1 or above 5"),
        (CUSTOMERS, "opened_on", date(2026, 7, 2), "in the future"),
        (BALANCES, "balance_date", date(2026, 7, 2), "in the future"),
    ],
)
def test_one_bad_row_is_set_aside_with_its_reason(
    table: Table, column: str, value: object, reason: str
) -> None:
    spoilt = with_cell(tables()[table.name], column, 123, value)
    lines, admitted, gate = judge(table, spoilt, known=None if table is CUSTOMERS else KNOWN)
    assert [(line["row"], line["column"], line["reason"]) for line in lines] == [(124, column, reason)]
    assert admitted == spoilt.num_rows - 1
    gate.close()


def test_the_last_moment_of_the_day_is_not_the_future() -> None:
    late = datetime(2026, 7, 1, 23, 59, 59, 999999)  # noqa: DTZ001
    lines, _, _ = judge(TRANSACTIONS, with_cell(tables()["transactions"], "known_at", 5, late))
    assert lines == []


def test_optional_cells_may_be_empty() -> None:
    lines, _, _ = judge(CUSTOMERS, with_cell(tables()["customers"], "gender", 5, None), known=None)
    assert lines == []


def test_repeated_keys_lose_the_later_row_however_the_file_is_cut() -> None:
    made = tables()["transactions"]
    doubled = pa.concat_tables([made, made.slice(10, 3), made.slice(10, 1)])
    for size in (7, 400, 5000):
        quarantine = Quarantine()
        gate = Gate(TRANSACTIONS, as_of=FIRST, known=KNOWN, quarantine=quarantine)
        start = 1
        for batch in doubled.to_batches(max_chunksize=size):
            gate.admit(batch, file="t.csv", rows=range(start, start + batch.num_rows), unreadable={})
            start += batch.num_rows
        places = gate.repeats()
        assert places.tolist() == [1000, 1001, 1002, 1003]
        gate.reject_repeats(places, doubled.take(pa.array(places)))
        lines = quarantine.table().to_pylist()
        assert [line["row"] for line in lines] == [1001, 1002, 1003, 1004]
        assert {line["reason"] for line in lines} == {"a second row of the same key"}


def test_keys_of_several_columns_repeat_only_as_a_whole() -> None:
    made = tables()["consents"]
    _, _, gate = judge(CONSENTS, pa.concat_tables([made, made.slice(5, 1)]))
    assert gate.repeats().tolist() == [made.num_rows]


def test_key_log_agrees_with_a_plain_count() -> None:
    draw = np.random.default_rng(3)
    first, second = draw.integers(0, 300, 5000), draw.integers(-200, 200, 5000)
    log = KeyLog()
    for start in range(0, 5000, 1300):
        cut = slice(start, start + 1300)
        log.add([pa.array(first[cut]), pa.array(second[cut].astype(str).tolist())])
    seen, plain = set(), []
    for place, key in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        if key in seen:
            plain.append(place)
        seen.add(key)
    assert log.repeats().tolist() == plain
    assert len(plain) > 50


def test_too_many_bad_rows_stop_the_night_and_say_where() -> None:
    made = tables()["transactions"]
    cells = [-1 if i < 30 else 5 for i in range(1000)]
    made = made.set_column(made.schema.get_field_index("amount_fen"), "amount_fen", pa.array(cells))
    _, _, gate = judge(TRANSACTIONS, made)
    with pytest.raises(QualityError) as caught:
        gate.close()
    message = str(caught.value)
    assert "transactions: 30 of 1,000 rows were rejected, tolerated are 1.0%" in message
    assert "column amount_fen is below 0 in 30 rows (transactions.csv row 1, " in message


def test_a_table_without_tolerance_stops_at_the_first_bad_row() -> None:
    made = pa.table(
        {
            "customer_no": ["X9"],
            "kind": ["opt_out"],
            "channel": ["all"],
            "since": [FIRST],
            "until": pa.nulls(1, pa.date32()),
            "known_at": [datetime(2026, 7, 1)],  # noqa: DTZ001
        }
    )
    _, _, gate = judge(SUPPRESSIONS, made)
    with pytest.raises(QualityError, match="unknown customer in 1 rows"):
        gate.close()


def test_cells_that_do_not_read_are_a_matter_of_the_file() -> None:
    made = tables()["transactions"]
    cells = made["amount_fen"].to_pylist()
    unread = pa.array([i < 40 for i in range(1000)])
    cells = [None if i < 40 else cell for i, cell in enumerate(cells)]
    batch = made.set_column(4, "amount_fen", pa.array(cells, pa.int64())).to_batches()[0]
    quarantine = Quarantine()
    gate = Gate(TRANSACTIONS, as_of=FIRST, known=KNOWN, quarantine=quarantine)
    gate.admit(batch, file="t.csv", rows=range(1, 1001), unreadable={"amount_fen": unread})
    assert {line["reason"] for line in quarantine.table().to_pylist()} == {"not a whole number"}
    with pytest.raises(SourceError, match="column amount_fen is not a whole number in 40 rows"):
        gate.close()


def test_the_quarantine_names_nobody() -> None:
    """A row whose cells slipped holds a name and phone numbers where other things should be."""
    slipped = tables()["transactions"]
    slipped = with_cell(slipped, "channel", 7, "王小明")
    slipped = with_cell(slipped, "category", 7, "13800138000")
    slipped = with_cell(slipped, "amount_fen", 7, 13800138000)
    customers = with_cell(tables()["customers"], "city", 9, "11010119800101001X")
    customers = with_cell(customers, "gender", 9, "王小明")
    lines, _, _ = judge(TRANSACTIONS, slipped)
    more, _, _ = judge(CUSTOMERS, customers, known=None)
    text = json.dumps([lines, more], ensure_ascii=False, default=str)
    assert len(lines) == len(more) == 1
    for secret in ("王小明", "13800138000", "11010119800101001X", NUMBERS[7], NUMBERS[9]):
        assert secret not in text
    shown = json.loads(lines[0]["content"])
    assert shown["channel"] == "<text of 3>"
    assert shown["amount_fen"] == "<number of 11 digits>"
    assert shown["direction"] == "debit"
    assert timedelta(0) <= datetime.fromisoformat(shown["known_at"]) - datetime(2026, 7, 1)  # noqa: DTZ001
