"""Opt-outs, and the feed that tells diallers of them: counts only, nobody's name or token."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Row, func, select

from base.roles import Field
from console.pages.page import Shown, Visit, page
from console.render import BANK_TIME
from console.words import Said
from console.words.limits import channel_said
from console.words.nights import RECIPIENTS, said
from evaluation.suppress import few, suppress
from ledger.schema import ALERTS, OPT_OUTS, RELEASED_LISTS, REVOCATIONS
from outreach.opt_outs import EVERYWHERE

_FIELDS = frozenset({Field.INTERNAL, Field.FIGURES})
_LATE = "opt_out_lag"
_REASONS: Mapping[str, Said] = {
    "opt_out": Said("opt-outs", "客户退订"),
    "stopped": Said("stopped by a switch or a strategy's rest", "紧急停止或策略暂停"),
    "withdrawn": Said("lists withdrawn after they left", "发出后撤回的名单"),
}


@page("/feed", title=("Opt-outs and their feed", "退订与撤销推送"), fields=_FIELDS)
def feed(visit: Visit) -> Shown:
    """Today's opt-outs as counts, and how far the feed has come."""
    midnight = datetime.combine(visit.now.astimezone(BANK_TIME).date(), time(), BANK_TIME)
    with visit.ledger.engine.connect() as connection:
        last = connection.execute(
            select(REVOCATIONS.c.place, REVOCATIONS.c.at).order_by(REVOCATIONS.c.place.desc()).limit(1)
        ).first()
        values = {
            "last": last,
            "opt_outs": _opt_outs(connection, since=midnight),
            "revoked": _revoked(connection, since=midnight),
            "open": _open_lists(connection, now=visit.now, place=last.place if last else 0),
            "late": _late(connection, since=visit.now - timedelta(days=7))
            if visit.sees(Field.TRAIL)
            else None,
        }
    seconds = visit.settings.watch.opt_out_seconds
    return Shown(
        template="releases/feed.html",
        values={
            "today": midnight.date(),
            "seconds": seconds,
            "sees_trail": visit.sees(Field.TRAIL),
            **values,
        },
    )


def _opt_outs(connection: Connection, *, since: datetime) -> list[dict[str, Any]]:
    """Opt-outs by channel and how they came in, each person's first account alone."""
    table = OPT_OUTS.c
    query = (
        select(table.channel, table.source, func.count().label("people"))
        .where(table.at >= since, table.derived_from.is_(None))
        .group_by(table.channel, table.source)
        .order_by(table.channel, table.source)
    )
    rows = _told(connection.execute(query).all(), "channel", "source", "people")
    return [{**row, "words": _channel(row["channel"])} for row in rows]


def _channel(name: str) -> Said:
    return Said("every channel", "全部渠道") if name == EVERYWHERE else channel_said(name)


def _revoked(connection: Connection, *, since: datetime) -> list[dict[str, Any]]:
    """What went into the feed, by reason."""
    table = REVOCATIONS.c
    query = (
        select(table.why, func.count().label("entries"))
        .where(table.at >= since)
        .group_by(table.why)
        .order_by(table.why)
    )
    rows = _told(connection.execute(query).all(), "why", "entries")
    return [{**row, "words": said(_REASONS, row["why"])} for row in rows]


def _open_lists(connection: Connection, *, now: datetime, place: int) -> list[dict[str, Any]]:
    """Lists that may still be worked, and how many entries of the feed came after they were fixed."""
    table = RELEASED_LISTS.c
    query = select(RELEASED_LISTS).where(table.expires_at > now).order_by(table.as_of, table.recipient)
    return [
        {
            "as_of": row.as_of,
            "recipient": row.recipient,
            "words": said(RECIPIENTS, row.recipient),
            "until": row.expires_at,
            "since": None if few(np.asarray(place - row.after)) else place - row.after,
        }
        for row in connection.execute(query)
    ]


def _late(connection: Connection, *, since: datetime) -> Sequence[Any]:
    """Alerts over opt-outs that a recipient was told of too late, newest first."""
    query = select(ALERTS.c.at, ALERTS.c.subject, ALERTS.c.detail).where(
        ALERTS.c.kind == _LATE, ALERTS.c.at >= since
    )
    return connection.execute(query.order_by(ALERTS.c.id.desc()).limit(20)).all()


def _told(rows: Sequence[Row[Any]], *columns: str) -> list[dict[str, Any]]:
    """The rows, the last column a count; None where it is few, or would tell another that is."""
    counts = suppress(pd.DataFrame(rows, columns=list(columns)), count=columns[-1], within=[])
    told = [None if pd.isna(count) else int(count) for count in counts[columns[-1]]]
    return [{**row._mapping, columns[-1]: count} for row, count in zip(rows, told, strict=True)]
