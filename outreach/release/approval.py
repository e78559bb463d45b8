"""Who lets a night's lists go: somebody who did not make them, or limits that settings name."""

from collections.abc import Mapping
from datetime import date
from statistics import median

from sqlalchemy import Connection, func, select

from base.errors import ReleaseError
from base.scrub import refuse_identifiers, scrub
from base.settings.release import Release as Limits
from ledger.audit import record_within
from ledger.database import Ledger
from ledger.schema import RELEASES
from outreach.release.states import LEFT, Release, froze, move, releases_of
from strategies.book import person

BY_LIMITS = "limits of settings"
_NIGHTS = 7
# A bank that has contacted hardly anybody yet grows by leaps.
_FEW = 1_000


def over_limits(connection: Connection, as_of: date, *, limits: Limits) -> str | None:
    """Why the night's lists take a person's approval; None where they are within the limits."""
    rows = sum(release.rows or 0 for release in releases_of(connection, as_of).values())
    if rows > limits.automatic_under:
        return f"{rows:,} contacts are more than release.automatic_under = {limits.automatic_under:,}"
    table = RELEASES.c
    query = (
        select(func.sum(table.rows))
        .where(table.as_of < as_of, table.state.in_(LEFT))
        .group_by(table.as_of)
        .order_by(table.as_of.desc())
        .limit(_NIGHTS)
    )
    before = [int(count) for count in connection.execute(query).scalars()]
    usual = median(before) if before else None
    if usual is not None and rows > _FEW and rows > limits.automatic_growth * usual:
        return (
            f"{rows:,} contacts are more than {limits.automatic_growth:g} times the usual "
            f"{usual:,.0f} (release.automatic_growth)"
        )
    return None


def approve_by_limits(ledger: Ledger, as_of: date, *, limits: Limits) -> str | None:
    """Approves the frozen lists where they are within the limits, else says why they are not.

    None too where nothing waits for approval.
    """
    with ledger.engine.begin() as connection:
        if not any(one.state == "frozen" for one in releases_of(connection, as_of).values()):
            return None
        why = over_limits(connection, as_of, limits=limits)
        if why is None:
            within = limits.model_dump()
            _approve(connection, as_of, approver=BY_LIMITS, reason="within the limits", limits=within)
        return why


def approve(ledger: Ledger, as_of: date, *, approver: str, reason: str) -> dict[str, Release]:
    """Approves every frozen list of the night; gives them as they then stand.

    Recipients are told the approver's name, and not the reason. Raises ReleaseError where none waits for
    approval, the approver made or froze one of the night's, or is named by what may not be told.
    """
    approver = person(approver)
    if scrub(approver) != approver or approver.casefold() == BY_LIMITS:
        raise ReleaseError(
            f"recipients are told who approved: {scrub(approver)} may be somebody's number or address, or "
            "what limits are called; act under a person's name (--as)"
        )
    refuse_identifiers(reason, error=ReleaseError)
    with ledger.engine.begin() as connection:
        approved = _approve(connection, as_of, approver=approver, reason=reason)
        if not approved:
            raise ReleaseError(
                f"no list of {as_of} waits for approval; longreach releases list shows where they stand"
            )
        return approved


def withdraw(ledger: Ledger, as_of: date, *, actor: str, reason: str) -> dict[str, Release]:
    """Takes back every list of the night that has not left; for good. Gives them as they then stand.

    Raises ReleaseError where none can be taken back any more, or no reason is given.
    """
    actor = person(actor)
    refuse_identifiers(reason, error=ReleaseError)
    if not reason.strip():
        raise ReleaseError("withdrawing takes a reason; those who read the audit will ask")
    with ledger.engine.begin() as connection:
        releases = releases_of(connection, as_of, locked=True).values()
        withdrawn = {
            release.recipient: move(connection, release, "withdrawn", actor=actor, reason=reason)
            for release in releases
            if release.state in ("planned", "frozen", "approved")
        }
        if not withdrawn:
            raise ReleaseError(
                f"no list of {as_of} can be withdrawn: what is written may be with its recipient. A switch "
                "(longreach strategies stop) still reaches it through the feed of revocations"
            )
        _put_on_record(connection, withdrawn, actor=actor, action="list withdrawn", reason=reason)
        return withdrawn


def _approve(
    connection: Connection,
    as_of: date,
    *,
    approver: str,
    reason: str,
    limits: Mapping[str, float] | None = None,
) -> dict[str, Release]:
    frozen = [one for one in releases_of(connection, as_of, locked=True).values() if one.state == "frozen"]
    makers = {release.author for release in frozen} | froze(connection, as_of)
    if approver.casefold() in {person(maker).casefold() for maker in makers}:
        raise ReleaseError(f"{approver} made the lists of {as_of} and cannot approve them; ask another")
    approved = {
        release.recipient: move(
            connection, release, "approved", actor=approver, reason=reason, approver=approver, limits=limits
        )
        for release in frozen
    }
    _put_on_record(connection, approved, actor=approver, action="list approved", reason=reason)
    return approved


def _put_on_record(
    connection: Connection, releases: dict[str, Release], *, actor: str, action: str, reason: str
) -> None:
    details = {
        f"{release.as_of} {recipient}": {"rows": release.rows, "sha256": release.sha256, "reason": reason}
        for recipient, release in releases.items()
    }
    record_within(connection, actor=actor, action=action, details=details)
