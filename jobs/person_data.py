"""Where the house keeps something of a person: found from what is declared, not from a list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy
from pyspark.sql import functions as F
from sqlalchemy import ColumnElement, Connection, LargeBinary, String, cast, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY

import lake.tables as declared
from features.compiler import CUSTOMER_FEATURES
from jobs.job import Night
from lake.store import Store
from lake.table import Classification, Table
from ledger.schema import METADATA, RELEASE_CONTENT, RELEASES
from outreach.release.content import draft_of
from outreach.release.states import Release, releases_of

_ALWAYS = date(9999, 12, 31)
_ROWS = "rows"


@dataclass(frozen=True, kw_only=True)
class Holding:
    """What one place holds of somebody. ``store``: lake, ledger, outbox or inbox."""

    store: str
    name: str
    rows: pa.Table

    @property
    def count(self) -> int:
        return int(self.rows.num_rows)


def declared_tables() -> tuple[Table, ...]:
    """Every declared table of the lake."""
    known = [found for name in declared.__all__ if isinstance(found := getattr(declared, name), Table)]
    every = {table.name: table for table in (*known, *declared.DELIVERED, CUSTOMER_FEATURES)}
    return tuple(every.values())


def tables() -> tuple[Table, ...]:
    """Those that say something of a person: they hold a token."""
    return tuple(table for table in declared_tables() if _token_columns(table))


def holdings(night: Night, customers: Sequence[str]) -> Iterator[Holding]:
    """Everything kept of ``customers`` (tokens), vault apart; places that hold nothing are left out."""
    contacts: set[str] = set()
    for table in tables():
        rows = in_lake(night.store, table, customers)
        if "contact" in _token_columns(table):  # elsewhere it is the bank's own number of a contact
            contacts |= set(rows["contact"].drop_null().to_pylist())
        if rows.num_rows:
            yield Holding(store="lake", name=table.name, rows=rows)
    with night.ledger.engine.connect() as connection:
        for release, rows in frozen(connection, customers):
            contacts |= set(rows["contact"].to_pylist())
            yield Holding(store="outbox", name=f"{release.recipient} {release.as_of}", rows=rows)
        tokens = [*customers, *sorted(contacts)]
        for kept in METADATA.sorted_tables:
            rows = in_ledger(connection, kept, tokens)
            if rows.num_rows:
                yield Holding(store="ledger", name=kept.name, rows=rows)
    yield from _in_inbox(night.settings.home / "inbox", contacts)


def in_lake(store: Store, table: Table, customers: Sequence[str]) -> pa.Table:
    """The table's rows, of every date, in which one of ``customers`` stands."""
    theirs = reduce(or_, (F.col(name).isin(list(customers)) for name in _token_columns(table)))
    found: pa.Table = store.read(table, as_of=_ALWAYS, scope="until").where(theirs).toArrow()
    return found


def in_ledger(connection: Connection, table: sqlalchemy.Table, tokens: Sequence[str]) -> pa.Table:
    """The rows, whatever their columns, in whose words one of ``tokens`` stands."""
    plain = [one for one in table.columns if not isinstance(one.type, LargeBinary)]
    found = select(*plain).where(stands_in(table, tokens))
    lines = [
        {name: None if cell is None else str(cell) for name, cell in row.items()}
        for row in connection.execute(found).mappings()
    ]
    return pa.Table.from_pylist(lines, schema=pa.schema([(one.name, pa.string()) for one in plain]))


def stands_in(table: sqlalchemy.Table, tokens: Sequence[str]) -> ColumnElement[bool]:
    """Whether one of ``tokens`` stands in the row's words."""
    words = [cast(one, String) for one in table.columns if not isinstance(one.type, LargeBinary)]
    token = func.unnest(cast(list(tokens), ARRAY(String))).column_valued("token")
    return exists().where(func.strpos(func.concat_ws(" ", *words), token) > 0)


def frozen(connection: Connection, customers: Sequence[str]) -> Iterator[tuple[Release, pa.Table]]:
    """The lists whose content is kept and that have them on it, with their rows (masked)."""
    kept = select(RELEASE_CONTENT.c.as_of, RELEASE_CONTENT.c.recipient).where(
        RELEASE_CONTENT.c.kind == _ROWS, RELEASE_CONTENT.c.attempt == RELEASES.c.attempt
    )
    joined = kept.join_from(
        RELEASE_CONTENT,
        RELEASES,
        (RELEASES.c.as_of == RELEASE_CONTENT.c.as_of) & (RELEASES.c.recipient == RELEASE_CONTENT.c.recipient),
    ).distinct()
    values = pa.array(customers, pa.string())
    for as_of, recipient in connection.execute(
        joined.order_by(RELEASE_CONTENT.c.as_of, RELEASE_CONTENT.c.recipient)
    ).all():
        release = releases_of(connection, as_of)[recipient]
        rows = draft_of(connection, release).rows
        theirs = rows.filter(pc.is_in(rows["customer"], value_set=values))
        if theirs.num_rows:
            yield release, theirs


def _in_inbox(folder: Path, contacts: set[str]) -> Iterator[Holding]:
    values = pa.array(sorted(contacts), pa.string())
    for file in sorted(folder.glob("*/*.parquet")):
        rows = pq.ParquetFile(file).read()
        if "contact" not in rows.column_names:
            continue
        theirs = rows.filter(pc.is_in(rows["contact"], value_set=values))
        if theirs.num_rows:
            yield Holding(store="inbox", name=f"{file.parent.name}/{file.name}", rows=theirs)


def _token_columns(table: Table) -> list[str]:
    return [one.name for one in table.columns if one.classification is Classification.TOKEN]
