"""Whose a strategy is: its manager's, whoever writes a version of it."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, func, select

from ledger.schema import READINGS, STRATEGIES, STRATEGY_VERSIONS
from strategies.book import not_there

# Whom the version in force names, or the first where none is: a proposal hands no strategy on by itself.
_HELD = STRATEGY_VERSIONS.alias("held")
_OWNED = (
    select(
        STRATEGIES.c.name,
        STRATEGIES.c.pending,
        STRATEGIES.c.stage,
        func.coalesce(READINGS.c.manager, _HELD.c.author).label("owner"),
    )
    .join(
        _HELD,
        and_(_HELD.c.name == STRATEGIES.c.name, _HELD.c.version == func.coalesce(STRATEGIES.c.running, 1)),
    )
    .outerjoin(READINGS, READINGS.c.sha256 == _HELD.c.sha256)
)


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A version of somebody's strategy that another wrote, and the stage in which it is."""

    name: str
    version: int
    author: str
    stage: str


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """A version that never came in force, for another's took its place."""

    version: int
    author: str


def owner_of(connection: Connection, name: str) -> str:
    """The manager of that strategy; the author where its document reads no more.

    Raises BookError where the book has no such strategy.
    """
    found = connection.execute(_OWNED.where(STRATEGIES.c.name == name)).one_or_none()
    if found is None:
        raise not_there([name], connection)
    return str(found.owner)


def pending_of(connection: Connection, name: str) -> Proposal | None:
    """The version of the strategy that is on its way, whoever wrote it; the next one takes its place."""
    written = STRATEGY_VERSIONS.c
    query = (
        select(written.name, written.version, written.author, STRATEGIES.c.stage)
        .join(STRATEGIES, and_(STRATEGIES.c.name == written.name, STRATEGIES.c.pending == written.version))
        .where(written.name == name)
    )
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else Proposal(**found)


def overtaken(connection: Connection, by: Proposal) -> Earlier | None:
    """The last version of somebody else that the pending one took the place of; None where there is none."""
    written = STRATEGY_VERSIONS.c
    query = (
        select(written.version, written.author)
        .join(STRATEGIES, STRATEGIES.c.name == written.name)
        .where(
            written.name == by.name,
            written.version > func.coalesce(STRATEGIES.c.running, 0),
            written.version < by.version,
            written.author != by.author,
        )
        .order_by(written.version.desc())
        .limit(1)
    )
    found = connection.execute(query).mappings().one_or_none()
    return None if found is None else Earlier(**found)


def proposals_to(connection: Connection, manager: str, *, most: int) -> tuple[Proposal, ...]:
    """The versions not in force yet that others wrote of the manager's strategies, by name."""
    owned = _OWNED.where(STRATEGIES.c.pending.is_not(None)).subquery().c
    written = STRATEGY_VERSIONS.c
    query = (
        select(owned.name, written.version, written.author, owned.stage)
        .join(
            STRATEGY_VERSIONS,
            and_(written.name == owned.name, written.version == owned.pending, written.author != manager),
        )
        .where(owned.owner == manager)
        .order_by(owned.name)
        .limit(most)
    )
    return tuple(Proposal(**row) for row in connection.execute(query).mappings())
