"""Demands on whole tables that no single row can break, written by hand."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import ModuleType
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from lake.table import Table
from lake.tables import BALANCES, CONSENTS, CUSTOMERS, TRANSACTIONS
from lake.tables.words import ASSET_CLASSES

_WEEKS_BACK = 28
_FEW = 50


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number found of a table, and the expectation it has to meet."""

    table: Table
    metrics: Mapping[str, Any]
    expectation: Callable[[ModuleType], Any]


def figures(
    tables: Mapping[Table, DataFrame], earlier: Mapping[Table, DataFrame], *, as_of: date
) -> tuple[Figure, ...]:
    """The figures of tonight's ``tables``, some against the partitions before (``earlier``).

    A table that the source does not deliver is left out of both.
    """
    found: list[Figure] = []
    if CONSENTS in tables:
        found.append(_consents(tables[CUSTOMERS], tables[CONSENTS]))
    if BALANCES in tables:
        found += _balances(tables[BALANCES])
    if TRANSACTIONS in tables and TRANSACTIONS in earlier:
        found += _volume(tables[TRANSACTIONS], earlier[TRANSACTIONS], as_of)
    return tuple(found)


def _consents(customers: DataFrame, consents: DataFrame) -> Figure:
    """At least one customer in a hundred may be contacted at all; less means that the extract went wrong."""
    willing = consents.filter("granted and purpose = 'marketing'").select("customer").distinct().count()
    share = willing / max(customers.count(), 1)
    return Figure(
        table=CONSENTS,
        metrics={"column.mean": share},
        expectation=lambda gx: gx.expectations.ExpectColumnMeanToBeBetween(
            column="customers with a marketing consent", min_value=0.01, max_value=1.0
        ),
    )


def _balances(balances: DataFrame) -> list[Figure]:
    """Not all balances are nought."""
    total = sum((F.col(f"{asset}_fen") for asset in ASSET_CLASSES), start=F.lit(0))
    row = balances.agg(F.count("*").alias("rows"), F.sum((total > 0).cast("long")).alias("held")).collect()[0]
    if not row["rows"]:
        return []
    return [
        Figure(
            table=BALANCES,
            metrics={"column.mean": row["held"] / row["rows"]},
            expectation=lambda gx: gx.expectations.ExpectColumnMeanToBeBetween(
                column="balances above nought", min_value=0.01, max_value=1.0
            ),
        )
    ]


def _volume(today: DataFrame, earlier: DataFrame, as_of: date) -> list[Figure]:
    """Tonight's postings against the daily mean of four weeks: a twentieth or 25 times as many is no day."""
    since = F.lit(as_of - timedelta(days=_WEEKS_BACK))
    usual = earlier.filter(F.col("known_at") >= since).count() / _WEEKS_BACK
    if usual < _FEW:
        return []
    rows = today.count()
    return [
        Figure(
            table=TRANSACTIONS,
            metrics={"table.row_count": rows},
            expectation=lambda gx: gx.expectations.ExpectTableRowCountToBeBetween(
                min_value=round(usual / 20), max_value=round(usual * 25)
            ),
        )
    ]
