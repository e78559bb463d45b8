"""A house for the console to show: two true nights of a small bank, the last of them written large.

The features are those of made-up customers; the plan and the readouts are the small bank's, repeated under
other tokens and under the names of a large book's strategies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import yaml
from deltalake import DeltaTable, write_deltalake

from base.settings import Settings
from benchmarks.big_book import make_book
from benchmarks.big_customers import make_customers
from features.compiler import CUSTOMER_FEATURES
from jobs.night import night
from lake.table import Table
from lake.tables import (
    CUSTOMER_SEGMENTS,
    EXPERIMENT_FINDINGS,
    PLAN,
    READOUTS,
    RETURNS_TABLE,
    SEGMENT_READOUTS,
    VERDICTS_TABLE,
    WEEKLY,
)
from ledger.database import open_ledger
from strategies.document import Strategy
from strategies.first_book import put_live
from strategies.folder import OWN_BOOK, Written, read_files

SMALL = 5_000
"""Customers, at the most, of the bank whose nights are true."""
_PIECE = 100_000
# Tables with a row or more a strategy, and the column that names it.
_BY_STRATEGY = {
    VERDICTS_TABLE: "strategy",
    EXPERIMENT_FINDINGS: "strategy",
    SEGMENT_READOUTS: "strategy",
    WEEKLY: "strategy",
    READOUTS: "name",
    RETURNS_TABLE: "name",
}


@dataclass(frozen=True, kw_only=True)
class _Lake:
    """Where one night is written large."""

    folder: Path
    as_of: date

    def read(self, table: Table) -> pa.Table:
        there = DeltaTable(str(self.folder / table.name))
        night = [("as_of", "=", self.as_of.isoformat())]
        return there.to_pyarrow_table(partitions=night, columns=list(table.names))

    def write(self, table: Table, pieces: Iterator[pa.Table]) -> None:
        """Overwrites the night's rows, in few files, as a night writes them."""
        predicate: str | None = f"as_of = '{self.as_of.isoformat()}'"
        for piece in _together(pieces):
            rows = piece.select(list(table.names)).cast(table.arrow_schema())
            dated = rows.append_column("as_of", pa.array([self.as_of] * rows.num_rows, pa.date32()))
            mode = "overwrite" if predicate else "append"
            write_deltalake(str(self.folder / table.name), dated, mode=mode, predicate=predicate)
            predicate = None


def make_house(settings: Settings, *, customers: int, strategies: int) -> None:
    """Fills the home: the book, two nights, and the last of them written large."""
    book = make_book(strategies=strategies, funnels=strategies // 4).strategies
    first = settings.synthetic.first_night
    with open_ledger(settings) as ledger:
        put_live(ledger, read_files([OWN_BOOK]))
        for as_of in (first, first + timedelta(days=1)):
            night(settings, as_of=as_of)
        put_live(ledger, [Written(strategy=one, text=_document(one)) for one in book])
    last = _Lake(folder=settings.lake_folder, as_of=first + timedelta(days=1))
    _write_customers(last, customers=customers)
    last.write(PLAN, _repeated(last.read(PLAN), times=max(customers // SMALL, 1)))
    names = pa.array([one.name for one in book])
    for table, column in _BY_STRATEGY.items():
        last.write(table, _renamed(last.read(table), column, names))


def _document(strategy: Strategy) -> str:
    told = strategy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    text: str = yaml.safe_dump(told, allow_unicode=True, sort_keys=False)
    return text


def _write_customers(lake: _Lake, *, customers: int) -> None:
    def pieces(table: Table) -> Iterator[pa.Table]:
        for first in range(0, customers, _PIECE):
            made = make_customers(min(_PIECE, customers - first), seed=1, first=first)
            if table is CUSTOMER_SEGMENTS:
                version = pa.array(["1"] * made.num_rows)
                distance = pa.array([1.0] * made.num_rows)
                made = made.append_column("version", version).append_column("distance", distance)
            yield made

    for table in (CUSTOMER_FEATURES, CUSTOMER_SEGMENTS):
        lake.write(table, pieces(table))


def _together(pieces: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The pieces, as many together as make a file."""
    held: list[pa.Table] = []
    for piece in pieces:
        held.append(piece)
        if sum(one.num_rows for one in held) >= _PIECE:
            yield pa.concat_tables(held)
            held = []
    if held:
        yield pa.concat_tables(held)


def _repeated(rows: pa.Table, *, times: int) -> Iterator[pa.Table]:
    for time in range(times):
        other = pc.binary_join_element_wise(rows["customer"], str(time), "-")
        yield rows.set_column(rows.schema.get_field_index("customer"), "customer", other)


def _renamed(rows: pa.Table, column: str, names: pa.Array) -> Iterator[pa.Table]:
    """The rows as they are, and again for as many strategies as there are names."""
    own = pc.unique(rows[column])
    yield rows
    for first in range(0, len(names), max(len(own), 1)):
        given = names[first : first + len(own)]
        places = pc.index_in(rows[column], value_set=own[: len(given)])
        kept = rows.filter(pc.is_valid(places))
        named = given.take(places.filter(pc.is_valid(places)).combine_chunks())
        yield kept.set_column(kept.schema.get_field_index(column), column, named)
