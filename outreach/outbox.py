"""Releases a night's lists exactly once, whatever is killed when: frozen first, then written, then done.

1. In one transaction of the ledger the content is frozen in ``vault/released`` and its hash entered in
   ``releases``. From then on a re-run lays down that content and never decides anew, because the receiver may
   have taken it.
2. Each recipient's folder is put into ``outbox/<recipient>/<as_of>`` in one step.
3. ``releases`` says ``done``.
"""

import hashlib
import io
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from sqlalchemy import Connection, delete, insert, select, update

from base.errors import ReleaseError
from base.settings import Settings
from ledger.database import Ledger
from ledger.schema import RELEASES
from outreach.publish import publish_file, publish_folder
from outreach.release import MANIFEST

Files = Mapping[str, Mapping[str, bytes]]
"""By recipient, then by file name."""


def freeze(connection: Connection, lists: pa.Table, *, files: Files, as_of: date, settings: Settings) -> None:
    """Fixes what leaves on the night ``as_of``; holds from the moment the transaction ends well.

    Raises ReleaseError when the disk does not take it.
    """
    sink = io.BytesIO()
    parquet.write_table(lists, sink, compression="zstd")
    try:
        publish_file(_frozen_path(settings, as_of), [sink.getvalue()], mode=0o600)
    except OSError as error:
        raise ReleaseError(_not_written("frozen list", as_of, error)) from error
    connection.execute(delete(RELEASES).where(RELEASES.c.as_of == as_of))
    lines = [
        {
            "as_of": as_of,
            "recipient": recipient,
            "rows": lists.filter(pa.compute.equal(lists["recipient"], recipient)).num_rows,
            "sha256": hashlib.sha256(content[MANIFEST]).hexdigest(),
            "state": "frozen",
        }
        for recipient, content in files.items()
    ]
    connection.execute(insert(RELEASES), lines)


def frozen(connection: Connection, *, as_of: date, settings: Settings) -> pa.Table | None:
    """The content fixed earlier for ``as_of``, or None.

    Raises ReleaseError when the ledger knows of it but it is gone.
    """
    known = connection.execute(select(RELEASES.c.recipient).where(RELEASES.c.as_of == as_of)).first()
    if known is None:
        return None
    path = _frozen_path(settings, as_of)
    if not path.exists():
        raise ReleaseError(
            f"the ledger says that the lists of {as_of} were released, but {path.name} is gone from "
            "vault/released; restore it: the lists must not be made anew"
        )
    return parquet.read_table(path)


def lay_down(ledger: Ledger, files: Files, *, as_of: date, settings: Settings) -> None:
    """Puts the files where recipients fetch them, and marks the release done.

    Raises ReleaseError when they are not what was frozen, or the disk does not take them; each recipient's
    folder is then whole or absent.
    """
    with ledger.engine.connect() as connection:
        query = select(RELEASES.c.recipient, RELEASES.c.sha256).where(RELEASES.c.as_of == as_of)
        expected = {row.recipient: row.sha256 for row in connection.execute(query)}
    for recipient, content in files.items():
        if hashlib.sha256(content[MANIFEST]).hexdigest() != expected.get(recipient):
            raise ReleaseError(
                f"the list for {recipient} of {as_of} is not the one that was frozen: a channel's fields "
                "or the frozen file were changed since; undo that, no list is released in two forms"
            )
    for recipient, content in files.items():
        try:
            publish_folder(settings.outbox_folder / recipient / as_of.isoformat(), content)
        except OSError as error:
            raise ReleaseError(_not_written(f"list for {recipient}", as_of, error)) from error
    with ledger.engine.begin() as connection:
        connection.execute(update(RELEASES).where(RELEASES.c.as_of == as_of).values(state="done"))


def _frozen_path(settings: Settings, as_of: date) -> Path:
    return settings.vault_folder / "released" / f"{as_of.isoformat()}.parquet"


def _not_written(what: str, as_of: date, error: OSError) -> str:
    return f"{what} of {as_of}: not written ({error.strerror}); make room and run release again"
