"""The last plan by segment and by strategy."""

from typing import Any

from base.roles import Action
from console.listing import paged
from console.pages.page import Shown, Visit, page
from console.pages.segments.cards import Card, cards
from console.pages.tonight.night import FIELDS, Around, around, first_words, plan_of, segments_of, totals_of
from console.words.limits import price_said
from strategies.labels import labels, names_with


@page("/tonight/segments", title=("Tonight by segment", "今晚各客群"), fields=FIELDS)
def tonight_segments(visit: Visit) -> Shown:
    """Contacts by segment."""
    now = around(visit)
    found: list[tuple[Card, int | None]] = []
    if now.as_of is not None:
        totals = totals_of(visit, now.as_of)
        found = [(card, totals.get(name, 0)) for name, card in cards(visit.lake, as_of=now.as_of).items()]
    return Shown(template="tonight/segments.html", values={**first_words(now), "found": found})


@page("/tonight/strategies", title=("Tonight by strategy", "今晚各策略"), fields=FIELDS)
def tonight_strategies(visit: Visit) -> Shown:
    """Contacts by strategy against what it may have, a page at a time; in one segment where it is named."""
    now, segment = around(visit), visit.told.get("segment", "").strip()
    wanted, by_name = visit.told.get("q", "").strip(), visit.told.get("sort") == "name"
    rows = _rows(visit, now, segment)
    rows.sort(key=lambda one: one["strategy"] if by_name else (-(one["used"] or 0), one["strategy"]))
    with visit.ledger.engine.connect() as connection:
        if wanted:
            found = names_with(connection, text=wanted)
            rows = [one for one in rows if one["strategy"] in found]
        turn = paged(rows, visit.told, search=("q", "segment", "sort"))
        named = labels(connection, [one["strategy"] for one in turn.rows])
    values = {
        "turn": turn,
        "named": named,
        "segment": segment,
        "q": visit.told.get("q", ""),
        "by_name": by_name,
        "price_said": price_said,
        "may_rest": visit.may(Action.REST_STRATEGY),
        "may_stop": visit.may(Action.STOP),
    }
    return Shown(template="tonight/strategies.html", values={**first_words(now), **values})


def _rows(visit: Visit, now: Around, segment: str) -> list[dict[str, Any]]:
    """The strategies' limits, with what they use; in a segment, where one is named."""
    plan = plan_of(visit, now.as_of)
    if plan is None:
        return []
    limits = [one for one in plan.limits if one["kind"] == "strategy"]
    rows = [{**one, "strategy": one["name"].partition(".")[2]} for one in limits]
    if not segment:
        return rows
    cells = segments_of(visit, plan.as_of)
    own = cells[cells["segment"] == segment]
    made = dict(zip(own["strategy"], own["contacts"], strict=True))
    return [{**one, "used": made[one["strategy"]]} for one in rows if one["strategy"] in made]
