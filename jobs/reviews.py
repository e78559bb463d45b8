"""Reviews 复盘: what was decided about an experiment, by whom and why, on which numbers; kept for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import insert, select

from base.errors import BookError, ExperimentError
from base.scrub import refuse_identifiers
from ledger.audit import record_within
from ledger.database import Ledger
from ledger.schema import REVIEWS
from strategies.book import not_there, person, standings

Decision = Literal["ship", "stop", "continue", "redesign"]


@dataclass(frozen=True, kw_only=True)
class Review:
    """One review. ``seen``: the numbers that were seen; ``version``: the one that ran, or else the newest."""

    at: datetime
    strategy: str
    version: int
    as_of: date
    verdict: str
    seen: Mapping[str, Any]
    decision: Decision
    against_advice: bool
    actor: str
    reason: str


def write_review(
    ledger: Ledger,
    strategy: str,
    *,
    decision: Decision,
    as_of: date,
    verdict: str,
    seen: Mapping[str, Any],
    actor: str,
    reason: str,
    against_advice: bool = False,
) -> Review:
    """Keeps a review, together with its line in the audit.

    Raises ExperimentError where a strategy is shipped that is not advised to be, unless ``against_advice``,
    and where that is said without need; BookError for one that the book does not have, without a reason,
    and for a reason with an identifier.
    """
    actor = person(actor)
    refuse_identifiers(reason, error=BookError)
    if not reason.strip():
        raise BookError("this takes a reason; those who read the review will ask")
    contrary = decision == "ship" and verdict != "ship"
    if contrary and not against_advice:
        raise ExperimentError(
            f"{strategy}: the verdict is {verdict}, not ship; see longreach experiments show {strategy}. "
            "To ship it all the same, say --against-advice and give the reason"
        )
    if against_advice and not contrary:
        raise ExperimentError(f"{strategy}: {decision} is not against the advice ({verdict}); leave that out")
    with ledger.engine.begin() as connection:
        standing = standings(connection, [strategy]).get(strategy)
        if standing is None:
            raise not_there([strategy], connection)
        kept: dict[str, Any] = {
            "strategy": strategy,
            "version": standing.running or standing.newest,
            "as_of": as_of,
            "verdict": verdict,
            "seen": dict(seen),
            "decision": decision,
            "against_advice": against_advice,
            "actor": actor,
            "reason": reason,
        }
        at = connection.execute(insert(REVIEWS).values(kept).returning(REVIEWS.c.at)).scalar_one()
        told = ("version", "verdict", "decision", "against_advice", "reason")
        record_within(
            connection,
            actor=actor,
            action="experiment reviewed",
            details={strategy: {"as_of": as_of.isoformat(), **{key: kept[key] for key in told}}},
        )
    return Review(at=at, **kept)


def reviews(ledger: Ledger, strategy: str | None = None) -> list[Review]:
    """The reviews of a strategy or of all, the newest first. Raises BookError for an unknown strategy."""
    query = select(*(REVIEWS.c[name] for name in Review.__dataclass_fields__)).order_by(REVIEWS.c.id.desc())
    with ledger.engine.connect() as connection:
        if strategy is not None:
            if strategy not in standings(connection, [strategy]):
                raise not_there([strategy], connection)
            query = query.where(REVIEWS.c.strategy == strategy)
        return [Review(**row) for row in connection.execute(query).mappings()]
