"""Searches folders and databases for identifiers of known people, byte by byte and value by value."""

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, create_engine, text

INSIDE = ("vault", "world", "landing")
"""The vault; the synthetic world, which is no part of the bank's house; and the bank's own extracts."""
_ROOT = Path(__file__).parents[2]
_ALPHANUMERIC = re.compile(rb"[0-9A-Za-z+\-]{7,}")
# UTF-8 of the ideographs, and of the middle dot that joins the parts of some names.
_HAN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}|\xc2\xb7){3,}")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Identifiers by how they are searched.

    ``codes`` (digits and Latin letters) and ``names`` of three and more characters, by length: anywhere in
    the bytes. ``short_names``: as whole stored values.
    """

    codes: dict[int, frozenset[bytes]]
    names: dict[int, frozenset[str]]
    short_names: frozenset[str]

    @classmethod
    def of(cls, identities: pa.Table, *, own_text: str) -> "Wanted":
        """``own_text``: all words that the house itself publishes; a name among them proves nothing."""
        codes = (
            value.encode()
            for column in ("customer_no", "phone", "id_number")
            for value in identities[column].drop_null().unique().to_pylist()
        )
        names = [name for name in identities["name"].drop_null().unique().to_pylist() if name not in own_text]
        return cls(
            codes=_by_length(codes),
            names=_by_length(name for name in names if len(name) > 2),
            short_names=frozenset(name for name in names if len(name) == 2),
        )


def delivered_identities(landing: Path) -> pa.Table:
    """Everybody in the extracts of one night."""
    return pa.concat_tables([pq.read_table(file) for file in sorted(landing.glob("identities*"))])


def own_text() -> str:
    """What the house itself says: documents and code, in which a made-up name may occur by chance."""
    files = [path for kind in ("*.py", "*.yaml", "*.html") for path in _ROOT.glob(f"[a-z]*/**/{kind}")]
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
    tables = text(
        "select schemaname || '.' || quote_ident(tablename) from pg_tables"
        " where schemaname not in ('information_schema', 'pg_catalog')"
    )
    with database.connect() as connection:
        for table in connection.execute(tables).scalars().all():
            cursor = connection.connection.cursor()
            with cursor.copy(f"copy (select * from {table}) to stdout") as copy:
                content = b"".join(bytes(piece) for piece in copy)
            values = set(re.split(r"[\t\n\"]", content.decode()))
            yield from (f"{table}: {how}" for how in _leaks_in(content, wanted))
            if values & wanted.short_names:
                yield f"{table}: a name as a value"


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
    table = pq.read_table(io.BytesIO(content))
    for column in table.column_names:
        kind = table.schema.field(column).type
        if pa.types.is_nested(kind):
            values = [str(value) for value in table[column].to_pylist()]
        elif pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind):
            values = [str(value) for value in table[column].unique().drop_null().to_pylist()]
        else:
            values = [
                str(value) for value in table[column].unique().drop_null().cast(pa.string()).to_pylist()
            ]
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
    if any(_holds(run, wanted.codes) for run in set(_ALPHANUMERIC.findall(content))):
        yield "a phone, ID or customer number"
    if any(_holds(run.decode(errors="ignore"), wanted.names) for run in set(_HAN.findall(content))):
        yield "a name"


def _holds(run: bytes | str, known: dict[int, frozenset[bytes]] | dict[int, frozenset[str]]) -> bool:
    return any(
        run[start : start + size] in values
        for size, values in known.items()
        for start in range(len(run) - size + 1)
    )


def _by_length(values: Iterable[bytes] | Iterable[str]) -> dict:
    grouped: dict[int, set] = {}
    for value in values:
        grouped.setdefault(len(value), set()).add(value)
    return {size: frozenset(group) for size, group in grouped.items()}
