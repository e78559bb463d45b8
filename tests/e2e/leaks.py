"""Searches folders and databases for identifiers of known people, byte by byte and value by value."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, create_engine, text

from tests.e2e.contents import Keys, SealedError, opened, whole_numbers
from tests.e2e.wanted import Wanted

INSIDE = ("world", "landing")
"""The synthetic world, which is no part of the bank's house, and the bank's own extracts."""

_NUMBERS = {"integer", "bigint", "numeric", "real", "double precision"}


def delivered_identities(landing: Path) -> pa.Table:
    """Everybody in the extracts of one night."""
    return pa.concat_tables([pq.read_table(file) for file in sorted(landing.glob("identities*"))])


def recipients_keys(home: Path) -> Keys:
    """The age identities with which recipients that are simulated in this home open what they get."""
    files = sorted((home / "vault" / "recipients").glob("*.age.key"))
    return {file.name.removesuffix(".age.key"): file.read_text().strip() for file in files}


def leaks_in_folder(folder: Path, wanted: Wanted, *, outside: Iterable[str] = (), keys: Keys) -> list[str]:
    """``file: how it was found`` for every file below ``folder`` that holds an identifier, or does not open.

    ``outside``: names of its subfolders that are not searched. What is sealed is opened with ``keys``.
    """
    skipped = set(outside)
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if name.parts[0] in skipped or not path.is_file():
            continue
        with suppress(FileNotFoundError):  # a database at work lets go of files of its own
            found += [f"{name} in its name: {how}" for how in wanted.found_in(str(name).encode())]
            found += _leaks_in(str(name), path.read_bytes(), wanted, keys)
    return found


def leaks_in_database(url: str, wanted: Wanted, *, keys: Keys) -> list[str]:
    """``database.table: how`` for every table of every database of the server that holds an identifier.

    Those of PostgreSQL itself are among them, and so are the vault's, in which all is sealed.
    """
    server = create_engine(url)
    with server.connect() as connection:
        names = connection.execute(text("select datname from pg_database where datallowconn")).scalars().all()
    server.dispose()
    found = []
    for name in sorted(names):
        database = create_engine(server.url.set(database=name))
        found += [f"{name}.{leak}" for leak in _leaks_in_tables(database, wanted, keys)]
        database.dispose()
    return found


def _leaks_in(name: str, content: bytes, wanted: Wanted, keys: Keys) -> Iterator[str]:
    yield from (f"{name}: {how}" for how in wanted.found_in(content))
    yield from _leaks_inside(name, content, wanted, keys)


def _leaks_inside(name: str, content: bytes, wanted: Wanted, keys: Keys) -> Iterator[str]:
    try:
        for where, inside in opened(name, content, keys=keys):
            yield from (f"{where}: {how}" for how in wanted.found_in(inside))
    except SealedError as error:
        yield f"{name}: {error}"


def _leaks_in_tables(database: Engine, wanted: Wanted, keys: Keys) -> Iterator[str]:
    columns = text(
        "select quote_ident(table_schema) || '.' || quote_ident(table_name), quote_ident(column_name),"
        " data_type"
        " from information_schema.columns join information_schema.tables using (table_schema, table_name)"
        " where table_type = 'BASE TABLE' order by 1, ordinal_position"
    )
    with database.connect() as connection:
        plain: dict[str, list[str]] = {}
        for table, column, kind in connection.execute(columns):
            if kind == "bytea":
                yield from _leaks_in_bytes(connection, table, column, wanted, keys)
            elif kind in _NUMBERS:
                value, which = column, f"{column} is not null"
                if kind == "numeric":  # no float: it would not hold an ID number
                    value, which = f"trunc({column})::bigint", f"abs({column}) < 9e18"
                numbers = connection.execute(text(f"select distinct {value} from {table} where {which}"))
                given = np.array(numbers.scalars().all())
                yield from (f"{table}.{column}: {how}" for how in wanted.found_in(whole_numbers(given)))
            else:
                plain.setdefault(table, []).append(column)
        for table, names in plain.items():
            content = _copied(connection, f"select {', '.join(names)} from {table}")
            yield from (f"{table}: {how}" for how in wanted.found_in(content))


def _leaks_in_bytes(
    connection: Connection, table: str, column: str, wanted: Wanted, keys: Keys
) -> Iterator[str]:
    """What is kept as bytes: all as they are, and what is inside of each."""
    whole = f"select {column} from {table} where {column} is not null"
    if table == "public.release_content":
        whole = (
            f"select string_agg({column}, '' order by part) from {table}"
            " group by as_of, recipient, attempt, kind"
        )
    values = [bytes(value) for value in connection.execute(text(whole)).scalars()]
    yield from (f"{table}.{column}: {how}" for how in wanted.found_in(b"\n".join(values)))
    for value in values:
        yield from _leaks_inside(f"{table}.{column}", value, wanted, keys)


def _copied(connection: Connection, query: str) -> bytes:
    cursor = connection.connection.cursor()
    with cursor.copy(f"copy ({query}) to stdout (format csv)") as copy:
        return b"".join(bytes(piece) for piece in copy)
