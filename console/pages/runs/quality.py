"""Data quality: what was demanded of each night's data, what was not met, and what was not taken in."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
from markupsafe import Markup
from sqlalchemy import Row, Select, func, select

from base.roles import Field
from console.charts import Line, lines
from console.listing import read_date, turned
from console.pages.page import Shown, Visit, page
from console.words import Refusal, Said
from console.words.nights import said
from console.words.quality import EXPECTATIONS, TABLES, reason
from evaluation.suppress import few
from lake.glance import Glance
from lake.tables import QUARANTINE
from ledger.schema import QUALITY_RESULTS

_INTERNAL = frozenset({Field.INTERNAL})
_TABLE = QUALITY_RESULTS.c
_SUMMED = ("demands", "unmet", "delivered", "rejected")
_OF_ALL_ROWS = "expect_table_row_count_to_be_between"
_TREND = Said("Rows not taken in, of a thousand", "每千行中的拒收行数")


@page("/quality", title=("Data quality", "数据质量"), fields=_INTERNAL)
def quality(visit: Visit) -> Shown:
    """Every night's data, newest first, and how many rows were not taken in."""
    nights = select(_TABLE.as_of).distinct().order_by(_TABLE.as_of.desc())
    with visit.ledger.engine.connect() as connection:
        turn = turned(connection, nights, visit.told, search=())
        tables = _by_table().where(_TABLE.as_of.in_([row.as_of for row in turn.rows])).subquery()
        whole = [func.sum(tables.c[name]).label(name) for name in _SUMMED]
        query = select(tables.c.as_of, *whole).group_by(tables.c.as_of).order_by(tables.c.as_of.desc())
        rows = connection.execute(query).all()
    return Shown(
        template="runs/quality.html",
        values={
            "turn": turn,
            "nights": rows,
            "chart": _trend(rows[::-1], visit) if len(rows) > 1 else None,
            "trend": _TREND,
        },
    )


@page("/quality/{as_of}", title=("Data quality of a night", "单夜数据质量"), fields=_INTERNAL)
def night_quality(visit: Visit) -> Shown:
    """One night's data: what was not met first, then everything that was demanded, table by table."""
    as_of = read_date(visit.told["as_of"])
    query = select(QUALITY_RESULTS).where(_TABLE.as_of == as_of).order_by(_TABLE.success, _TABLE.id)
    if visit.told.get("table"):
        query = query.where(_TABLE.table_name == visit.told["table"])
    if visit.told.get("show") == "unmet":
        query = query.where(~_TABLE.success)
    with visit.ledger.engine.connect() as connection:
        tables = connection.execute(_by_table().where(_TABLE.as_of == as_of)).all()
        turn = turned(connection, query, visit.told, search=("table", "show"))
    if not tables:
        raise Refusal(
            f"no data of {as_of} were looked at; the page of data quality shows the nights",
            f"{as_of} 的数据未经检查；数据质量页列有全部日期",
        )
    return Shown(
        template="runs/night_quality.html",
        title=Said(f"Data quality of {as_of}", f"{as_of} 数据质量"),
        values={
            "as_of": as_of,
            "tables": [(said(TABLES, row.table_name), row, _told(row.delivered)) for row in tables],
            "unmet": sum(row.unmet for row in tables),
            "turn": turn,
            "demands": [_in_words(row) for row in turn.rows],
            "kept_out": _kept_out(visit.lake, as_of),
            "table": visit.told.get("table", ""),
            "show": visit.told.get("show", ""),
        },
    )


def _by_table() -> Select[Any]:
    """What was found of each table of each night: demands, how many are unmet, rows delivered, rejected."""
    of_all_rows = _TABLE.expectation == _OF_ALL_ROWS
    return (
        select(
            _TABLE.as_of,
            _TABLE.table_name,
            func.count().label("demands"),
            func.count().filter(~_TABLE.success).label("unmet"),
            func.max(_TABLE.checked).filter(of_all_rows).label("delivered"),
            func.max(_TABLE.unexpected).filter(of_all_rows).label("rejected"),
        )
        .group_by(_TABLE.as_of, _TABLE.table_name)
        .order_by(func.min(_TABLE.id))
    )


def _trend(nights: Sequence[Row[Any]], visit: Visit) -> Markup:
    language = visit.user.language
    values = [1000 * float(row.rejected) / float(row.delivered) if row.delivered else None for row in nights]
    return lines(
        [row.as_of.isoformat() for row in nights],
        [Line(name=_TREND.to(language), values=values)],
        title=_TREND.to(language),
        desc=Said("The table below says the same.", "与下方表格内容一致。").to(language),
        said=lambda value: f"{value:g}",
    )


def _in_words(row: Row[Any]) -> Mapping[str, Any]:
    return {
        "table": said(TABLES, row.table_name),
        "column": row.column_name,
        "demand": said(EXPECTATIONS, row.expectation),
        "met": row.success,
        "checked": _told(row.checked),
        "unexpected": row.unexpected,
        "share": row.share if _told(row.checked) is not None else None,
    }


def _told(rows: int | None) -> int | None:
    """How many rows came; not where they are those of few people. What is wrong with rows is told of each."""
    return None if rows is None or few(np.asarray(rows)) else rows


def _kept_out(lake: Glance, as_of: date) -> list[Mapping[str, Any]]:
    """How many rows are in the quarantine, by table, column and reason; the most frequent first."""
    names = ("source_table", "column", "reason")
    counts = [
        pa.Table.from_batches([batch]).group_by(list(names)).aggregate([([], "count_all")])
        for batch in lake.batches(QUARANTINE, as_of=as_of, columns=names)
    ]
    if not counts:
        return []
    summed = pa.concat_tables(counts).group_by(list(names)).aggregate([("count_all", "sum")])
    rows = summed.sort_by([("count_all_sum", "descending"), *((name, "ascending") for name in names)])
    return [
        {
            "table": said(TABLES, row["source_table"]),
            "column": row["column"],
            "reason": reason(row["reason"]),
            "rows": row["count_all_sum"],
        }
        for row in rows.to_pylist()
    ]
