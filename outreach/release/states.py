"""A release's way from planned to acknowledged, kept in PostgreSQL: one row a night and recipient.

Whoever moves a release says from which state, under a lock on its row: of two that try, one moves it and the
other finds it moved. What may follow on what, and that no author approves, triggers of the database see to.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from base.errors import ReleaseError
from ledger.schema import RELEASE_MOVES, RELEASES
from strategies.book import person

State = Literal[
    "planned", "frozen", "approved", "written", "delivered", "acknowledged", "withdrawn", "expired"
]

STATES: tuple[State, ...] = (
    "planned",
    "frozen",
    "approved",
    "written",
    "delivered",
    "acknowledged",
    "withdrawn",
    "expired",
)
ACTOR = "release job"
"""Who moves a release where no person does."""
LEFT: tuple[State, ...] = ("written", "delivered", "acknowledged")
"""From ``written`` on the recipient may have it: nothing is made anew, nothing is withdrawn."""
_IN_THE_HOUSE: tuple[State, ...] = ("planned", "frozen", "approved", "written")
"""Nobody else has these, unless a delivery was tried."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """Where the list of one night for one recipient stands. ``attempt``: how often it was frozen;
    ``tried_at``: from when on it may have left, None before its delivery was first tried; ``limits``:
    those it was within, where they and no person approved it."""

    as_of: date
    recipient: str
    state: State
    attempt: int
    rows: int | None
    size: int | None
    sha256: str | None
    author: str
    approver: str | None
    opt_outs_to: int | None
    reason: str | None
    tried_at: datetime | None
    limits: Mapping[str, float] | None


_COLUMNS = [RELEASES.c[name] for name in Release.__dataclass_fields__]


def plan(connection: Connection, as_of: date, recipients: Iterable[str], *, author: str) -> None:
    """Enters the night's releases where they are not there yet."""
    author = person(author)
    rows = [
        {
            "as_of": as_of,
            "recipient": recipient,
            "state": "planned",
            "attempt": 0,
            "author": author,
            "actor": author,
        }
        for recipient in sorted(recipients)
    ]
    connection.execute(insert(RELEASES).on_conflict_do_nothing(), rows)


def releases_of(connection: Connection, as_of: date, *, locked: bool = False) -> dict[str, Release]:
    """The night's releases by recipient; ``locked``: nobody else moves them until the transaction ends."""
    query = select(*_COLUMNS).where(RELEASES.c.as_of == as_of).order_by(RELEASES.c.recipient)
    rows = connection.execute(query.with_for_update() if locked else query).mappings()
    return {row["recipient"]: Release(**row) for row in rows}


def move(
    connection: Connection,
    release: Release,
    to: State,
    *,
    actor: str,
    reason: str | None = None,
    **changes: object,
) -> Release:
    """Moves the release on, and gives it as it then stands.

    Raises ReleaseError where it is not as ``release`` says any more. What is against the rules of the
    database, such as approval by the author, it refuses.
    """
    table = RELEASES.c
    found = connection.execute(
        update(RELEASES)
        .where(
            table.as_of == release.as_of,
            table.recipient == release.recipient,
            table.state == release.state,
            table.attempt == release.attempt,
        )
        .values(state=to, actor=actor, reason=reason, **changes)
        .returning(*_COLUMNS)
    ).mappings()
    moved = found.first()
    if moved is None:
        raise ReleaseError(
            f"the list for {release.recipient} of {release.as_of} was moved by somebody else meanwhile; "
            "run release again, it goes on from where the list is"
        )
    return Release(**moved)


def newest(connection: Connection, *, last: int | None) -> list[Release]:
    """The newest releases first: so many, or all."""
    query = select(*_COLUMNS).order_by(RELEASES.c.as_of.desc(), RELEASES.c.recipient).limit(last)
    return [Release(**row) for row in connection.execute(query).mappings()]


def moves_of(connection: Connection, as_of: date) -> list[dict[str, Any]]:
    """Every move of the night's releases, in their order; columns of RELEASE_MOVES."""
    query = select(RELEASE_MOVES).where(RELEASE_MOVES.c.as_of == as_of).order_by(RELEASE_MOVES.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def froze(connection: Connection, as_of: date) -> set[str]:
    """Who ran what froze lists of the night; somebody else may have begun it."""
    moves = RELEASE_MOVES.c
    query = select(moves.actor).where(moves.as_of == as_of, moves.to_state == "frozen")
    return set(connection.execute(query).scalars())


def is_fixed(connection: Connection, as_of: date) -> bool:
    """Whether the night's lists were frozen: from then on what was decided stands."""
    query = select(RELEASES.c.as_of).where(RELEASES.c.as_of == as_of, RELEASES.c.attempt > 0).limit(1)
    return connection.execute(query).first() is not None


def over(connection: Connection, as_of: date, *, until: datetime | None) -> dict[str, str]:
    """Why lists of the night may not be worked any more, by recipient; the others still may.

    ``until``: when they expire by PostgreSQL's clock; None where nights are not the calendar's. A later night
    whose list has left ends them too, whatever the clock says.
    """
    releases = releases_of(connection, as_of)
    if until is not None and connection.execute(select(func.now() >= until)).scalar_one():
        return dict.fromkeys(releases, f"it was good until {until.isoformat(timespec='minutes')}")
    return {
        recipient: f"that of {night} has left already"
        for recipient, night in _overtaken_by(connection, as_of).items()
        if recipient in releases
    }


def expire(connection: Connection, as_of: date, *, until: datetime | None) -> tuple[str, ...]:
    """Ends the lists of the night whose time is over and that nobody can have; gives lines that say so."""
    why = over(connection, as_of, until=until)
    ended = {
        recipient: release
        for recipient, release in releases_of(connection, as_of, locked=True).items()
        if recipient in why and release.state in _IN_THE_HOUSE and release.tried_at is None
    }
    for recipient, release in ended.items():
        move(connection, release, "expired", actor=ACTOR, reason=why[recipient])
    return tuple(
        f"{recipient}: the list of {as_of} has expired and stays here: {why[recipient]}"
        for recipient in ended
    )


def _overtaken_by(connection: Connection, as_of: date) -> dict[str, date]:
    """The latest night whose list has left since, by recipient."""
    query = (
        select(RELEASES.c.recipient, func.max(RELEASES.c.as_of).label("latest"))
        .where(RELEASES.c.as_of > as_of, RELEASES.c.state.in_(LEFT))
        .group_by(RELEASES.c.recipient)
    )
    return {row.recipient: row.latest for row in connection.execute(query)}
