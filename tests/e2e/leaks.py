"""Searches folders and databases for identifiers of known people, byte by byte and value by value."""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, create_engine, text

INSIDE = ("vault", "world", "landing")
"""The vault; the synthetic world, which is no part of the bank's house; and the bank's own extracts."""
_ROOT = Path(__file__).parents[2]
# Every code has this many digits, but for the few that are searched one by one; around them it ends soon.
_DIGITS = re.compile(rb"[0-9]{6,}|[0-9]{3,} [0-9]{3,}")
_BEFORE, _AFTER = re.compile(rb"[0-9A-Za-z+ \-]*\Z"), re.compile(rb"[0-9A-Za-z+ \-]*")
_AROUND = 20
_SEALED = ("vault",)  # schema of what is sealed: in hexadecimal, by which anything can be spelt
# UTF-8 of the ideographs, and of the middle dot that joins the parts of some names.
_HAN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}|\xc2\xb7){3,}")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Identifiers by how they are searched.

    ``codes`` (digits and Latin letters) and ``names`` of three and more characters, by length: anywhere in
    the bytes. ``short_names``: as whole stored values.
    """

    codes: dict[int, frozenset[bytes]]
    odd_codes: frozenset[bytes]
    names: dict[int, frozenset[str]]
    short_names: frozenset[str]

    @classmethod
    def of(cls, identities: pa.Table, *, own_text: str) -> "Wanted":
        """``own_text``: all words that the house itself publishes; a name among them proves nothing."""
        codes = {
            value.encode()
            for column in ("customer_no", "phone", "id_number")
            for value in identities[column].drop_null().unique().to_pylist()
        }
        odd = frozenset(code for code in codes if not _DIGITS.search(code) and len(code) > 5)
        every = identities["name"].drop_null().unique().to_pylist()
        said = _pieces(own_text, sizes={len(name) for name in every})
        names = [name for name in every if name not in said]
        return cls(
            codes=_by_length(codes - odd),
            odd_codes=odd,
            names=_by_length(name for name in names if len(name) > 2),
            short_names=frozenset(name for name in names if len(name) == 2),
        )


def delivered_identities(landing: Path) -> pa.Table:
    """Everybody in the extracts of one night."""
    return pa.concat_tables([pq.read_table(file) for file in sorted(landing.glob("identities*"))])


def own_text() -> str:
    """What the house itself says: documents and code, in which a made-up name may occur by chance."""
    kinds, made = ("*.py", "*.yaml", "*.html"), _ROOT / "var"
    files = [
        path for kind in kinds for path in _ROOT.glob(f"[a-z]*/**/{kind}") if not path.is_relative_to(made)
    ]
    return "\n".join(path.read_text() for path in files)


def leaks_in_folder(folder: Path, wanted: Wanted, *, outside: Iterable[str]) -> list[str]:
    """``file: how it was found`` for every file below ``folder`` that holds an identifier.

    ``outside``: names of its subfolders that are not searched.
    """
    skipped = set(outside)
    files = (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in skipped
    )
    return [f"{path.relative_to(folder)}: {how}" for path in files for how in _leaks_in_file(path, wanted)]


def leaks_in_database(url: str, wanted: Wanted) -> list[str]:
    """``database.table: how`` for every table of every database of the server that holds an identifier."""
    server = create_engine(url)
    with server.connect() as connection:
        names = connection.execute(text("select datname from pg_database where datallowconn")).scalars().all()
    server.dispose()
    found = []
    for name in sorted(names):
        database = create_engine(server.url.set(database=name))
        found += [f"{name}.{leak}" for leak in _leaks_in_tables(database, wanted)]
        database.dispose()
    return found


def _leaks_in_tables(database: Engine, wanted: Wanted) -> Iterator[str]:
    columns = text(
        "select quote_ident(table_schema) || '.' || quote_ident(table_name), quote_ident(column_name),"
        " data_type"
        " from information_schema.columns join information_schema.tables using (table_schema, table_name)"
        " where table_type = 'BASE TABLE' and table_schema not in ('information_schema', 'pg_catalog')"
        " and table_schema <> all(:sealed)"
    )
    with database.connect() as connection:
        plain: dict[str, list[str]] = {}
        for table, column, kind in connection.execute(columns, {"sealed": list(_SEALED)}):
            plain.setdefault(table, [])
            if kind == "bytea":
                yield from _leaks_in_bytes(connection, table, column, wanted)
            else:
                plain[table].append(column)
        for table, names in sorted(plain.items()):
            content = _copied(connection, f"select {', '.join(names)} from {table}")
            values = set(re.split(r"[\t\n\"]", content.decode()))
            yield from (f"{table}: {how}" for how in _leaks_in(content, wanted))
            if values & wanted.short_names:
                yield f"{table}: a name as a value"


def _leaks_in_bytes(connection: Connection, table: str, column: str, wanted: Wanted) -> Iterator[str]:
    """What is kept as bytes: as they are, and what is in them where they are Arrow's."""
    content = _copied(connection, f"select {column} from {table}", form="binary")
    yield from (f"{table}.{column}: {how}" for how in _leaks_in(content, wanted))
    if table == "public.release_content":
        whole = (
            f"select string_agg(content, '' order by part) from {table}"
            " group by as_of, recipient, attempt, kind"
        )
        for packed in connection.execute(text(whole)).scalars():
            if bytes(packed).startswith(b"ARROW1"):
                rows = pa.ipc.open_file(pa.py_buffer(bytes(packed))).read_all()
                yield from (f"{table} inside: {how}" for how in _leaks_in_columns(rows, wanted))


def _copied(connection: Connection, query: str, *, form: str = "text") -> bytes:
    cursor = connection.connection.cursor()
    with cursor.copy(f"copy ({query}) to stdout (format {form})") as copy:
        return b"".join(bytes(piece) for piece in copy)


def _leaks_in_file(path: Path, wanted: Wanted) -> Iterator[str]:
    content = path.read_bytes()
    yield from _leaks_in(content, wanted)
    if path.suffix == ".parquet":
        yield from _leaks_in_parquet(content, wanted)
    for name, inner in _unpacked(path, content):
        yield from (f"{name} inside: {how}" for how in _leaks_in(inner, wanted))
        if _is_text(inner) and _values(inner) & wanted.short_names:
            yield f"{name} inside: a name as a value"
    is_text = path.suffix in (".csv", ".json", ".html", ".txt", ".log", ".yaml", ".yml")
    if is_text and _values(content) & wanted.short_names:
        yield "a name as a value"


def _values(content: bytes) -> set[str]:
    return set(re.split(r"[\s\",:<>]", content.decode(errors="replace")))


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def _leaks_in_parquet(content: bytes, wanted: Wanted) -> Iterator[str]:
    yield from _leaks_in_columns(pq.read_table(io.BytesIO(content)), wanted)


def _leaks_in_columns(table: pa.Table, wanted: Wanted) -> Iterator[str]:
    for column in table.column_names:
        kind = table.schema.field(column).type
        if pa.types.is_temporal(kind):
            continue  # written out it is all digits, and cannot be anything but a time
        if pa.types.is_nested(kind):
            values = [str(value) for value in table[column].to_pylist()]
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
            values = [str(value) for value in table[column].unique().drop_null().to_pylist()]
        else:
            values = [
                str(value) for value in table[column].unique().drop_null().cast(pa.string()).to_pylist()
            ]
        if pa.types.is_integer(kind) or pa.types.is_floating(kind):
            shortest = min(wanted.codes)
            whole = (value.partition(".")[0] for value in values)
            values = sorted({value for value in whole if len(value) >= shortest})
        joined = "\n".join(values).encode()
        yield from (f"column {column}: {how}" for how in _leaks_in(joined, wanted))
        if not wanted.short_names.isdisjoint(values):
            yield f"column {column}: a name as a value"


def _unpacked(path: Path, content: bytes) -> Iterator[tuple[str, bytes]]:
    if content[:2] == b"\x1f\x8b":
        yield path.name, gzip.decompress(content)
    elif content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                yield name, archive.read(name)
    elif content[:1] == b"\x78":
        try:
            yield path.name, zlib.decompress(content)
        except zlib.error:
            return


def _leaks_in(content: bytes, wanted: Wanted) -> Iterator[str]:
    places = {_around(content, run) for run in _DIGITS.finditer(content)}
    if any(_holds(place, wanted.codes) for place in places) or any(
        code in content for code in wanted.odd_codes
    ):
        yield "a phone, ID or customer number"
    if any(_holds(run.decode(errors="ignore"), wanted.names) for run in set(_HAN.findall(content))):
        yield "a name"


def _around(content: bytes, run: re.Match[bytes]) -> bytes:
    """The digits with what is joined to them."""
    before = _BEFORE.search(content[max(run.start() - _AROUND, 0) : run.start()])
    after = _AFTER.match(content[run.end() : run.end() + _AROUND])
    return (before[0] if before else b"") + run[0] + (after[0] if after else b"")


def _holds(run: bytes | str, known: dict[int, frozenset[bytes]] | dict[int, frozenset[str]]) -> bool:
    return any(
        run[start : start + size] in values
        for size, values in known.items()
        for start in range(len(run) - size + 1)
    )


def _pieces(words: str, *, sizes: set[int]) -> set[str]:
    """All pieces of these lengths of what is Chinese in the words."""
    runs = set(re.findall(r"[\u4e00-\u9fff·]{2,}", words))
    return {
        run[start : start + size] for run in runs for size in sizes for start in range(len(run) - size + 1)
    }


def _by_length(values: Iterable[Any]) -> dict[int, frozenset[Any]]:
    grouped: dict[int, set[Any]] = {}
    for value in values:
        grouped.setdefault(len(value), set()).add(value)
    return {size: frozenset(group) for size, group in grouped.items()}
