"""Takes written lists to their recipients, and their receipts back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import func, select

from base.errors import DeliveryError
from ledger.database import Ledger
from outreach.deliver.package import Package
from outreach.deliver.transport import Transport
from outreach.release.content import sealed_of
from outreach.release.states import ACTOR, Release, State, move, overtaken_by, releases_of

Way = Callable[[str], Transport]
"""The transport to a recipient."""


def hand_over(ledger: Ledger, as_of: date, *, way: Way, progress: Callable[[str], None]) -> None:
    """Delivers what is written, and takes receipts of what is delivered.

    A recipient that cannot be reached keeps none of the others waiting. A list whose day is over is not sent
    any more. Raises DeliveryError naming all that remain, for another run.
    """
    troubles = []
    with _alone(ledger, as_of):
        with ledger.engine.connect() as connection:
            releases, later = releases_of(connection, as_of), overtaken_by(connection, as_of)
        for recipient, release in releases.items():
            if release.state == "written" and recipient in later:
                progress(f"{recipient}: the list of {as_of} expired before it could be sent, and stays here")
            elif release.state == "written":
                try:
                    way(recipient).deliver(_package(ledger, release))
                    _advance(ledger, release, "delivered")
                except DeliveryError as trouble:
                    troubles.append(str(trouble))
    try:
        take_receipts(ledger, as_of, way=way)
    except DeliveryError as trouble:
        troubles.append(str(trouble))
    if troubles:
        raise DeliveryError(
            f"not all lists of {as_of} are delivered; run release again:\n  " + "\n  ".join(troubles)
        )


def take_receipts(ledger: Ledger, as_of: date, *, way: Way) -> None:
    """Enters what recipients have acknowledged since. Raises DeliveryError for a receipt that is none."""
    with ledger.engine.connect() as connection:
        releases = releases_of(connection, as_of)
    for recipient, release in releases.items():
        if (
            release.state == "delivered"
            and release.size
            and way(recipient).receipt(_package(ledger, release))
        ):
            _advance(ledger, release, "acknowledged")


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
        sealed = sealed_of(connection, release)
    return Package.of(sealed, recipient=release.recipient, as_of=release.as_of, attempt=release.attempt)


def _advance(ledger: Ledger, release: Release, to: State) -> None:
    """Moves the release on, unless somebody else who delivered the same has done so."""
    with ledger.engine.begin() as connection:
        found = releases_of(connection, release.as_of, locked=True)[release.recipient]
        if found.state == release.state:
            move(connection, found, to, actor=ACTOR)
