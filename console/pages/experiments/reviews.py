"""What was decided about experiments, by whom and why, the newest first."""

from sqlalchemy import Float, or_, select

from console.listing import pattern, turned
from console.pages.experiments.portfolio import FIGURES
from console.pages.page import Shown, Visit, page
from console.words.verdicts import DECISIONS, NAMES, of_hundred
from ledger.schema import REVIEWS
from strategies.labels import labels


@page("/reviews", title=("Decisions", "实验决定"), fields=FIGURES)
def reviews(visit: Visit) -> Shown:
    """Every review, a page at a time, searched by strategy, person and reason."""
    own = REVIEWS.c
    seen = own.seen["verdict"]
    numbers = [seen[name].as_string().cast(Float).label(name) for name in ("lift", "low", "high")]
    query = select(
        own.at,
        own.strategy,
        own.version,
        own.as_of,
        own.verdict,
        own.decision,
        own.against_advice,
        own.actor,
        own.reason,
        *numbers,
    ).order_by(own.id.desc())
    text, decision = (visit.told.get(name, "").strip() for name in ("q", "decision"))
    if text:
        like = pattern(text)
        query = query.where(
            or_(*(each.ilike(like, escape="\\") for each in (own.strategy, own.actor, own.reason)))
        )
    if decision:
        query = query.where(own.decision == decision)
    with visit.ledger.engine.connect() as connection:
        turn = turned(connection, query, visit.told, search=("q", "decision"))
        named = labels(connection, {row.strategy for row in turn.rows})
    return Shown(
        template="experiments/reviews.html",
        values={
            "turn": turn,
            "named": named,
            "asked": {"q": text, "decision": decision},
            "decisions": DECISIONS,
            "names": NAMES,
            "lift": of_hundred,
        },
    )
