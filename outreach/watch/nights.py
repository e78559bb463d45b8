"""Holds a night against its own past, channel by channel, and pauses what went wrong.

What was counted is kept in the ledger, so that nothing of the lake has to be read again. A channel is stopped
by the switch that people throw, with the numbers in the audit; whoever lets it go on has the last word, until
it gets worse by a fifth than what he could see.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from ledger.audit import trail
from ledger.database import Ledger
from ledger.schema import WATCHED
from outreach.stops import throw_switch, thrown
from outreach.watch.alerts import raise_alert
from outreach.watch.past import Departure, Night, Side, length_departure, rate_departure

ACTOR = "watch"
_WORSE = 1.2


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Something counted every night. ``alarms`` and ``stops``: departures to that side raise the alarm, and
    stop the channel."""

    name: str
    words: str
    judge: Callable[[Night, Sequence[Night]], Departure | None]
    alarms: frozenset[Side]
    stops: frozenset[Side]


_UP, _DOWN, _BOTH = frozenset[Side]({"up"}), frozenset[Side]({"down"}), frozenset[Side]({"up", "down"})
MEASURES = {
    measure.name: measure
    for measure in (
        Measure(
            name="drop_rate",
            words="dropped between decision and release",
            judge=rate_departure,
            alarms=_UP,
            stops=_UP,
        ),
        Measure(
            name="list_size",
            words="contacts on the list",
            judge=length_departure,
            alarms=_BOTH,
            stops=frozenset(),  # how far a list may grow without anybody's approval, release sees to
        ),
        Measure(
            name="pick_up_rate",
            words="reached of those contacted",
            judge=rate_departure,
            alarms=_BOTH,
            stops=_DOWN,
        ),
        Measure(
            name="complaint_rate",
            words="complained of those contacted",
            judge=rate_departure,
            alarms=_UP,
            stops=_UP,
        ),
    )
}


def watch_night(
    ledger: Ledger, measure: str, counts: Mapping[str, Night], *, as_of: date
) -> dict[str, Departure]:
    """Keeps what was counted by channel, and raises the alarm where a night departs from its past.

    Returns the departures by channel. A night counted again takes the place of what was counted before, and
    stops nothing twice.
    """
    kind = MEASURES[measure]
    with ledger.engine.begin() as connection:
        _keep(connection, measure, counts, as_of=as_of)
        pasts = _pasts(connection, measure, as_of=as_of, nights=ledger.settings.watch.nights)
    found = {channel: kind.judge(tonight, pasts.get(channel, [])) for channel, tonight in counts.items()}
    departed = {channel: one for channel, one in found.items() if one and one.side in kind.alarms}
    for channel, departure in departed.items():
        raise_alert(
            ledger,
            kind=measure,
            subject=f"{channel} {as_of}",
            detail={"seen": round(departure.seen, 6), "usual": round(departure.usual, 6)},
        )
        if departure.side in kind.stops:
            _stop(ledger, kind, channel, departure, as_of=as_of)
    return departed


def _keep(connection: Connection, measure: str, counts: Mapping[str, Night], *, as_of: date) -> None:
    for channel, night in counts.items():
        line = insert(WATCHED).values(as_of=as_of, measure=measure, channel=channel, **asdict(night))
        connection.execute(
            line.on_conflict_do_update(index_elements=WATCHED.primary_key.columns, set_=asdict(night))
        )


def _pasts(connection: Connection, measure: str, *, as_of: date, nights: int) -> dict[str, list[Night]]:
    """By channel, what was counted on the nights before, the oldest first."""
    query = (
        select(WATCHED)
        .where(
            WATCHED.c.measure == measure,
            WATCHED.c.as_of < as_of,
            WATCHED.c.as_of >= as_of - timedelta(days=nights),
        )
        .order_by(WATCHED.c.as_of)
    )
    found: dict[str, list[Night]] = {}
    for row in connection.execute(query):
        found.setdefault(row.channel, []).append(Night(hits=row.hits, total=row.total))
    return found


def _stop(ledger: Ledger, kind: Measure, channel: str, departure: Departure, *, as_of: date) -> None:
    with ledger.engine.connect() as connection:
        if ("channel", channel) in thrown(connection):
            return
    if not _is_news(ledger, kind, channel, departure, as_of=as_of):
        return
    throw_switch(
        ledger,
        "channel",
        channel,
        stopped=True,
        actor=ACTOR,
        reason=f"{departure.seen:.2%} {kind.words} on {as_of}; {departure.usual:.2%} is usual",
        evidence={"as_of": as_of.isoformat(), "measure": kind.name, **asdict(departure)},
    )


def _is_news(ledger: Ledger, kind: Measure, channel: str, departure: Departure, *, as_of: date) -> bool:
    """Whether it is worse than what the channel was last stopped for, as far as that is still remembered."""
    lines = trail(ledger, action="channel stopped", subject=channel, last=100)
    own: list[dict[str, Any]] = [
        line["detail"] for line in lines if line["detail"].get("measure") == kind.name
    ]
    remembered = as_of - timedelta(days=ledger.settings.watch.nights)
    before = [one for one in own if date.fromisoformat(one["as_of"]) >= remembered]
    if any(date.fromisoformat(one["as_of"]) >= as_of for one in before):
        return False
    if departure.side == "up":
        return all(departure.seen > _WORSE * one["seen"] for one in before)
    return all(departure.seen * _WORSE < one["seen"] for one in before)
