"""What becomes of a version: draft, submitted, approved, live; and of a live strategy: paused, retired.

A strategy has at most one version on its way (``pending``), always its newest, and at most one that runs.
A newer version may be written, submitted and approved while the old one stays live, and takes its place then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from base.errors import BookError
from base.scrub import refuse_identifiers
from ledger.audit import record_within
from ledger.database import Ledger
from ledger.schema import STRATEGIES, STRATEGY_VERSIONS
from strategies.book import Standing, exactly, not_there, person, running, standings
from strategies.readings import read_decided
from strategies.slots import clashes


@dataclass(frozen=True, kw_only=True)
class Move:
    """A move of the book: what people call it, the stage or state it asks for, and what the audit says.

    ``reasoned``: it takes a reason.
    """

    verb: str
    done: str
    stage: str | None = None
    states: tuple[str, ...] = ()
    reasoned: bool = False

    def possible(self, now: Standing) -> bool:
        """Whether a strategy that stands like this may be moved."""
        if now.state == "retired":
            return False
        return now.stage == self.stage if self.stage else (now.state or "none") in self.states


Versions = Mapping[str, int] | None

SUBMIT = Move(verb="submit", done="strategy submitted", stage="draft")
APPROVE = Move(verb="approve", done="strategy approved", stage="submitted")
GO_LIVE = Move(verb="golive", done="strategy went live", stage="approved")
SEND_BACK = Move(verb="sendback", done="strategy sent back", stage="submitted", reasoned=True)
PAUSE = Move(verb="pause", done="strategy paused", states=("live",), reasoned=True)
RESUME = Move(verb="resume", done="strategy resumed", states=("paused",), reasoned=True)
RETIRE = Move(verb="retire", done="strategy retired", states=("none", "live", "paused"), reasoned=True)
MOVES = (SUBMIT, APPROVE, SEND_BACK, GO_LIVE, PAUSE, RESUME, RETIRE)


def submit(ledger: Ledger, names: Sequence[str], *, actor: str, versions: Versions = None) -> None:
    """Hands the pending drafts in for approval.

    ``versions``: those that were looked at; raises BookError also where another one is pending by now.
    """
    _move(ledger, SUBMIT, names, actor=actor, versions=versions)


def drafts(ledger: Ledger, names: Sequence[str], *, actor: str, versions: Versions = None) -> dict[str, int]:
    """The versions that ``submit`` would hand in now, by name. Raises BookError like it."""
    with ledger.engine.connect() as connection:
        now = _lawful(connection, SUBMIT, names, actor=person(actor), versions=versions, locked=False)
    return {one.name: _meant(SUBMIT, one) for one in now}


def approve(ledger: Ledger, names: Sequence[str], *, actor: str, versions: Versions = None) -> None:
    """Approves what was submitted, as ``submit`` takes its arguments.

    Raises BookError also where ``actor`` submitted it, or wrote a version since the one that is live.
    """
    _move(ledger, APPROVE, names, actor=actor, versions=versions)


def sendback(
    ledger: Ledger, names: Sequence[str], *, actor: str, reason: str, versions: Versions = None
) -> None:
    """Makes what was submitted a draft again, for its author to mend; ``reason`` is what he is told.

    Takes its arguments as ``submit``. Raises BookError.
    """
    _move(ledger, SEND_BACK, names, actor=actor, versions=versions, reason=reason)


def golive(ledger: Ledger, names: Sequence[str], *, actor: str, versions: Versions = None) -> None:
    """Puts approved versions in force from the next decision on, as ``submit`` takes its arguments.

    Raises BookError also where one would share slots of its layer with another that is live.
    """
    _move(ledger, GO_LIVE, names, actor=actor, versions=versions)


def pause(ledger: Ledger, names: Sequence[str], *, actor: str, reason: str) -> None:
    """Takes live strategies out of the night, from the next release on. Raises BookError."""
    _move(ledger, PAUSE, names, actor=actor, reason=reason)


def resume(ledger: Ledger, names: Sequence[str], *, actor: str, reason: str) -> None:
    """Puts paused strategies in force again, from the next decision on. Raises BookError as ``golive``."""
    _move(ledger, RESUME, names, actor=actor, reason=reason)


def retire(ledger: Ledger, names: Sequence[str], *, actor: str, reason: str) -> None:
    """Ends strategies for good; a version on its way goes no further. Raises BookError."""
    _move(ledger, RETIRE, names, actor=actor, reason=reason)


def _move(
    ledger: Ledger,
    move: Move,
    names: Sequence[str],
    *,
    actor: str,
    versions: Versions = None,
    reason: str = "",
) -> None:
    """Moves all or none, in one transaction with the audit's lines."""
    if not names:
        return
    actor = person(actor)
    refuse_identifiers(reason, error=BookError)
    if move.reasoned and not reason.strip():
        raise BookError(f"to {move.verb} a strategy takes a reason; those who read the audit will ask")
    with ledger.engine.begin() as connection:
        now = _lawful(connection, move, names, actor=actor, versions=versions, locked=True)
        if move in (GO_LIVE, RESUME):
            _refuse_shared_slots(connection, {one.name: _meant(move, one) for one in now})
        connection.execute(
            _CHANGE, [{"strategy": one.name, **_after(move, one, actor, reason)} for one in now]
        )
        told = {"reason": reason} if reason else {}
        details = {one.name: {"version": _meant(move, one), "before": one.words, **told} for one in now}
        record_within(connection, actor=actor, action=move.done, details=details)


def _lawful(
    connection: Connection,
    move: Move,
    names: Sequence[str],
    *,
    actor: str,
    versions: Versions,
    locked: bool,
) -> Sequence[Standing]:
    """How the strategies stand. Raises BookError for every one that may not be moved like this."""
    now = standings(connection, names, locked=locked)
    unknown = [name for name in dict.fromkeys(names) if name not in now]
    if unknown:
        raise not_there(unknown, connection)
    refused = [
        words
        for one in now.values()
        if (words := _refusal(connection, move, one, actor, (versions or {}).get(one.name)))
    ]
    if refused:
        raise BookError("\n".join(refused))
    return list(now.values())


def _refuse_shared_slots(connection: Connection, versions: Mapping[str, int]) -> None:
    """Raises BookError where a strategy about to run would meet another of its layer."""
    entering = read_decided(connection, exactly(connection, versions))
    if all(strategy.experiment.layer is None for strategy in entering):
        return
    # Two that go live at once must see each other, so one waits here until the other has.
    connection.execute(select(func.pg_advisory_xact_lock(_SLOTS)))
    others = [one for one in running(connection) if one.name not in versions]
    found = [
        f"{' and '.join(clash.strategies)} would share {clash.words}; move one to other slots, or retire it"
        for clash in clashes([*entering, *read_decided(connection, others)])
        if set(clash.strategies) & set(versions)
    ]
    if found:
        raise BookError("\n".join(found))


_SLOTS = 4_771_001  # of all advisory locks the one on the layers' slots
_COLUMNS = (
    "pending",
    "stage",
    "submitted_by",
    "approved_by",
    "running",
    "state",
    "sent_back_by",
    "sent_back_why",
)
_CHANGE = (
    update(STRATEGIES)
    .where(STRATEGIES.c.name == bindparam("strategy"))
    .values({name: bindparam(f"new_{name}") for name in _COLUMNS})
)


def _after(move: Move, now: Standing, actor: str, reason: str) -> dict[str, Any]:
    """The row after the move."""
    not_sent_back = {"sent_back_by": None, "sent_back_why": None}
    nothing_pending = {
        "pending": None,
        "stage": None,
        "submitted_by": None,
        "approved_by": None,
        **not_sent_back,
    }
    changes: Mapping[Move, Mapping[str, Any]] = {
        SUBMIT: {"stage": "submitted", "submitted_by": actor, **not_sent_back},
        APPROVE: {"stage": "approved", "approved_by": actor},
        SEND_BACK: {
            "stage": "draft",
            "submitted_by": None,
            "sent_back_by": actor,
            "sent_back_why": reason.strip(),
        },
        GO_LIVE: {**nothing_pending, "running": now.pending, "state": "live"},
        PAUSE: {"state": "paused"},
        RESUME: {"state": "live"},
        RETIRE: {**nothing_pending, "state": "retired"},
    }
    return {f"new_{name}": changes[move].get(name, getattr(now, name)) for name in _COLUMNS}


def _meant(move: Move, now: Standing) -> int:
    """The version that the move is about."""
    about = now.pending if move.stage else now.running
    return about or now.newest


def _refusal(
    connection: Connection, move: Move, now: Standing, actor: str, version: int | None
) -> str | None:
    if not move.possible(now):
        open_moves = [other.verb for other in MOVES if other.possible(now)]
        instead = (
            ", ".join([*open_moves, "import a newer version"]) if open_moves else "nothing: that is final"
        )
        return f"{now.name}: cannot {move.verb} what is {now.words}; possible now: {instead}"
    if version is not None and _meant(move, now) != version:
        return f"{now.name}: version {version} was meant, but {now.words} is how it stands; look at it again"
    if move is APPROVE and actor.casefold() in _involved(connection, now):
        return (
            f"{now.name}: {actor} wrote or submitted version {now.pending} or one before it that never went "
            "live; somebody else must approve"
        )
    return None


def _involved(connection: Connection, now: Standing) -> set[str]:
    """Who wrote anything that approval would let go live, and who submitted it."""
    versions = STRATEGY_VERSIONS.c
    wrote = select(versions.author).where(versions.name == now.name, versions.version > (now.running or 0))
    people = {*connection.execute(wrote).scalars(), now.submitted_by or ""}
    return {who.casefold() for who in people}
