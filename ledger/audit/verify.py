"""Whether the audit trail is as it was written, and if not, where it was first bent and how."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain as end_to_end
from typing import Literal

from sqlalchemy import Connection

from ledger.audit.chain import START, Link, chained, links, unchained
from ledger.audit.checkpoints import Checkpoint

Bend = Literal["edited", "removed", "inserted", "re-ordered", "cut off", "written anew"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """The first wrong place: at which number, what was done, and in words how it shows."""

    number: int
    bend: Bend
    words: str


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found. ``intact_to``: every line up to this number is as it was written; of these
    ``witnessed`` are covered by a checkpoint kept outside, which the database cannot take back."""

    intact_to: int
    witnessed: int
    checkpoints: int
    fault: Fault | None


def verify(connection: Connection, checkpoints: Sequence[Checkpoint], *, since: int = 0) -> Verdict:
    """Reads the trail of one snapshot against its own chain and ``checkpoints`` (authentic, in any order).

    ``since`` begins at the last checkpoint at or below that number and believes what is before. Lines after
    the last checkpoint are held by the chain alone.
    """
    known = {one.number: one.hash for one in checkpoints}
    start = max((number for number in known if number <= since), default=0)
    walk = _Walk(number=start, hash=known.get(start, START), known=known)
    fault = walk.through(links(connection, after=start)) or _past_the_chain(connection, walk.number)
    if fault is not None and fault.bend == "edited":
        fault = _named(fault, list(links(connection)), walk.hash)
    intact_to = walk.number if fault is None else fault.number - 1
    witnessed = max((number for number in known if number <= intact_to), default=0)
    return Verdict(intact_to=intact_to, witnessed=witnessed, checkpoints=len(known), fault=fault)


@dataclass
class _Walk:
    """How far the chain holds: ``number`` and ``hash`` of the last good line."""

    number: int
    hash: bytes
    known: dict[int, bytes]

    def through(self, following: Iterable[Link]) -> Fault | None:
        """Walks on; the first fault, or None."""
        for link in following:
            fault = self._step(link)
            if fault is not None:
                return fault
        last = max(self.known, default=0)
        if last > self.number:
            return Fault(
                number=self.number + 1,
                bend="cut off",
                words=f"a checkpoint saw {last:,} lines; only {self.number:,} are there",
            )
        return None

    def _step(self, link: Link) -> Fault | None:
        expected = self.number + 1
        if link.number != expected:
            return Fault(
                number=expected, bend="removed", words=f"after it comes {link.number:,}: lines are missing"
            )
        if link.content is None:
            return Fault(number=expected, bend="removed", words="its hash is there, the line is not")
        if chained(self.hash, expected, link.content) != link.hash:
            return Fault(number=expected, bend="edited", words="its hash is of another text")
        if self.known.get(expected, link.hash) != link.hash:
            return Fault(
                number=max((one for one in self.known if one < expected), default=0) + 1,
                bend="written anew",
                words=f"the chain agrees with itself, but not with the checkpoint at {expected:,}: "
                "some line since the checkpoint before was changed, and every hash after it made again",
            )
        self.number, self.hash = expected, link.hash
        return None


def _past_the_chain(connection: Connection, last: int) -> Fault | None:
    strangers = unchained(connection)
    if not strangers:
        return None
    return Fault(
        number=last + 1,
        bend="inserted",
        words=f"{len(strangers):,} lines are in the trail and not in the chain, first id {strangers[0]}",
    )


def _named(fault: Fault, whole: list[Link], before: bytes) -> Fault:
    """A line that does not fit its hash was edited, or it is not the line that belongs there."""
    at = next(place for place, link in enumerate(whole) if link.number == fault.number)
    here, kept = whole[at], {link.hash for link in whole[at:]}
    others = (link for link in end_to_end(whole[at + 1 :], whole[:at]) if link.content)
    true = next((one for one in others if chained(before, here.number, one.content or b"") in kept), None)
    if true is not None:
        true_hash = chained(before, here.number, true.content or b"")
        ahead = true_hash if true.number == here.number + 1 else _hash_at(whole, true.number - 1)
        swapped = ahead is not None and chained(ahead, true.number, here.content or b"") in kept
        bend: Bend = "re-ordered" if swapped else "inserted"
        return Fault(number=fault.number, bend=bend, words=f"what belongs here stands at {true.number:,}")
    if at + 1 < len(whole) and (follower := whole[at + 1]).content is not None:
        moved_up = chained(here.hash, follower.number + 1, follower.content) == follower.hash
        if moved_up:
            return Fault(
                number=fault.number, bend="removed", words="the lines after it were moved up one place"
            )
    return fault


def _hash_at(whole: list[Link], number: int) -> bytes | None:
    return next((link.hash for link in whole if link.number == number), None)
