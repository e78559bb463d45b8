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


def owner_of(connection: Connection, name: str) -> str:
    """The manager of that strategy; the author where its document reads no more.

    Raises BookError where the book has no such strategy.
    """
    found = connection.execute(_OWNED.where(STRATEGIES.c.name == name)).one_or_none()
    if found is None:
        raise not_there([name], connection)
    return str(found.owner)


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
