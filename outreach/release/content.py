"""What was frozen, in PostgreSQL: the sealed file that leaves, and the masked rows it was made of."""

import hashlib
from collections.abc import Iterator
from datetime import date

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, delete, insert, select

from base.errors import ReleaseError
from ledger.schema import RELEASE_CONTENT
from outreach.release.drafts import Draft, Sealed
from outreach.release.lists import LISTED
from outreach.release.states import LEFT, Release, releases_of

_PART = 4 << 20
_TABLE = RELEASE_CONTENT.c


def keep(connection: Connection, release: Release, draft: Draft, sealed: Sealed) -> None:
    """Puts in the content of the release's next attempt."""
    kinds = {"sealed": sealed.content, "rows": _packed(draft.rows), "kin": _packed(draft.kin)}
    for kind, content in kinds.items():
        for part, piece in enumerate(_pieces(content)):
            line = {"kind": kind, "part": part, "content": piece, "attempt": release.attempt + 1}
            connection.execute(
                insert(RELEASE_CONTENT).values(as_of=release.as_of, recipient=release.recipient, **line)
            )


def forget_earlier(connection: Connection, release: Release) -> None:
    """Deletes what attempts before this one held: it never left, and names people who were stopped since."""
    connection.execute(delete(RELEASE_CONTENT).where(_of(release), _TABLE.attempt < release.attempt))


def sealed_of(connection: Connection, release: Release) -> bytes:
    """The very bytes that were frozen. Raises ReleaseError where they are not those any more."""
    content = _content(connection, release, "sealed")
    if hashlib.sha256(content).hexdigest() != release.sha256:
        raise ReleaseError(
            f"the list for {release.recipient} of {release.as_of} is not the one that was frozen; restore "
            "the ledger from its backup: no list is released in two forms"
        )
    return content


def draft_of(connection: Connection, release: Release) -> Draft:
    """The list as it was frozen last, masked. Raises ReleaseError where it is not kept any more."""
    return Draft(rows=_table(connection, release, "rows"), kin=_table(connection, release, "kin"))


def strategies_of(connection: Connection, release: Release) -> dict[str, int]:
    """Rows by strategy, of the list as it was frozen last. Raises ReleaseError where it is not kept."""
    rows = _table(connection, release, "rows", columns=("strategy",))
    counted = rows["strategy"].cast(pa.string()).value_counts().to_pylist()
    return {one["values"]: one["counts"] for one in counted}


def left(connection: Connection, as_of: date) -> pa.Table:
    """The rows (schema ``LISTED``) of all the night's lists that have left."""
    releases = releases_of(connection, as_of).values()
    tables = [_table(connection, release, "rows") for release in releases if release.state in LEFT]
    return pa.concat_tables([LISTED.empty_table(), *tables]).unify_dictionaries().combine_chunks()


def _table(connection: Connection, release: Release, kind: str, *, columns: tuple[str, ...] = ()) -> pa.Table:
    """Of these columns, or all."""
    content = _content(connection, release, kind)
    if not content:
        raise ReleaseError(
            f"the rows of the list for {release.recipient} of {release.as_of} are not kept any more"
        )
    schema = pa.ipc.open_file(pa.py_buffer(content)).schema
    wanted = pa.ipc.IpcReadOptions(included_fields=[schema.get_field_index(name) for name in columns])
    return pa.ipc.open_file(pa.py_buffer(content), options=wanted).read_all()


def _content(connection: Connection, release: Release, kind: str) -> bytes:
    query = (
        select(_TABLE.content)
        .where(_of(release), _TABLE.attempt == release.attempt, _TABLE.kind == kind)
        .order_by(_TABLE.part)
    )
    return b"".join(connection.execute(query).scalars())


def _of(release: Release) -> ColumnElement[bool]:
    return (_TABLE.as_of == release.as_of) & (_TABLE.recipient == release.recipient)


def _pieces(content: bytes) -> Iterator[bytes]:
    for start in range(0, max(len(content), 1), _PART):
        yield content[start : start + _PART]


def _packed(rows: pa.Table) -> bytes:
    rows = rows.unify_dictionaries().combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, rows.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())
