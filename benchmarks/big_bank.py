"""A large bank for benchmarks, drawn by hashes inside the engine: no story, but the shape and bulk of one."""

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lake.store import Store
from lake.table import Column as TableColumn
from lake.table import Table
from lake.tables import (
    APP_EVENTS,
    BALANCES,
    COMPLAINTS,
    CONSENTS,
    CONTACTS,
    CUSTOMERS,
    INBOUND_CALLS,
    NUMBERS,
    OPENINGS,
    OUTCOMES,
    SUPPRESSIONS,
    TRANSACTIONS,
)
from lake.tables.words import CHANNELS

YEAR = 365

# Rows for each customer.
EVENTS: dict[Table, float] = {
    TRANSACTIONS: 40,
    APP_EVENTS: 10,
    CONTACTS: 3,
    OPENINGS: 0.5,
    INBOUND_CALLS: 0.2,
    COMPLAINTS: 0.02,
    SUPPRESSIONS: 0.05,
}
BALANCE_RECORDS = 13


def write_big_bank(store: Store, *, as_of: date, customers: int) -> dict[str, int]:
    """Fills the raw tables with a year's history up to ``as_of``; returns rows by table."""
    bank = _Bank(store, as_of, customers)
    made = {
        CUSTOMERS: bank.one_each(CUSTOMERS),
        NUMBERS: bank.one_each(NUMBERS),
        BALANCES: bank.balances(),
        CONSENTS: bank.consents(),
        **{table: bank.events(table, int(customers * each)) for table, each in EVENTS.items()},
    }
    rows = {table.name: store.write(table, frame, as_of=as_of) for table, frame in made.items()}
    last_night = as_of - timedelta(days=1)
    outcomes = bank.events(OUTCOMES, customers // 10)
    rows[OUTCOMES.name] = store.write(OUTCOMES, outcomes, as_of=last_night)
    return rows


class _Bank:
    def __init__(self, store: Store, as_of: date, customers: int) -> None:
        self.spark = store.spark
        self.as_of = as_of
        self.customers = customers

    def events(self, table: Table, rows: int) -> DataFrame:
        owner = F.pmod(F.xxhash64("id", F.lit(table.name)), F.lit(self.customers))
        return self._drawn(table, self.spark.range(rows), {"customer": _token(owner)})

    def one_each(self, table: Table) -> DataFrame:
        return self._drawn(table, self.spark.range(self.customers), {"customer": _token(F.col("id"))})

    def balances(self) -> DataFrame:
        """A record every four weeks, give or take."""
        record = F.floor(F.col("id") / self.customers)
        age = record * 28 + F.pmod(F.xxhash64("id"), F.lit(28))
        day = F.date_sub(F.lit(self.as_of), age.cast("int"))
        given = {"customer": _token(F.col("id") % self.customers), "balance_date": day}
        given["known_at"] = _plus_seconds(day.cast("timestamp"), F.lit(80_000))
        return self._drawn(BALANCES, self.spark.range(self.customers * BALANCE_RECORDS), given)

    def consents(self) -> DataFrame:
        rows = self.spark.range(self.customers * len(CHANNELS))
        channel = _one_of(CHANNELS, F.floor(F.col("id") / self.customers))
        owner = _token(F.col("id") % self.customers)
        return self._drawn(
            CONSENTS, rows, {"customer": owner, "channel": channel, "purpose": F.lit("marketing")}
        )

    def _drawn(self, table: Table, rows: DataFrame, given: dict[str, Column]) -> DataFrame:
        columns = {column.name: self._value(table, column) for column in table.columns} | given
        return rows.select(
            *(columns[column.name].cast(column.type).alias(column.name) for column in table.columns)
        )

    def _value(self, table: Table, column: TableColumn) -> Column:
        number = F.xxhash64("id", F.lit(f"{table.name}.{column.name}"))
        happened = F.xxhash64("id", F.lit(f"{table.name}.happened"))
        if column.name == table.known:
            # One in thirty is learned of a day late.
            late = F.when(F.pmod(number, F.lit(30)) == 0, F.lit(86_400)).otherwise(F.lit(60))
            return _plus_seconds(self._moment(happened), late)
        if column.name == table.happened:
            return self._moment(happened)
        if column.type == "timestamp":
            return self._moment(number)
        if column.type == "date":
            return F.date_sub(F.lit(self.as_of), F.pmod(number, F.lit(80 * YEAR)).cast("int"))
        if column.type == "string":
            words = column.values or tuple(f"{column.name}{n}" for n in range(30))
            return _one_of(words, F.pmod(number, F.lit(len(words))))
        if column.type == "boolean":
            return F.pmod(number, F.lit(3)) > 0
        low, high = int(column.low or 0), int(column.high or 3_000_000)
        return F.pmod(number, F.lit(high - low + 1)) + low

    def _moment(self, number: Column) -> Column:
        tomorrow = F.lit(self.as_of + timedelta(days=1)).cast("timestamp")
        return _plus_seconds(tomorrow, -1 - F.pmod(number, F.lit(YEAR * 86_400)))


def _token(number: Column) -> Column:
    return F.substring(F.md5(number.cast("string")), 1, 12)


def _one_of(words: tuple[str, ...], place: Column) -> Column:
    return F.element_at(F.array(*(F.lit(word) for word in words)), place.cast("int") + 1)


def _plus_seconds(moment: Column, seconds: Column) -> Column:
    return F.timestamp_seconds(F.unix_timestamp(moment) + seconds)
