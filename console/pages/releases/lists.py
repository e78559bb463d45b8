"""The lists on their way out: where each stands, and letting a night's lists go or taking them back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, func, select

from base.roles import Action, Field
from console.listing import pattern, read_date, turned
from console.pages.page import Done, Shown, Visit, deed, page
from console.words import Refusal, Said
from console.words.nights import ACTORS, LIST_STATES, RECIPIENTS, said
from evaluation.suppress import hidden
from ledger.schema import RELEASES
from outreach.release import Release, approve, contact_day, expires_at, moves_of, releases_of, withdraw
from outreach.release.states import State, froze

_FIELDS = frozenset({Field.INTERNAL, Field.FIGURES})
_WAY: tuple[State, ...] = ("planned", "frozen", "approved", "written", "delivered", "acknowledged")
"""From state to state, where nobody takes a list back and its time does not run out."""
_STILL_HERE: tuple[State, ...] = ("planned", "frozen", "approved")
"""From these a list can be taken back."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A state on a list's way. ``is_now``: where it stands; ``at``, ``actor``: when and by whom it got there,
    None where it has not been."""

    state: State
    words: Said
    is_now: bool
    at: datetime | None
    actor: Said | None


@page("/releases", title=("Releases", "名单发放"), fields=_FIELDS, menu=70)
def releases(visit: Visit) -> Shown:
    """The lists of all nights, newest first."""
    table, told = RELEASES.c, visit.told
    query = select(RELEASES).order_by(table.as_of.desc(), table.recipient)
    if told.get("q", "").strip():
        query = query.where(func.to_char(table.as_of, "YYYY-MM-DD").like(pattern(told["q"])))
    for name, column in (("state", table.state), ("recipient", table.recipient)):
        if told.get(name):
            query = query.where(column == told[name])
    waiting = select(table.as_of).where(table.state == "frozen").distinct().order_by(table.as_of.desc())
    with visit.ledger.engine.connect() as connection:
        turn = turned(connection, query, told, search=("q", "state", "recipient"))
        rows = shown_rows(connection, {row.as_of for row in turn.rows})
        to_approve = connection.execute(waiting).scalars().all()
    return Shown(
        template="releases/lists.html",
        values={
            "turn": turn,
            "lists": [(row, said(RECIPIENTS, row.recipient), LIST_STATES[row.state]) for row in turn.rows],
            "rows": rows,
            "to_approve": to_approve,
            "may_approve": visit.may(Action.APPROVE_RELEASE),
            "sees_trail": visit.sees(Field.TRAIL),
            "states": LIST_STATES,
            "recipients": RECIPIENTS,
            "actors": ACTORS,
            "q": told.get("q", ""),
            "state": told.get("state", ""),
            "recipient": told.get("recipient", ""),
        },
    )


@page("/releases/{as_of}", title=("Lists of a night", "单夜名单"), fields=_FIELDS)
def night_releases(visit: Visit) -> Shown:
    """One night's lists on their way, and what may be done with them."""
    as_of = read_date(visit.told["as_of"])
    with visit.ledger.engine.connect() as connection:
        lists = releases_of(connection, as_of)
        moves = moves_of(connection, as_of)
        rows = shown_rows(connection, {as_of})
        makers = {one.author for one in lists.values()} | froze(connection, as_of)
    if not lists:
        raise Refusal(
            f"no list of {as_of} was made; the page of releases shows the nights there are",
            f"{as_of} 没有制作名单；名单发放页列有全部日期",
        )
    return Shown(
        template="releases/night.html",
        title=Said(f"Lists of {as_of}", f"{as_of} 名单"),
        values={
            "as_of": as_of,
            "day": contact_day(as_of),
            "until": expires_at(as_of, visit.settings.contact),
            "lists": [
                {"list": one, "words": said(RECIPIENTS, name), "way": way(one, moves)}
                for name, one in lists.items()
            ],
            "rows": rows,
            "seen": seen(lists.values()),
            "may_approve": visit.may(Action.APPROVE_RELEASE),
            "is_maker": visit.user.name.casefold() in {maker.strip().casefold() for maker in makers},
            "can_withdraw": any(one.state in _STILL_HERE for one in lists.values()),
            "limits": visit.settings.release,
            "actors": ACTORS,
        },
    )


@deed("/releases/{as_of}/approve", action=Action.APPROVE_RELEASE, given_back=True)
def approve_lists(visit: Visit) -> Done:
    """Lets go what was on the screen: the night's lists that wait, as they are."""
    as_of = read_date(visit.told["as_of"])
    with visit.ledger.engine.connect() as connection:
        waiting = seen(releases_of(connection, as_of).values())
    if waiting and waiting != visit.told.get("seen", ""):
        raise Refusal(
            f"the lists of {as_of} are not those that were on the screen any more; nothing was approved. "
            "Open the page again and look at them once more",
            f"{as_of} 的名单与您所见的已不一致，未批准；请重新打开页面再审阅",
        )
    approve(visit.ledger, as_of, approver=visit.user.name, reason=visit.told.get("reason", ""))
    return Done(
        to=f"/releases/{as_of}",
        said=Said(
            f"Approved. They leave when release goes on: longreach release --as-of {as_of}",
            f"已批准。继续运行 longreach release --as-of {as_of} 后名单即发出。",
        ),
    )


@deed("/releases/{as_of}/withdraw", action=Action.APPROVE_RELEASE, given_back=True)
def withdraw_lists(visit: Visit) -> Done:
    """Takes back, for good, what of the night has not left."""
    as_of = read_date(visit.told["as_of"])
    withdrawn = withdraw(visit.ledger, as_of, actor=visit.user.name, reason=visit.told.get("reason", ""))
    english, chinese = (
        sep.join(said(RECIPIENTS, name)[place] for name in withdrawn)
        for place, sep in enumerate((", ", "、"))
    )
    return Done(
        to=f"/releases/{as_of}",
        said=Said(f"Withdrawn for good: {english}.", f"已永久撤回：{chinese}。"),
    )


def way(one: Release, moves: Sequence[Mapping[str, Any]]) -> list[Stop]:
    """Where the list has been, where it stands, and what is ahead of it."""
    came = {move["to_state"]: move for move in moves if move["recipient"] == one.recipient}
    states: Iterable[State] = _WAY
    if one.state not in _WAY:
        states = [*(state for state in _WAY if state in came), one.state]
    return [
        Stop(
            state=state,
            words=LIST_STATES[state],
            is_now=state == one.state,
            at=came[state]["at"] if state in came else None,
            actor=said(ACTORS, came[state]["actor"]) if state in came else None,
        )
        for state in states
    ]


def seen(lists: Iterable[Release]) -> str:
    """Which content of which lists waits for approval."""
    return ",".join(sorted(f"{one.recipient} {one.attempt}" for one in lists if one.state == "frozen"))


def shown_rows(connection: Connection, nights: set[date]) -> dict[tuple[date, str], int | None]:
    """Rows by night and recipient; None where they are not fixed yet, or too few to be shown."""
    columns = (RELEASES.c.as_of, RELEASES.c.recipient, RELEASES.c.rows)
    query = select(*columns).where(RELEASES.c.as_of.in_(nights))
    found = connection.execute(query).all()
    counts = pd.DataFrame({"as_of": [row.as_of for row in found], "rows": [row.rows or 0 for row in found]})
    away = hidden(counts, counts=["rows"], within=["as_of"])
    return {
        (row.as_of, row.recipient): None if hide else row.rows for row, hide in zip(found, away, strict=True)
    }
