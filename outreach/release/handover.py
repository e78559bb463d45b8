"""Takes written lists to their recipients, and their receipts back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from sqlalchemy import func, select

from base.errors import DeliveryError, LongreachError, ReleaseError
from ledger.database import Ledger
from outreach.deliver.package import Package
from outreach.deliver.transport import Transport
from outreach.release.approvals import approval_of
from outreach.release.content import draft_of, sealed_of
from outreach.release.states import ACTOR, Release, State, move, over, releases_of
from outreach.stops import read_stops

Way = Callable[[str], Transport]
"""The transport to a recipient."""


def hand_over(ledger: Ledger, as_of: date, *, until: datetime | None, way: Way) -> None:
    """Delivers what is written, and takes receipts of what is delivered.

    A recipient in trouble keeps none of the others waiting. A list is held back while everything, or a
    channel of its contacts, is switched off, and not sent any more once its time is over (``until`` as in
    ``outreach.release.states.over``). Raises DeliveryError naming all that remain, for another run.
    """
    troubles = []
    with _alone(ledger, as_of):
        with ledger.engine.connect() as connection:
            releases, late = releases_of(connection, as_of), over(connection, as_of, until=until)
        for recipient, release in releases.items():
            if release.state == "written":
                try:
                    _deliver(ledger, release, transport=way(recipient), late=late.get(recipient))
                except LongreachError as trouble:
                    troubles.append(f"{recipient}: {trouble}")
    try:
        take_receipts(ledger, as_of, way=way)
    except DeliveryError as trouble:
        troubles.append(str(trouble))
    if troubles:
        raise DeliveryError(
            f"not all lists of {as_of} are delivered; run release again:\n  " + "\n  ".join(troubles)
        )


def take_receipts(ledger: Ledger, as_of: date, *, way: Way) -> None:
    """Enters what recipients have acknowledged since.

    Raises DeliveryError naming every recipient whose receipt could not be taken, after all others' were.
    """
    with ledger.engine.connect() as connection:
        releases = releases_of(connection, as_of)
    troubles = []
    for recipient, release in releases.items():
        if release.state == "delivered" and release.size:
            try:
                if way(recipient).receipt(_package(ledger, release)):
                    _advance(ledger, release, "acknowledged")
            except LongreachError as trouble:
                troubles.append(f"{recipient}: {trouble}")
    if troubles:
        raise DeliveryError("\n  ".join(troubles))


def _deliver(ledger: Ledger, release: Release, *, transport: Transport, late: str | None) -> None:
    """Raises ReleaseError where the list is held back, DeliveryError where it is not known to be there."""
    package = _package(ledger, release)
    # A recipient may take a file away as soon as it lies there, before that is noted here.
    if release.tried_at is not None and transport.receipt(package):
        _advance(ledger, release, "delivered")
        return
    if late is not None:
        return
    release = _try(ledger, release)
    transport.deliver(package)
    _advance(ledger, release, "delivered")


def _try(ledger: Ledger, release: Release) -> Release:
    """Notes that the list may leave from now on. Raises ReleaseError while a switch holds it back."""
    with ledger.engine.begin() as connection:
        off = read_stops(connection).channels
        on_it = draft_of(connection, release).rows["channel"] if off else ()
        held = sorted({str(channel) for channel in on_it} & set(off))
        if held:
            raise ReleaseError(
                f"the list of {release.as_of} is held back while {', '.join(held)} is switched off; nothing "
                "of it is sent meanwhile"
            )
        if release.tried_at is not None:
            return release
        return move(connection, release, "written", actor=ACTOR, reason=release.reason, tried_at=func.now())


@contextmanager
def _alone(ledger: Ledger, as_of: date) -> Iterator[None]:
    """Nobody else hands the night's lists over meanwhile; the lock falls with the process that holds it."""
    key = func.hashtext(f"hand over {as_of}")
    with ledger.engine.connect() as connection:
        connection.execute(select(func.pg_advisory_lock(key)))
        try:
            yield
        finally:
            connection.execute(select(func.pg_advisory_unlock(key)))


def _package(ledger: Ledger, release: Release) -> Package:
    with ledger.engine.connect() as connection:
        sealed, approval = sealed_of(connection, release), approval_of(connection, release)
    return Package.of(
        sealed,
        approval=approval,
        recipient=release.recipient,
        as_of=release.as_of,
        attempt=release.attempt,
    )


def _advance(ledger: Ledger, release: Release, to: State) -> None:
    """Moves the release on, unless somebody else who delivered the same has done so."""
    with ledger.engine.begin() as connection:
        found = releases_of(connection, release.as_of, locked=True)[release.recipient]
        if found.state == release.state:
            move(connection, found, to, actor=ACTOR)
