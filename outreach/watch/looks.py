"""Watches who looks at identities, as it happens: how many a day, at what hour, one after another.

A look is a line of the audit in which the vault was asked for somebody, refused or not. What a night takes
for its own work is no person's look: it is held against what the same work took on nights before, so that it
neither drowns the others nor hides among them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Connection, cast, func, select

from base.settings import Watch
from ledger.database import Ledger
from ledger.schema import AUDIT
from outreach.watch.alerts import raise_alert

LOOKS = ("vault.take", "vault.look", "vault.find", "vault.refused")
_PAST = timedelta(days=90)
_LEAST_NIGHTS, _TIMES = 5, 3.0  # a night that was killed and run again takes twice


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look: when, and how many rows of identities were given; none where it was refused."""

    at: datetime
    rows: int


@dataclass(frozen=True, kw_only=True)
class Sign:
    """Something to raise the alarm for: a kind of alert, and the numbers it rests on."""

    kind: str
    detail: dict[str, Any]


def watch_look(ledger: Ledger, *, actor: str, scheduled: bool) -> None:
    """Raises the alarms that the newest look of ``actor`` gives reason for; call it when it is on record.

    ``scheduled``: the night's own work under the name of its purpose, not a person's.
    """
    with ledger.engine.connect() as connection:
        if scheduled:
            signs = unusual(_rows_by_night(connection, actor))
        else:
            signs = signs_of(
                _looks_today(connection, actor, ledger.settings.watch), watch=ledger.settings.watch
            )
    for sign in signs:
        raise_alert(ledger, kind=sign.kind, subject=actor, detail=sign.detail)


def signs_of(today: Sequence[Look], *, watch: Watch) -> list[Sign]:
    """What the newest of a person's looks of a day gives reason for. ``today``: oldest first, not empty."""
    newest = today[-1]
    steps = {
        "rows_noticed": watch.rows_noticed,
        "rows_many": watch.rows_many,
        "rows_far_too_many": watch.rows_far_too_many,
    }
    total = sum(look.rows for look in today)
    before = total - newest.rows
    crossed = [kind for kind, step in steps.items() if before < step <= total]
    signs = [Sign(kind=kind, detail={"rows": total, "from": steps[kind]}) for kind in crossed[-1:]]
    hour = newest.at.astimezone(ZoneInfo(watch.time_zone)).hour
    if not watch.hour_from <= hour < watch.hour_to:
        signs.append(Sign(kind="off_hours", detail={"hour": hour, "rows": newest.rows}))
    since = newest.at - timedelta(minutes=watch.looks_minutes)
    single = sum(look.rows <= 1 and look.at > since for look in today)
    if single >= watch.looks:
        signs.append(Sign(kind="enumeration", detail={"looks": single, "minutes": watch.looks_minutes}))
    return signs


def unusual(rows_by_night: Sequence[int]) -> list[Sign]:
    """Whether the last night's rows are far above those of the nights before; never with too few of these."""
    *before, tonight = rows_by_night
    if len(before) < _LEAST_NIGHTS or tonight <= _TIMES * max(median(before), 1):
        return []
    return [Sign(kind="unusual_read", detail={"rows": tonight, "usual": median(before)})]


def _looks_today(connection: Connection, actor: str, watch: Watch) -> list[Look]:
    midnight = func.timezone(
        watch.time_zone, func.date_trunc("day", func.timezone(watch.time_zone, func.now()))
    )
    query = (
        select(AUDIT.c.at, func.coalesce(_ROWS, 0))
        .where(AUDIT.c.action.in_(LOOKS), AUDIT.c.at >= midnight, AUDIT.c.actor == actor)
        .order_by(AUDIT.c.id)
    )
    return [Look(at=at, rows=rows) for at, rows in connection.execute(query)]


def _rows_by_night(connection: Connection, actor: str) -> list[int]:
    """Rows by business date, the date of the newest look last."""
    night = AUDIT.c.detail["as_of"].as_string()
    query = (
        select(func.coalesce(func.sum(_ROWS), 0), func.max(AUDIT.c.id).label("newest"))
        .where(AUDIT.c.action.in_(LOOKS), AUDIT.c.at > func.now() - _PAST, AUDIT.c.actor == actor)
        .group_by(night)
        .order_by("newest")
    )
    return [int(rows) for rows, _ in connection.execute(query)]


_ROWS = cast(AUDIT.c.detail["rows"].as_string(), BigInteger)
