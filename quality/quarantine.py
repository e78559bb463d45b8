"""Keeps rows that were not accepted, with the reason, and without anything that may name a person."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from lake.table import Classification, Table
from lake.tables.intake import QUARANTINE

# Phone, card and identity numbers have at least so many digits.
_LONGEST_NUMBER = 10**7


@dataclass
class Quarantine:
    """Rejected rows of all tables of a night."""

    _lines: list[dict[str, object]] = field(default_factory=list)

    def add(
        self,
        table: Table,
        *,
        file: str,
        rows: Sequence[int],
        reason: str,
        column: str | None = None,
        contents: Sequence[str | None] | None = None,
    ) -> None:
        """Takes in ``rows`` (their numbers in the file) that share a reason."""
        for place, row in enumerate(rows):
            self._lines.append(
                {
                    "source_table": table.name,
                    "file": file,
                    "row": int(row),
                    "column": column,
                    "reason": reason,
                    "content": contents[place] if contents else None,
                }
            )

    def table(self) -> pa.Table:
        """All of them, in the order of table, file and row."""
        lines = sorted(self._lines, key=lambda line: (line["source_table"], line["file"], line["row"]))
        return pa.Table.from_pylist(lines, schema=QUARANTINE.arrow_schema())


def contents(batch: pa.RecordBatch, table: Table, *, faulty: str | None) -> list[str]:
    """Each row as a JSON object that names nobody.

    Only agreed words, dates, flags and short numbers are given as they are. Text, long numbers and the cell
    at fault are described: a row whose cells slipped may hold a name or a phone where a city should be.
    """
    declared = {column.name: column for column in table.columns}
    shown = [name for name in batch.schema.names if name in declared and name != "customer"]
    shown = [name for name in shown if declared[name].classification is not Classification.IDENTIFIER]
    columns = {name: batch.column(name).to_pylist() for name in shown}
    return [
        json.dumps(
            {
                name: _shape(cells[i]) if name == faulty else _harmless(cells[i], declared[name].values)
                for name, cells in columns.items()
            },
            ensure_ascii=False,
        )
        for i in range(batch.num_rows)
    ]


def _harmless(cell: object, values: tuple[str, ...]) -> object:
    if cell is None or isinstance(cell, bool):
        return cell
    if isinstance(cell, str):
        return cell if cell in values else _shape(cell)
    if isinstance(cell, int):
        return cell if abs(cell) < _LONGEST_NUMBER else _shape(cell)
    return str(cell)


def _shape(cell: object) -> str | None:
    match cell:
        case None:
            return None
        case str():
            return f"<text of {len(cell)}>"
        case int():
            return f"<number of {len(str(abs(cell)))} digits>"
        case _:
            return f"<{type(cell).__name__}>"
