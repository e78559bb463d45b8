"""What versions say, remembered: reading thousands of documents and checking their rules takes many seconds.

A reading counts only under the digest of everything that made it, so whatever changes in the language, in the
features or in a library, every document is read anew.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects import postgresql

from base.errors import StrategyError
from features.catalogue import FEATURES
from ledger.schema import READINGS
from strategies.document import Strategy
from strategies.reader import read

_ROOMS = ("base", "lake/tables", "features", "strategies")
_LIBRARIES = ("pydantic", "pyyaml", "sqlglot")


def read_versions(
    connection: Connection, rows: Sequence[Row[Any]]
) -> tuple[tuple[Strategy, ...], dict[str, str]]:
    """The strategies of ``rows`` (name, version, text, sha256) that read well, and why the others do not."""
    reading = select(READINGS.c.sha256, READINGS.c.document).where(
        READINGS.c.sha256.in_([row.sha256 for row in rows]), READINGS.c.reader == _reader()
    )
    known: dict[str, Any] = dict(connection.execute(reading).tuples().all())
    strategies, fresh, unreadable = [], {}, {}
    for row in rows:
        if row.sha256 in known:
            strategies.append(Strategy.model_validate(known[row.sha256]))
            continue
        try:
            shown = f"{row.name} v{row.version}"
            strategies.append(read(row.text.removeprefix("\ufeff"), file=shown, features=FEATURES))
            fresh[row.sha256] = strategies[-1].model_dump(mode="json")
        except StrategyError as error:
            unreadable[row.name] = str(error)
    _remember(connection, fresh)
    return tuple(strategies), unreadable


def _remember(connection: Connection, fresh: dict[str, Any]) -> None:
    if not fresh:
        return
    lines = [{"sha256": digest, "reader": _reader(), "document": said} for digest, said in fresh.items()]
    new = postgresql.insert(READINGS)
    changed = {"reader": new.excluded.reader, "document": new.excluded.document}
    connection.execute(new.on_conflict_do_update(index_elements=["sha256"], set_=changed), lines)


@cache
def _reader() -> str:
    """Digest of all that decides how a document reads: code, declared features, libraries."""
    house = Path(__file__).parents[1]
    files = [file for room in _ROOMS for file in sorted((house / room).rglob("*.py"))]
    digest = hashlib.sha256(" ".join(version(name) for name in _LIBRARIES).encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
