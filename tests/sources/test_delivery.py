"""What is read of a delivery, and how a bad one is refused: by file, column and number of rows."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from base.errors import SourceError
from lake.table import Table
from lake.tables import COMPLAINTS, CUSTOMERS, IDENTITIES, TRANSACTIONS
from sources.delivery import open_delivery
from sources.extract import Extract
from tests.sources.small_bank import FIRST, deliver_csv, deliver_parquet, tables, with_cell


def read(folder: Path, extract: Extract) -> pa.Table:
    pieces = list(open_delivery(folder, as_of=FIRST).read(extract))
    return pa.Table.from_batches([piece.batch for piece in pieces])


def refusal(folder: Path, table: Table, **terms: object) -> str:
    with pytest.raises(SourceError) as caught:
        read(folder, Extract(table=table, needs_rows=table is CUSTOMERS, **terms))  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_csv_and_parquet_read_the_same(tmp_path: Path, encoding: str) -> None:
    made = tables()
    made["customers"] = made["customers"].filter(pa.compute.not_equal(made["customers"]["city"], "Köln"))
    deliver_parquet(tmp_path / "p", made)
    deliver_csv(tmp_path / "c", made, encoding=encoding)
    for table in (CUSTOMERS, TRANSACTIONS):
        plain = read(tmp_path / "p", Extract(table=table))
        assert read(tmp_path / "c", Extract(table=table, encoding=encoding)).equals(plain)
        assert plain.num_rows == made[table.name].num_rows


def test_part_files_are_read_in_order_and_rows_counted_in_each(tmp_path: Path) -> None:
    made = tables()
    deliver_parquet(tmp_path, made)
    (tmp_path / "transactions.parquet").unlink()
    (tmp_path / "transactions").mkdir()
    for part in range(4):
        cut = made["transactions"].slice(part * 250, 250)
        pq.write_table(cut, tmp_path / "transactions" / f"part-{part}.parquet")
    pieces = list(open_delivery(tmp_path, as_of=FIRST).read(Extract(table=TRANSACTIONS)))
    assert [piece.file for piece in pieces] == [f"transactions/part-{part}.parquet" for part in range(4)]
    assert [piece.rows[0] for piece in pieces] == [1, 1, 1, 1]
    whole = pa.Table.from_batches([piece.batch for piece in pieces])
    assert whole["transaction"].to_pylist() == made["transactions"]["transaction"].to_pylist()


def test_a_bank_s_own_formats_words_and_names(tmp_path: Path) -> None:
    deliver_parquet(tmp_path, tables())
    (tmp_path / "transactions.parquet").unlink()
    (tmp_path / "transactions.csv").write_text(
        "流水号|客户号|时间|借贷|金额|渠道|用途|入账|备注\n"
        "7| N000001 |2026/07/01 08:09:10|C|1234,50|app|salary|2026/07/01 09:00:00|ignored\n"
        "8|N000002|2026/07/01 08:09:11|D|-|atm|cash|2026/07/01 09:00:00|\n",
        encoding="gb18030",
    )
    (tmp_path / "_COMPLETE").write_text("")
    extract = Extract(
        table=TRANSACTIONS,
        encoding="gb18030",
        separator="|",
        decimal=",",
        money="yuan",
        time_format="%Y/%m/%d %H:%M:%S",
        columns={
            "transaction": "流水号",
            "customer_no": "客户号",
            "occurred_at": "时间",
            "direction": "借贷",
            "amount_fen": "金额",
            "channel": "渠道",
            "category": "用途",
            "known_at": "入账",
        },
        words={"direction": {"C": "credit", "D": "debit"}},
        ignored=("备注",),
        nulls=("", "-"),
    )
    rows = read(tmp_path, extract).to_pylist()
    assert rows[0]["customer_no"] == "N000001"
    assert rows[0]["amount_fen"] == 123_450
    assert [row["direction"] for row in rows] == ["credit", "debit"]
    assert rows[1]["amount_fen"] is None
    assert rows[0]["occurred_at"].isoformat() == "2026-07-01T08:09:10"


def test_a_missing_file_is_named_with_the_rows_announced(tmp_path: Path) -> None:
    deliver_parquet(tmp_path, tables())
    (tmp_path / "transactions.parquet").unlink()
    message = refusal(tmp_path, TRANSACTIONS)
    assert "transactions.csv or transactions.parquet is missing" in message
    assert "1,000 rows were announced" in message


@pytest.mark.parametrize("deliver", [deliver_csv, deliver_parquet])
def test_a_missing_column_is_named(tmp_path: Path, deliver: Callable[..., Path]) -> None:
    made = tables()
    made["transactions"] = made["transactions"].drop_columns(["amount_fen"])
    message = refusal(deliver(tmp_path, made), TRANSACTIONS)
    assert "(1,000 rows)" in message
    assert "column amount_fen is missing" in message


def test_a_column_of_another_type_is_named(tmp_path: Path) -> None:
    made = tables()
    made["transactions"] = with_cell(made["transactions"], "amount_fen", 0, "much")
    message = refusal(deliver_parquet(tmp_path, made), TRANSACTIONS)
    assert (
        "transactions.parquet (1,000 rows): column amount_fen is of type string, agreed was long" in message
    )


def test_a_column_nobody_agreed_on_is_refused(tmp_path: Path) -> None:
    made = tables()
    made["customers"] = made["customers"].append_column("mood", pa.array(["good"] * 300))
    assert "column mood was not agreed" in refusal(deliver_parquet(tmp_path, made), CUSTOMERS)
    assert read(tmp_path, Extract(table=CUSTOMERS, ignored=("mood",))).num_rows == 300


@pytest.mark.parametrize(
    "name", ["password", "PIN", "card_cvv2", "网银密码", "fingerprint_template", "Track2"]
)
def test_credentials_are_refused_even_where_they_would_be_ignored(tmp_path: Path, name: str) -> None:
    made = tables()
    made["customers"] = made["customers"].append_column(name, pa.array(["x"] * 300))
    for place, deliver in (("c", deliver_csv), ("p", deliver_parquet)):
        message = refusal(deliver(tmp_path / place, made), CUSTOMERS, ignored=(name,))
        assert f"column {name} is a credential and is refused" in message


@pytest.mark.parametrize(
    ("written", "declared"), [("gb18030", "utf-8"), ("utf-8", "gb18030"), ("utf-16", "utf-8")]
)
def test_another_encoding_is_detected_and_named(tmp_path: Path, written: str, declared: str) -> None:
    deliver_csv(tmp_path, tables(), encoding=written)
    message = refusal(tmp_path, CUSTOMERS, encoding=declared)
    assert f"customers.csv: declared as {declared}" in message
    assert f"is {written}" in message
    assert "row 1 " in message or written == "utf-16"


def test_a_delivery_without_its_marker_is_still_being_written(tmp_path: Path) -> None:
    deliver_parquet(tmp_path, tables(), complete=False)
    with pytest.raises(SourceError, match="not complete"):
        open_delivery(tmp_path, as_of=FIRST)
    with pytest.raises(SourceError, match="nothing was delivered"):
        open_delivery(tmp_path / "none", as_of=FIRST)


def test_a_truncated_parquet_file_is_named(tmp_path: Path) -> None:
    deliver_parquet(tmp_path, tables())
    path = tmp_path / "transactions.parquet"
    path.write_bytes(path.read_bytes()[:-500])
    assert "transactions.parquet is damaged or cut short" in refusal(tmp_path, TRANSACTIONS)


def test_a_parquet_file_damaged_inside_is_named(tmp_path: Path) -> None:
    deliver_parquet(tmp_path, tables())
    path = tmp_path / "transactions.parquet"
    raw = bytearray(path.read_bytes())
    raw[200:900] = bytes(700)
    path.write_bytes(raw)
    assert "transactions.parquet is damaged or cut short" in refusal(tmp_path, TRANSACTIONS)


def test_a_truncated_csv_file_has_fewer_rows_than_announced(tmp_path: Path) -> None:
    cut = {"transactions": lambda raw: raw[: len(raw) // 2]}
    deliver_csv(tmp_path, tables(), spoil=cut)
    message = refusal(tmp_path, TRANSACTIONS)
    assert "table transactions has" in message
    assert "_COMPLETE says 1,000" in message


def test_torn_rows_are_counted_and_later_rows_keep_their_numbers(tmp_path: Path) -> None:
    def tear(raw: bytes) -> bytes:
        lines = raw.split(b"\n")
        lines[3] = lines[3].replace(b",", b";", 2)
        return b"\n".join(lines)

    deliver_csv(tmp_path, tables(), spoil={"transactions": tear})
    (piece,) = open_delivery(tmp_path, as_of=FIRST).read(Extract(table=TRANSACTIONS))
    assert piece.torn == (3,)
    assert list(piece.rows[:4]) == [1, 2, 4, 5]
    assert piece.delivered == 1000


def test_empty_tables_are_refused_only_where_rows_are_needed(tmp_path: Path) -> None:
    made = tables()
    made["customers"] = made["customers"].slice(0, 0)
    deliver_parquet(tmp_path, made)
    assert "table customers is empty (0 rows)" in refusal(tmp_path, CUSTOMERS)
    assert list(open_delivery(tmp_path, as_of=FIRST).read(Extract(table=COMPLAINTS))) == []


def test_a_file_of_no_bytes_and_a_wrong_separator_are_named(tmp_path: Path) -> None:
    deliver_csv(tmp_path, tables(), spoil={"customers": lambda _: b""})
    assert "customers.csv is empty (0 rows, not even a header)" in refusal(tmp_path, CUSTOMERS)
    assert "is the separator ';' right?" in refusal(tmp_path, TRANSACTIONS, separator=";")


def test_a_quote_that_never_ends_tears_its_own_row_only(tmp_path: Path) -> None:
    unbalanced = {"identities": lambda raw: raw.replace(b'"N000150"', b'"N000150', 1)}
    deliver_csv(tmp_path, tables(), spoil=unbalanced)
    (piece,) = open_delivery(tmp_path, as_of=FIRST).read(Extract(table=IDENTITIES))
    assert piece.torn == (151,)
    assert piece.batch.num_rows == 299
