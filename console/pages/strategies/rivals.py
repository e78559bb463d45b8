"""Which live strategies want the same customers: by audience, by channel and by time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, select

from base.errors import ConsoleError
from base.roles import Field
from console.crowd import Shared
from console.pages.page import Visit, reply
from console.render import render
from features.catalogue import FEATURES
from ledger.schema import READINGS, STRATEGIES, STRATEGY_VERSIONS, among
from strategies.atoms import RuleError
from strategies.rule import parse
from strategies.spoken import WORDS
from strategies.tree import Condition

_MOST = 8
_LOOKED_AT = 60
"""Those that share most customers, of which those at another time, or by other channels, are left out."""


_RUNS = and_(
    STRATEGY_VERSIONS.c.name == STRATEGIES.c.name, STRATEGY_VERSIONS.c.version == STRATEGIES.c.running
)


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A live strategy that wants some of the same customers while this one does, and by which channels."""

    title: str
    channels: tuple[str, ...]
    until: date
    shared: Shared


@reply("/strategies/rivals", fields=frozenset({Field.FIGURES, Field.INTERNAL}))
def rivals(visit: Visit) -> Mapping[str, Any]:
    """The live strategies that select most of the customers whom a rule selects, counted in the sample.

    ``name``: the strategy that the rule is of, which is no rival of itself; ``start`` and ``end``: its days,
    of which a rival has one as well; ``channels``: its own, ``alike``: rivals by other channels are left out.
    Nothing is told of a rule that does not read, which the count beside it tells, nor before the first night.
    """
    with visit.ledger.engine.connect() as connection:
        live = select(STRATEGIES.c.name, STRATEGIES.c.running).where(STRATEGIES.c.state == "live")
        running = dict(connection.execute(live.order_by(STRATEGIES.c.name)).tuples().all())

        def rules() -> Mapping[str, Condition]:
            return _rules(connection)

        try:
            found = visit.crowd.shared(
                visit.told.get("rule", ""), book=tuple(running.items()), rules=rules, most=_LOOKED_AT
            )
        except (RuleError, ConsoleError):
            return {"html": ""}
        others = [one for one in found if one.name != visit.told.get("name")]
        own = frozenset(visit.told.get("channels", "").split(","))
        rows = [
            one
            for one in _rivals(connection, others, visit.told)
            if not visit.told.get("alike") or own & set(one.channels)
        ]
    values = {"rivals": rows[:_MOST], "own": own, "words": WORDS[visit.user.language]}
    return {"html": render("strategy_rivals.html", values, language=visit.user.language)}


def _rivals(connection: Connection, others: Sequence[Shared], told: Mapping[str, str]) -> Iterator[Rival]:
    """Those that run on one of the same days at least."""
    first = _day(told.get("start", "")) or date.min
    last = _day(told.get("end", "")) or date.max
    said = _documents(connection, [one.name for one in others])
    for one in others:
        document = said.get(one.name)
        if document is None:
            continue
        start, end = (date.fromisoformat(document.valid[key]) for key in ("start", "end"))
        if start <= last and first <= end:
            channels = dict.fromkeys(touch["channel"] for touch in document.funnel)
            yield Rival(title=document.title, channels=tuple(channels), until=end, shared=one)


def _day(told: str) -> date | None:
    with suppress(ValueError):
        return date.fromisoformat(told.strip())
    return None


def _documents(connection: Connection, names: Sequence[str]) -> Mapping[str, Any]:
    """Title, funnel and days of the strategies named, as they run."""
    parts = (READINGS.c.document[part].label(part) for part in ("funnel", "valid"))
    query = (
        select(STRATEGIES.c.name, READINGS.c.document["title"].as_string().label("title"), *parts)
        .join(STRATEGY_VERSIONS, _RUNS)
        .join(READINGS, READINGS.c.sha256 == STRATEGY_VERSIONS.c.sha256)
        .where(among(STRATEGIES.c.name, names))
    )
    return {row.name: row for row in connection.execute(query)}


def _rules(connection: Connection) -> Mapping[str, Condition]:
    """What live strategies ask of customers, by name; thousands of whole documents would be slow to read."""
    query = (
        select(STRATEGIES.c.name, READINGS.c.document["who"].as_string())
        .join(STRATEGY_VERSIONS, _RUNS)
        .join(READINGS, READINGS.c.sha256 == STRATEGY_VERSIONS.c.sha256)
        .where(STRATEGIES.c.state == "live")
    )
    found: dict[str, Condition] = {}
    for name, who in connection.execute(query).tuples():
        # One that reads no more, because a feature has gone, is out of the night as well.
        with suppress(RuleError):
            found[name] = parse(who, FEATURES).condition
    return found
