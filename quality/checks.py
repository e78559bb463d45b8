"""What every row of a delivered table must satisfy, derived from the table's declaration."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from lake.table import Column, Table

Kind = Literal["whole", "readable", "required", "known", "values", "range", "past", "unique"]

# Days that lie in the past by what they mean, besides the times at which things happened or were known.
_PAST_DAYS = {"customers": ("birth_month", "opened_on")}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One demand on a table's rows; ``column`` is None where it concerns the whole row. ``reason`` is what
    people read in the quarantine."""

    kind: Kind
    column: str | None
    reason: str


def checks_of(table: Table) -> tuple[Check, ...]:
    """The demands on ``table``, in the order in which a row's first fault is named."""
    columns = [column for column in table.columns if column.name not in ("customer", "customer_no")]
    past = {table.happened, table.known, *_PAST_DAYS.get(table.name, ())} - {None}
    found = [
        Check(kind="whole", column=None, reason="not cut into the agreed number of cells"),
        Check(kind="required", column="customer_no", reason="missing customer number"),
    ]
    if table.name != "customers":
        found.append(Check(kind="known", column="customer_no", reason="unknown customer"))
    for column in columns:
        if column.type != "string":
            found.append(Check(kind="readable", column=column.name, reason=f"not a {_WORDS[column.type]}"))
        if column.required:
            found.append(Check(kind="required", column=column.name, reason="missing"))
        if column.values:
            found.append(Check(kind="values", column=column.name, reason="not one of the agreed words"))
        if column.low is not None or column.high is not None:
            found.append(Check(kind="range", column=column.name, reason=_outside(column)))
        if column.name in past:
            found.append(Check(kind="past", column=column.name, reason="in the future"))
    found.append(Check(kind="unique", column=None, reason="a second row of the same key"))
    return tuple(found)


def faults(
    check: Check, table: Table, batch: pa.RecordBatch, *, as_of: date, unreadable: Mapping[str, pa.Array]
) -> pa.Array | None:
    """A mask of the rows that fail ``check``, or None when all pass.

    ``batch`` has the table's columns, with the customer's number for the token. Rows whose cell could not be
    read fail *readable* only. *whole*, *known* and *unique* need more than the row and are not judged here.
    """
    if check.column is None:
        return None
    cells = batch.column(check.column)
    match check.kind:
        case "readable":
            return _if_any(unreadable.get(check.column))
        case "required":
            return _missing(cells, unreadable.get(check.column)) if cells.null_count else None
        case "values":
            return _not_among(cells, table[check.column].values)
        case "range":
            return _outside_range(cells, table[check.column])
        case "past":
            return _later(cells, as_of)
        case _:
            return None


def _missing(cells: pa.Array, unreadable: pa.Array | None) -> pa.Array | None:
    missing = pc.is_null(cells)
    return missing if unreadable is None else _if_any(pc.and_not(missing, unreadable))


def _not_among(cells: pa.Array, values: tuple[str, ...]) -> pa.Array | None:
    allowed = pc.is_in(cells, value_set=pa.array([*values, None], cells.type))
    return None if allowed.true_count == len(allowed) else pc.invert(allowed)


def _outside_range(cells: pa.Array, column: Column) -> pa.Array | None:
    if cells.null_count == len(cells):
        return None
    ends = pc.min_max(cells).as_py()
    low = column.low if column.low is not None else ends["min"]
    high = column.high if column.high is not None else ends["max"]
    if ends["min"] >= low and ends["max"] <= high:
        return None
    return pc.fill_null(pc.or_(pc.less(cells, low), pc.greater(cells, high)), False)


def _later(cells: pa.Array, as_of: date) -> pa.Array | None:
    if cells.null_count == len(cells):
        return None
    days = pa.types.is_date(cells.type)
    end = as_of if days else datetime.combine(as_of, time()) + timedelta(days=1, microseconds=-1)
    last = pa.scalar(end, cells.type)
    if pc.max(cells).as_py() <= last.as_py():
        return None
    return pc.fill_null(pc.greater(cells, last), False)


def _if_any(mask: pa.Array | None) -> pa.Array | None:
    return mask if mask is not None and mask.true_count else None


def _outside(column: Column) -> str:
    low = "" if column.low is None else f"below {column.low:g}"
    high = "" if column.high is None else f"above {column.high:g}"
    return " or ".join(filter(None, (low, high)))


_WORDS = {
    "long": "whole number",
    "int": "whole number",
    "double": "number",
    "boolean": "yes or no",
    "date": "date",
    "timestamp": "time",
}
