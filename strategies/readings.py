"""What versions say, remembered: reading thousands of documents and checking their rules takes many seconds.

A reading counts only under the digest of everything that made it, so whatever changes in the language, in the
features or in a library, every document is read anew.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql

from base.errors import StrategyError
from features.catalogue import FEATURES
from ledger.schema import READINGS, among
from strategies.document import Strategy
from strategies.reader import read, read_unchecked

_ROOMS = ("base", "lake/tables", "features", "strategies")
_LIBRARIES = ("pydantic", "pyyaml", "sqlglot")


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version, exactly as it was written."""

    name: str
    version: int
    text: str
    sha256: str
    author: str
    at: datetime
    note: str


def read_versions(
    connection: Connection, versions: Sequence[Version]
) -> tuple[tuple[Strategy, ...], dict[str, str]]:
    """The strategies of ``versions`` that read well, and why the others do not, by name."""
    reading = select(READINGS.c.sha256, READINGS.c.document).where(
        among(READINGS.c.sha256, [one.sha256 for one in versions]), READINGS.c.reader == _reader()
    )
    known: dict[str, Any] = dict(connection.execute(reading).tuples().all())
    strategies, fresh, unreadable = [], {}, {}
    for one in versions:
        if one.sha256 in known:
            strategies.append(Strategy.model_validate(known[one.sha256]))
            continue
        try:
            strategies.append(read(_text(one), file=_shown(one), features=FEATURES))
            fresh[one.sha256] = strategies[-1].model_dump(mode="json")
        except StrategyError as error:
            unreadable[one.name] = str(error)
    _remember(connection, fresh)
    return tuple(strategies), unreadable


def read_decided(connection: Connection, versions: Sequence[Version]) -> tuple[Strategy, ...]:
    """The strategies of ``versions``, in their order, also those whose rule no longer reads.

    What was decided with a document needs its words, its kind and its funnel, no longer its rule. Left out is
    only what is no document any more.
    """
    strategies, unreadable = read_versions(connection, versions)
    found = {strategy.name: strategy for strategy in strategies}
    for one in versions:
        if one.name in unreadable:
            with suppress(StrategyError):
                found[one.name] = read_unchecked(_text(one), file=_shown(one))
    return tuple(found[one.name] for one in versions if one.name in found)


def _text(version: Version) -> str:
    return version.text.removeprefix("\ufeff")


def _shown(version: Version) -> str:
    return f"{version.name} v{version.version}"


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
