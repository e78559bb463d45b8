"""What strategies are called, whose they are and what they are about: of thousands, without reading each."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from ledger.schema import READINGS, STRATEGIES, STRATEGY_VERSIONS, among


@dataclass(frozen=True, kw_only=True)
class Label:
    """A strategy by its title, its kind and its manager, as the version that ran last has them."""

    name: str
    title: str
    kind: str
    manager: str


def labels(connection: Connection, names: Collection[str]) -> dict[str, Label]:
    """The labels of the strategies named, by name; without those that never ran or were never read."""
    found = connection.execute(_labels().where(among(STRATEGIES.c.name, sorted(names))))
    return {row["name"]: Label(**row) for row in found.mappings()}


def names_with(
    connection: Connection, *, text: str = "", kind: str = "", manager: str = ""
) -> frozenset[str]:
    """The strategies that ran with ``text`` in name, title or manager, of that kind and manager; any where
    empty."""
    asked = _labels().subquery().c
    wanted = []
    if text:
        wanted.append(
            or_(*(each.icontains(text, autoescape=True) for each in (asked.name, asked.title, asked.manager)))
        )
    if kind:
        wanted.append(asked.kind == kind)
    if manager:
        wanted.append(asked.manager == manager)
    return frozenset(connection.execute(select(asked.name).where(*wanted)).scalars())


def _labels() -> Select[Any]:
    versions = STRATEGY_VERSIONS
    ran = and_(versions.c.name == STRATEGIES.c.name, versions.c.version == STRATEGIES.c.running)
    said = READINGS.c.title, READINGS.c.kind, READINGS.c.manager
    return (
        select(STRATEGIES.c.name, *said)
        .join(versions, ran)
        .join(READINGS, READINGS.c.sha256 == versions.c.sha256)
    )
