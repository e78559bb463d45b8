"""Alerts: what the watch raised the alarm for, searched by kind, subject and day."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Row, Select, select

from base.registry import told as in_both
from base.roles import Field
from console.listing import pattern, read_date, turned
from console.pages.page import Shown, Visit, page
from console.render import BANK_TIME
from console.words import Said
from console.words.alerts import DETAILS
from console.words.deeds import concerned, worth
from console.words.nights import said
from ledger.schema import ALERTS
from outreach.watch.alerts import kinds

_SEARCH = ("kind", "q", "since", "until", "told")
_TRACER = "canary"
"""What would tell which rows of a list were made up."""


@page("/alerts", title=("Alerts", "告警"), fields=frozenset({Field.TRAIL, Field.INTERNAL}), menu=75)
def alerts(visit: Visit) -> Shown:
    """The alerts asked for, newest first, and what their kinds mean."""
    words = {name: Said(*in_both(kind.__doc__)) for name, kind in kinds().items()}
    with visit.ledger.engine.connect() as connection:
        turn = turned(connection, _asked(visit.told), visit.told, search=_SEARCH)
    return Shown(
        template="alerts.html",
        values={
            "turn": turn,
            "alerts": [_in_words(row, words) for row in turn.rows],
            "kinds": words,
            "asked": {name: visit.told.get(name, "") for name in _SEARCH},
            "has_webhook": visit.settings.watch.webhook is not None,
        },
    )


def _asked(told: Mapping[str, str]) -> Select[Any]:
    table = ALERTS.c
    query = select(ALERTS).order_by(table.id.desc())
    if told.get("kind"):
        query = query.where(table.kind == told["kind"])
    if told.get("q", "").strip():
        query = query.where(table.subject.ilike(pattern(told["q"])))
    if told.get("since"):
        query = query.where(table.at >= _midnight(told["since"]))
    if told.get("until"):
        query = query.where(table.at < _midnight(told["until"]) + timedelta(days=1))
    if told.get("told"):
        query = query.where(table.told_at.is_not(None) if told["told"] == "yes" else table.told_at.is_(None))
    return query


def _midnight(day: str) -> datetime:
    return datetime.combine(read_date(day), time(), BANK_TIME)


def _in_words(row: Row[Any], words: Mapping[str, Said]) -> Mapping[str, Any]:
    return {
        "id": row.id,
        "at": row.at,
        "kind": row.kind,
        "words": said(words, row.kind),
        "subject": concerned(row.subject),
        "detail": [
            (said(DETAILS, name), worth(name, value)) for name, value in row.detail.items() if name != _TRACER
        ],
        "told_at": row.told_at,
    }
