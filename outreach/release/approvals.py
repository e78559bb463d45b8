"""Signed approvals in PostgreSQL: made as a list is written, by the key that sealed it, and never changed."""

from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from ledger.schema import RELEASE_APPROVALS, RELEASE_MOVES
from outreach.deliver.approvals import Approval, make_approval
from outreach.release.lists import BANK_TIME
from outreach.release.states import Release

_TABLE = RELEASE_APPROVALS.c


def sign_approvals(connection: Connection, releases: Iterable[Release], *, key: Ed25519PrivateKey) -> None:
    """Enters a signed approval of the bytes of each approved release, where there is none of them yet.

    ``key``: the one that has signed the manifests in these bytes.
    """
    for release in releases:
        approval = _approval(connection, release)
        line = {name: getattr(approval, name) for name in Approval.__dataclass_fields__}
        signed = insert(RELEASE_APPROVALS).values(**line, content=make_approval(approval, key=key))
        connection.execute(signed.on_conflict_do_nothing())


def approval_of(connection: Connection, release: Release) -> bytes:
    """The signed approval of the release's bytes, as it leaves.

    Empty only of what was delivered before approvals were signed: nothing is written without one.
    """
    query = select(_TABLE.content).where(
        _TABLE.as_of == release.as_of,
        _TABLE.recipient == release.recipient,
        _TABLE.attempt == release.attempt,
    )
    content: bytes | None = connection.execute(query).scalar()
    return content or b""


def _approval(connection: Connection, release: Release) -> Approval:
    assert release.sha256 is not None
    assert release.approver is not None
    at, attempt = _approved(connection, release)
    return Approval(
        recipient=release.recipient,
        as_of=release.as_of,
        attempt=release.attempt,
        sha256=release.sha256,
        author=release.author,
        approver=release.approver,
        approved_at=at,
        approved_attempt=attempt,
        limits=release.limits,
    )


def _approved(connection: Connection, release: Release) -> tuple[datetime, int]:
    """When it was approved, and which attempt."""
    moves = RELEASE_MOVES.c
    query = select(moves.at, moves.attempt).where(
        moves.as_of == release.as_of,
        moves.recipient == release.recipient,
        moves.from_state == "frozen",
        moves.to_state == "approved",
    )
    at, attempt = connection.execute(query).one()
    return at.astimezone(BANK_TIME), attempt
