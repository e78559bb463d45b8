"""Carries a night's lists from planned to acknowledged; run again, it goes on from wherever it was stopped.

A list is made, scanned and sealed outside any lock. Then, in one transaction, its content goes into the
ledger, opt-outs and switches hold still for an instant, those that came meanwhile are read, and the list is
frozen; or, where one hits it, made again without. The same is done once more as it is entered as ``written``,
after which its bytes may be with the recipient and are never made anew.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Transaction
from sqlalchemy.exc import DBAPIError

from base.errors import ReleaseError
from ledger.database import Ledger
from outreach.callers import callers_of_day
from outreach.deliver.canaries import enter
from outreach.release import content
from outreach.release.approvals import sign_approvals
from outreach.release.drafts import Draft, Drafts, Pack, Sealed, without
from outreach.release.handover import Way, hand_over
from outreach.release.states import ACTOR, Release, State, expire, move, releases_of
from outreach.revocations import enter_released
from outreach.stops import hold_still, last_opt_out, read_stops

# So often a list that is hit is made again while opt-outs go on; then they wait for it.
_PATIENCE = 3


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """What carrying a night takes. ``expires_at``: when its lists do, with its zone. ``until``: the same,
    where PostgreSQL's clock tells; None for a bank that is made up, or of years ago, with its own days.
    ``runner``: who runs it, and may not approve what he freezes. ``key``: the bank's, for approvals."""

    ledger: Ledger
    as_of: date
    expires_at: datetime
    until: datetime | None
    pack: Pack
    way: Way
    runner: str
    key: Ed25519PrivateKey
    progress: Callable[[str], None] = field(default=lambda _: None)

    def freeze(self, drafts: Drafts, *, looked_to: int) -> None:
        """Fixes the lists; ``looked_to``: the last opt-out they heed.

        Lists that somebody else has frozen meanwhile stay as they are. Raises ReleaseError where one must not
        be made, or the ledger does not take it.
        """
        self._settle(
            drafts, attempts=dict.fromkeys(drafts, 0), make=set(drafts), looked_to=looked_to, enter=_FREEZE
        )

    def write(self) -> None:
        """Enters the approved lists as written, without those who have been stopped since they were frozen.

        Those whose time is over expire instead. Raises ReleaseError as ``freeze`` does.
        """
        self._expire()
        with self.ledger.engine.connect() as connection:
            found = releases_of(connection, self.as_of)
            approved = {name: release for name, release in found.items() if release.state == "approved"}
            drafts = {name: content.draft_of(connection, release) for name, release in approved.items()}
        if drafts:
            self._settle(
                drafts,
                attempts={name: release.attempt for name, release in approved.items()},
                make=set(),
                looked_to=min(release.opt_outs_to or 0 for release in approved.values()),
                enter=_WRITE,
            )

    def hand_over(self) -> None:
        """Delivers what is written, and takes receipts, as ``outreach.release.handover`` has it."""
        self._expire()
        with self.ledger.engine.begin() as connection:
            releases = releases_of(connection, self.as_of, locked=True).values()
            # Those that were written before approvals were signed go out with theirs.
            written = [release for release in releases if release.state == "written"]
            sign_approvals(connection, written, key=self.key)
        hand_over(self.ledger, self.as_of, until=self.until, way=self.way)

    def _expire(self) -> None:
        """Ends the lists whose time is over, or that a later night's have overtaken, and that nobody has."""
        with self.ledger.engine.begin() as connection:
            expired = expire(connection, self.as_of, until=self.until)
        for line in expired:
            self.progress(line)

    def _settle(
        self, drafts: Drafts, *, attempts: Mapping[str, int], make: set[str], looked_to: int, enter: "_Enter"
    ) -> None:
        """Enters the drafts once nobody is in them who has been stopped meanwhile.

        ``attempts``: how often each was frozen before; ``make``: whose files are still to be made.
        """
        todo = dict(drafts)
        sealed: dict[str, Sealed] = {}
        for patience in range(_PATIENCE, -1, -1):
            if patience:
                sealed |= self._sealed(todo, make, attempts)
            with _open(self.ledger, self.as_of) as (connection, transaction):
                releases = _unmoved(connection, self.as_of, attempts, enter.state)
                todo = {recipient: draft for recipient, draft in todo.items() if recipient in releases}
                if not patience:
                    self.progress("people keep opting out: lists are made again while opt-outs wait")
                    hold_still(connection)
                    changed, looked_to = self._look_again(connection, todo, looked_to)
                    todo |= changed
                    sealed |= self._sealed(todo, make | set(changed), attempts)
                for recipient in sorted(releases.keys() & sealed.keys()):
                    self._keep(connection, releases[recipient], todo[recipient], sealed[recipient])
                hold_still(connection)
                changed, looked_to = self._look_again(connection, todo, looked_to)
                if not changed:
                    for recipient, release in releases.items():
                        enter.move(
                            self, connection, release, todo[recipient], sealed.get(recipient), looked_to
                        )
                    return
                transaction.rollback()
            self.progress(f"{len(changed)} lists are made again: somebody on them has just been stopped")
            todo, make = {**todo, **changed}, set(changed)

    def _look_again(
        self, connection: Connection, drafts: Drafts, looked_to: int
    ) -> tuple[dict[str, Draft], int]:
        """The drafts hit since ``looked_to``, without the rows hit; and how far was looked now."""
        callers = callers_of_day(connection, day=self.expires_at.date())["number"]
        changed = without(drafts, read_stops(connection, after=looked_to), callers=callers)
        return changed, max(looked_to, last_opt_out(connection))

    def _keep(self, connection: Connection, release: Release, draft: Draft, sealed: Sealed) -> None:
        content.keep(connection, release, draft, sealed)
        enter(connection, sealed.canaries)
        enter_released(
            connection,
            sealed.handed,
            recipient=release.recipient,
            as_of=self.as_of,
            expires_at=self.expires_at,
        )

    def _sealed(self, drafts: Drafts, make: set[str], attempts: Mapping[str, int]) -> dict[str, Sealed]:
        return {
            recipient: self.pack(recipient, drafts[recipient].rows, attempts[recipient] + 1)
            for recipient in sorted(make & drafts.keys())
        }


def _freeze(
    carrier: Carrier,
    connection: Connection,
    release: Release,
    draft: Draft,
    sealed: Sealed | None,
    looked_to: int,
) -> Release:
    """Fixes what ``sealed`` holds; the state stays what it is, or becomes ``frozen``."""
    assert sealed is not None
    to: State = "frozen" if release.state == "planned" else release.state
    frozen = move(
        connection,
        release,
        to,
        actor=carrier.runner,
        attempt=release.attempt + 1,
        rows=draft.rows.num_rows,
        size=len(sealed.content),
        sha256=hashlib.sha256(sealed.content).hexdigest(),
        opt_outs_to=looked_to,
        reason=None if to == "frozen" else "without those who were stopped since it was frozen",
    )
    content.forget_earlier(connection, frozen)
    return frozen


def _write(
    carrier: Carrier,
    connection: Connection,
    release: Release,
    draft: Draft,
    sealed: Sealed | None,
    looked_to: int,
) -> None:
    if sealed is not None:
        release = _freeze(carrier, connection, release, draft, sealed, looked_to)
    # The approval stands, since rows only went away.
    sign_approvals(connection, [release], key=carrier.key)
    move(connection, release, "written", actor=ACTOR, opt_outs_to=looked_to)


@dataclass(frozen=True, kw_only=True)
class _Enter:
    """A way of entering drafts: from which state on, and how each is moved."""

    state: State
    move: Callable[[Carrier, Connection, Release, Draft, Sealed | None, int], object]


_FREEZE = _Enter(state="planned", move=_freeze)
_WRITE = _Enter(state="approved", move=_write)


def _unmoved(
    connection: Connection, as_of: date, attempts: Mapping[str, int], state: State
) -> dict[str, Release]:
    """The releases that nobody else has moved since, held by this transaction."""
    return {
        recipient: release
        for recipient, release in releases_of(connection, as_of, locked=True).items()
        if release.state == state and release.attempt == attempts.get(recipient)
    }


@contextmanager
def _open(ledger: Ledger, as_of: date) -> Iterator[tuple[Connection, Transaction]]:
    try:
        with ledger.engine.connect() as connection, connection.begin() as transaction:
            yield connection, transaction
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None)
        if state not in _REFUSED:
            raise
        raise ReleaseError(f"the lists of {as_of} are held back: {_REFUSED[state]}") from error


_REFUSED = {
    "55P03": "somebody has been entering opt-outs or switches for seconds; run release again",
    "53100": "PostgreSQL has no room on its disk; make room and run release again",
    "P0001": "the ledger refuses the move; longreach releases show says where they stand",
}
