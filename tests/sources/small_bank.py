"""A bank of 300 customers that delivers by hand, so that tests can spoil one thing at a time."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from lake.tables import BALANCES, CONSENTS, CUSTOMERS, DELIVERED, IDENTITIES, OPENINGS, TRANSACTIONS
from lake.tables.words import ASSET_CLASSES, CHANNELS
from sources.extract import Extract
from sources.source import COMPLETE

CUSTOMERS_COUNT = 300
FIRST = date(2026, 7, 1)
NUMBERS = [f"N{i:06d}" for i in range(CUSTOMERS_COUNT)]


def tables(as_of: date = FIRST) -> dict[str, pa.Table]:
    """A day's extracts by table name, without any fault."""
    rows = CUSTOMERS_COUNT
    joined = datetime(2020, 1, 1)  # noqa: DTZ001
    noon = datetime(as_of.year, as_of.month, as_of.day, 12)  # noqa: DTZ001
    first_id = as_of.toordinal() * 10_000
    made = {table.name: _extract(table, []) for table in (*DELIVERED, IDENTITIES)}
    made["customers"] = _extract(
        CUSTOMERS,
        [
            {
                "customer_no": number,
                "birth_month": date(1980, 1 + i % 12, 1),
                "gender": "FM"[i % 2],
                "city": ("上海", "Köln", None)[i % 3],
                "opened_on": joined.date(),
                "risk_level": 1 + i % 5,
                "has_app": i % 2 == 0,
                "known_at": joined,
            }
            for i, number in enumerate(NUMBERS)
        ],
    )
    made["identities"] = _extract(
        IDENTITIES,
        [
            {
                "customer_no": number,
                "name": f"王小{chr(0x4E00 + i)}",
                "phone": f"1380013{i:04d}",
                "id_number": f"11010119800101{i:04d}",
                "generated": True,
            }
            for i, number in enumerate(NUMBERS)
        ],
    )
    made["balances"] = _extract(
        BALANCES,
        [
            {
                "customer_no": number,
                "balance_date": as_of,
                **{f"{asset}_fen": 1000 * i + place for place, asset in enumerate(ASSET_CLASSES)},
                "known_at": noon,
            }
            for i, number in enumerate(NUMBERS)
        ],
    )
    made["transactions"] = _extract(
        TRANSACTIONS,
        [
            {
                "transaction": first_id + i,
                "customer_no": NUMBERS[i % rows],
                "occurred_at": noon - timedelta(minutes=i % 600),
                "direction": ("credit", "debit")[i % 2],
                "amount_fen": 100 + i,
                "channel": ("app", "counter", "atm")[i % 3],
                "category": ("salary", "purchase")[i % 2],
                "known_at": noon,
            }
            for i in range(1000)
        ],
    )
    made["openings"] = _extract(
        OPENINGS,
        [
            {
                "opening": first_id + i,
                "customer_no": NUMBERS[i],
                "occurred_at": noon,
                "product": "deposit",
                "amount_fen": 5,
                "known_at": noon,
            }
            for i in range(10)
        ],
    )
    made["consents"] = _extract(
        CONSENTS,
        [
            {
                "customer_no": number,
                "purpose": "marketing",
                "channel": channel,
                "granted": True,
                "valid_from": joined.date(),
                "known_at": joined,
            }
            for number in NUMBERS
            for channel in CHANNELS
        ],
    )
    return made


def with_cell(table: pa.Table, column: str, row: int, value: object) -> pa.Table:
    """The table with one cell (``row`` from 0) replaced; the column becomes text for a text ``value``."""
    cells = table[column].to_pylist()
    if isinstance(value, str):
        cells = [cell if cell is None or isinstance(cell, str) else _text(cell) for cell in cells]
    cells[row] = value
    type_ = pa.string() if isinstance(value, str) else table.schema.field(column).type
    return table.set_column(table.schema.get_field_index(column), column, pa.array(cells, type_))


def deliver_parquet(folder: Path, made: Mapping[str, pa.Table], *, complete: bool = True) -> Path:
    """Lays the tables into ``folder`` as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in made.items():
        pq.write_table(table, folder / f"{name}.parquet")
    return _finish(folder, made, complete)


def deliver_csv(
    folder: Path,
    made: Mapping[str, pa.Table],
    *,
    encoding: str = "utf-8",
    spoil: Mapping[str, Callable[[bytes], bytes]] | None = None,
) -> Path:
    """Lays the tables into ``folder`` as CSV; ``spoil`` changes the bytes of single files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in made.items():
        sink = pa.BufferOutputStream()
        arrow_csv.write_csv(_as_text(table), sink, arrow_csv.WriteOptions(quoting_style="needed"))
        raw = sink.getvalue().to_pybytes().decode("utf-8").encode(encoding)
        (folder / f"{name}.csv").write_bytes((spoil or {}).get(name, lambda same: same)(raw))
    return _finish(folder, made, complete=True)


def _finish(folder: Path, made: Mapping[str, pa.Table], complete: bool) -> Path:
    if complete:
        counts = {name: table.num_rows for name, table in made.items()}
        (folder / COMPLETE).write_text(json.dumps({"tables": counts}))
    return folder


def _extract(table: object, rows: list[dict[str, object]]) -> pa.Table:
    extract = Extract(table=table)  # type: ignore[arg-type]
    kinds = {"string": pa.string(), "long": pa.int64(), "int": pa.int32(), "boolean": pa.bool_()}
    kinds |= {"date": pa.date32(), "timestamp": pa.timestamp("us")}
    schema = pa.schema([pa.field(column.name, kinds[column.type]) for column in extract.delivered])
    return pa.Table.from_pylist(rows, schema=schema)


def _as_text(table: pa.Table) -> pa.Table:
    columns = {}
    for name in table.schema.names:
        cells = table[name]
        stamps = pa.types.is_timestamp(cells.type)
        columns[name] = (
            pc.strftime(cells.cast(pa.timestamp("s"), safe=False), format="%Y-%m-%d %H:%M:%S")
            if stamps
            else cells.cast(pa.string())
        )
    return pa.table(columns)


def _text(cell: object) -> str:
    return cell.isoformat(sep=" ") if isinstance(cell, datetime) else str(cell)
