"""Which live strategies want the same customers: by audience, by channel and by time."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, and_, select

from base.errors import ConsoleError
from base.roles import Field
from console.pages.page import Visit, reply
from console.render import render
from features.catalogue import FEATURES
from ledger.schema import READINGS, STRATEGIES, STRATEGY_VERSIONS
from strategies.atoms import RuleError
from strategies.book import documents
from strategies.rule import parse
from strategies.spoken import WORDS
from strategies.tree import Condition

_MOST = 8


@reply("/strategies/rivals", fields=frozenset({Field.FIGURES, Field.INTERNAL}))
def rivals(visit: Visit) -> Mapping[str, Any]:
    """The live strategies that select most of the customers whom a rule selects, counted in the sample.

    ``name``: the strategy that the rule is of, which is no rival of itself. Nothing is told of a rule that
    does not read, which the count beside it tells, nor before the first night.
    """
    with visit.ledger.engine.connect() as connection:
        live = select(STRATEGIES.c.name, STRATEGIES.c.running).where(STRATEGIES.c.state == "live")
        running = dict(connection.execute(live.order_by(STRATEGIES.c.name)).tuples().all())

        def rules() -> Mapping[str, Condition]:
            return _rules(connection)

        try:
            found = visit.crowd.shared(
                visit.told.get("rule", ""), book=tuple(running.items()), rules=rules, most=_MOST + 1
            )
        except (RuleError, ConsoleError):
            return {"html": ""}
    others = [one for one in found if one.name != visit.told.get("name")][:_MOST]
    versions = {one.name: number for one in others if (number := running.get(one.name)) is not None}
    values = {
        "rivals": others,
        "said": {one.name: one for one in documents(visit.ledger, versions)},
        "words": WORDS[visit.user.language],
    }
    return {"html": render("strategy_rivals.html", values, language=visit.user.language)}


def _rules(connection: Connection) -> Mapping[str, Condition]:
    """What live strategies ask of customers, by name; thousands of whole documents would be slow to read."""
    versions = STRATEGY_VERSIONS
    runs = and_(versions.c.name == STRATEGIES.c.name, versions.c.version == STRATEGIES.c.running)
    query = (
        select(STRATEGIES.c.name, READINGS.c.document["who"].as_string())
        .join(versions, runs)
        .join(READINGS, READINGS.c.sha256 == versions.c.sha256)
        .where(STRATEGIES.c.state == "live")
    )
    found: dict[str, Condition] = {}
    for name, who in connection.execute(query).tuples():
        # One that reads no more, because a feature has gone, is out of the night as well.
        with suppress(RuleError):
            found[name] = parse(who, FEATURES).condition
    return found
