"""The vault's own connection: schema ``vault`` of PostgreSQL, as the role that alone may read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as csv
from psycopg import errors, sql
from sqlalchemy import URL, make_url

from base.errors import VaultError
from base.settings import Settings
from ledger.database import VAULT_ROLE, migrated

Connection = psycopg.Connection[tuple[Any, ...]]

_LOCK = 7270  # any number, the same for all who change the vault
_LINES = 100_000
_NOTHING_KEPT = "nothing of this was kept"


def address_of(settings: Settings) -> URL:
    """Where the vault's role logs in; the ledger there has been brought to the newest version."""
    owner = migrated(settings)
    given = settings.vault.database_url
    return make_url(given) if given else owner


@contextmanager
def open_store(settings: Settings, *, address: URL | None = None) -> Iterator[Connection]:
    """One transaction, committed when the block ends well.

    ``address``: what ``address_of`` said before, for those who come again and again. Raises VaultError in
    words to act on where PostgreSQL does not answer, breaks off, has no room, or does not know the vault;
    nothing of the transaction is kept then.
    """
    try:
        with _connect(address or address_of(settings)) as connection:
            yield connection
    except errors.DiskFull as error:
        raise VaultError(
            f"vault: the disk of PostgreSQL is full; {_NOTHING_KEPT}: make room there, then run again"
        ) from error
    except (errors.InsufficientPrivilege, errors.UndefinedTable, errors.InvalidSchemaName) as error:
        raise VaultError(
            f"vault: this login may not act as {VAULT_ROLE}, or its schema is not set up "
            f"({type(error).__name__}); longreach doctor sets it up or says what to ask for"
        ) from error
    except psycopg.Error as error:
        raise VaultError(
            f"vault: PostgreSQL broke off ({type(error).__name__}); {_NOTHING_KEPT}: see that it runs, then "
            "run again"
        ) from error


def lock(connection: Connection) -> None:
    """Keeps others from changing the vault until the transaction ends."""
    connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))


def copy_in(connection: Connection, table: str, rows: pa.Table) -> None:
    """Adds ``rows`` to the table of the same columns; binary columns as they are."""
    names = sql.SQL(", ").join(map(sql.Identifier, rows.column_names))
    statement = sql.SQL("copy {} ({}) from stdin (format csv)").format(sql.Identifier(table), names)
    options = csv.WriteOptions(include_header=False)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for start in range(0, rows.num_rows, _LINES):
            sink = pa.BufferOutputStream()
            csv.write_csv(_written(rows.slice(start, _LINES)), sink, options)
            copy.write(memoryview(sink.getvalue()))


def copy_out(connection: Connection, query: str, schema: pa.Schema, **given: object) -> pa.Table:
    """What ``query`` finds, as a table of ``schema``: texts, whole numbers and dates, no binary columns."""
    pieces: list[bytes] = []
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy ({query}) to stdout (format csv)", given) as copy,
    ):
        pieces += map(bytes, copy)
    if not pieces:
        return schema.empty_table()
    read = csv.ReadOptions(column_names=schema.names)
    types = csv.ConvertOptions(
        column_types=schema, strings_can_be_null=True, quoted_strings_can_be_null=False, null_values=[""]
    )
    return csv.read_csv(pa.BufferReader(b"".join(pieces)), read_options=read, convert_options=types)


def _written(rows: pa.Table) -> pa.Table:
    for place, field in enumerate(rows.schema):
        if pa.types.is_binary(field.type):
            column = [None if cell is None else "\\x" + cell.hex() for cell in rows[field.name].to_pylist()]
            rows = rows.set_column(place, field.name, pa.array(column, pa.string()))
    return rows


def _connect(address: URL) -> Connection:
    try:
        return psycopg.connect(
            address.set(drivername="postgresql").render_as_string(hide_password=False),
            options=f"-c role={VAULT_ROLE} -c search_path=vault -c work_mem=64MB",
            connect_timeout=10,
        )
    except psycopg.OperationalError as error:
        raise VaultError(
            f"vault: PostgreSQL at {address.host or 'the embedded socket'} does not answer, or does not let "
            f"this login act as {VAULT_ROLE} ({str(error).rpartition(': ')[2].strip()}); start it, or mend "
            "LONGREACH_VAULT__DATABASE_URL"
        ) from error
