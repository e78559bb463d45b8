"""The strategy book in the ledger: which strategies there are, what they say, and which of them are live."""

import difflib
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, String, and_, cast, func, select

from base.errors import BookError
from ledger.database import Ledger
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS, among
from strategies.document import Strategy
from strategies.readings import Version, read_decided, read_versions


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a strategy stands: its newest version, the one on its way to going live, the one that did.

    ``sent_back_by``: who sent the pending draft back, and ``sent_back_why``.
    """

    name: str
    newest: int
    pending: int | None
    stage: str | None
    submitted_by: str | None
    approved_by: str | None
    running: int | None
    state: str | None
    sent_back_by: str | None
    sent_back_why: str | None

    @property
    def words(self) -> str:
        """Like ``live v2, submitted v3``."""
        running = f"{self.state} v{self.running}" if self.running else self.state
        pending = f"{self.stage} v{self.pending}" if self.pending else None
        return ", ".join(part for part in (running, pending) if part)


@dataclass(frozen=True, kw_only=True)
class Live:
    """What the night works with; ``unreadable`` says of live documents that no longer read, why."""

    strategies: tuple[Strategy, ...]
    versions: Mapping[str, int]
    unreadable: Mapping[str, str]


def live(ledger: Ledger) -> tuple[Strategy, ...]:
    """The strategies that are live now and read well, by name."""
    return read_live(ledger).strategies


def read_live(ledger: Ledger) -> Live:
    """The strategies that are live now.

    A document that no longer reads, because a feature has gone since, is left out and told: one of thousands
    must not stop the others.
    """
    with ledger.engine.begin() as connection:
        versions = running(connection)
        strategies, unreadable = read_versions(connection, versions)
    return Live(
        strategies=strategies,
        versions={one.name: one.version for one in versions if one.name not in unreadable},
        unreadable=unreadable,
    )


def ever_live(ledger: Ledger) -> tuple[Strategy, ...]:
    """The last live version of every strategy that ever was live, paused and retired ones as well.

    Their rules need not read any more: of what was decided the words and kinds still count.
    """
    with ledger.engine.begin() as connection:
        return read_decided(connection, _found(connection, _of_running()))


def documents(ledger: Ledger, versions: Mapping[str, int]) -> tuple[Strategy, ...]:
    """The given version of each strategy named, by name; its rule need not read any more."""
    with ledger.engine.begin() as connection:
        return read_decided(connection, exactly(connection, versions))


def exactly(connection: Connection, versions: Mapping[str, int]) -> tuple[Version, ...]:
    """The given version of each strategy named, by name."""
    key = STRATEGY_VERSIONS.c.name + " v" + cast(STRATEGY_VERSIONS.c.version, String)
    wanted = among(key, [f"{name} v{version}" for name, version in versions.items()])
    return _found(connection, select(STRATEGY_VERSIONS).where(wanted))


def running(connection: Connection, names: Collection[str] | None = None) -> tuple[Version, ...]:
    """The live version of each strategy (None: of all), by name. Raises BookError where one is not live."""
    found = _found(connection, _of_running().where(STRATEGIES.c.state == "live"), names)
    missing = set(names or ()) - {one.name for one in found}
    if missing:
        raise BookError(f"not live: {', '.join(sorted(missing))}; see longreach strategies list")
    return found


def newest(connection: Connection, names: Collection[str] | None = None) -> tuple[Version, ...]:
    """The newest version of each strategy (None: of all), by name. Raises BookError for unknown ones."""
    versions = STRATEGY_VERSIONS
    latest = select(versions).distinct(versions.c.name)
    found = _found(connection, latest.order_by(versions.c.name, versions.c.version.desc()), names)
    missing = set(names or ()) - {one.name for one in found}
    if missing:
        raise not_there(sorted(missing), connection)
    return found


def standings(
    connection: Connection, names: Iterable[str] | None = None, *, locked: bool = False
) -> dict[str, Standing]:
    """How the named strategies (None: all) stand, by name; ``locked``: nobody else moves them meanwhile."""
    query = select(STRATEGIES).order_by(STRATEGIES.c.name)
    newest = select(STRATEGY_VERSIONS.c.name, func.max(STRATEGY_VERSIONS.c.version)).group_by(
        STRATEGY_VERSIONS.c.name
    )
    if names is not None:
        wanted = sorted(set(names))
        query = query.where(among(STRATEGIES.c.name, wanted))
        newest = newest.where(among(STRATEGY_VERSIONS.c.name, wanted))
    rows = connection.execute(query.with_for_update() if locked else query).mappings().all()
    # Asked for only now: a version written while we waited for the lock counts.
    versions: dict[str, int] = dict(connection.execute(newest).tuples().all())
    return {row["name"]: Standing(newest=versions.get(row["name"], 0), **row) for row in rows}


def versions_of(connection: Connection, name: str) -> tuple[Version, ...]:
    """All versions, the oldest first. Raises BookError where the book has no such strategy."""
    query = select(STRATEGY_VERSIONS).where(STRATEGY_VERSIONS.c.name == name)
    found = connection.execute(query.order_by(STRATEGY_VERSIONS.c.version)).mappings().all()
    if not found:
        raise not_there([name], connection)
    return tuple(Version(**row) for row in found)


def person(name: str) -> str:
    """The name under which somebody acts, written one way. Raises BookError where it is none."""
    plain = " ".join(unicodedata.normalize("NFKC", name).split())
    if not plain or len(plain) > 64 or not plain.isprintable():
        raise BookError(f"{name!r} is no name to act under; give one with --as or LONGREACH_ACTOR")
    return plain


def pick(versions: Sequence[Version], number: int | None) -> Version:
    """The version of that number, or the newest. Raises BookError where there is none."""
    if number is None:
        return versions[-1]
    if not 1 <= number <= len(versions):
        raise BookError(f"{versions[-1].name}: there is no version {number}; {len(versions)} is the newest")
    return versions[number - 1]


def not_there(names: Sequence[str], connection: Connection) -> BookError:
    """Says that the book lacks ``names``, with the nearest ones it has."""
    known = connection.execute(select(STRATEGIES.c.name)).scalars().all()
    told = []
    for name in names:
        near = difflib.get_close_matches(name, known, n=1)
        told.append(f"{name}: no strategy of the book; " + (f"did you mean {near[0]}?" if near else _TO_SEE))
    return BookError("\n".join(told))


_TO_SEE = "see longreach strategies list"


def _of_running() -> Select[Any]:
    versions = STRATEGY_VERSIONS
    of_running = and_(versions.c.name == STRATEGIES.c.name, versions.c.version == STRATEGIES.c.running)
    return select(versions).join(STRATEGIES, of_running)


def _found(
    connection: Connection, query: Select[Any], names: Collection[str] | None = None
) -> tuple[Version, ...]:
    if names is not None:
        query = query.where(among(STRATEGY_VERSIONS.c.name, sorted(names)))
    return tuple(sorted((Version(**row) for row in connection.execute(query).mappings()), key=_by_name))


def _by_name(version: Version) -> str:
    return version.name
