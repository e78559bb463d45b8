"""One night's plan, made up: so many contacts of each strategy in each segment."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import write_deltalake

from lake.table import Table
from lake.tables import CERTIFICATES, LIMITS, PLAN

_NOTHING = {
    "string": "",
    "double": 0.0,
    "int32": 0,
    "int64": 0,
    "bool": False,
    "date32[day]": date(2026, 1, 1),
}


def fill(lake: Path, night: date, contacts: Mapping[tuple[str, str], int]) -> None:
    """Writes the plan of the night, ``contacts`` by segment and strategy."""
    used = Counter[str]()
    for (_, strategy), count in contacts.items():
        used[strategy] += count
    places = [place for place, count in contacts.items() for _ in range(count)]
    plan = [{"segment": segment, "strategy": strategy, "fate": "contact"} for segment, strategy in places]
    limits = [
        {"name": f"strategy.{name}", "kind": "strategy", "used": float(count), "unit": "contacts"}
        for name, count in used.items()
    ]
    write(lake, PLAN, night, plan)
    write(lake, LIMITS, night, limits)
    write(lake, CERTIFICATES, night, [{"contacts": len(plan), "day": night}])


def write(lake: Path, table: Table, night: date, rows: list[dict[str, Any]]) -> None:
    """Writes the rows; what they leave out is nothing of its kind."""
    schema = table.arrow_schema()
    whole = [
        {one.name: row.get(one.name, None if one.nullable else _NOTHING[str(one.type)]) for one in schema}
        for row in rows
    ]
    dated = pa.Table.from_pylist(whole, schema).append_column(
        "as_of", pa.array([night] * len(rows), pa.date32())
    )
    write_deltalake(str(lake / table.name), dated, mode="append", partition_by=["as_of"])
