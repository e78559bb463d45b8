"""Step five: hands the masked lists to those who call and write."""

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame

from base.errors import ReleaseError
from jobs.decide import DECIDED
from jobs.drafts import DecidedContacts, make_drafts
from jobs.job import Frames, Night, job
from lake.table import Table
from lake.tables import CONTACT_LISTS, CUSTOMERS, HELD_BACK, NUMBERS, PLAN, SUPPRESSIONS
from ledger.audit import record, trail
from outreach.channels.channel import Channel, load_channels
from outreach.deliver.route import transport_of
from outreach.release import (
    ACTOR,
    Carrier,
    Packer,
    Words,
    approve_by_limits,
    expires_at,
    left,
    plan,
    recipients_of,
    releases_of,
)
from outreach.stops import read_stops
from outreach.vault import Vault
from strategies.book import documents, ever_live, running
from strategies.document import Strategy


@job(reads=(PLAN.at, NUMBERS.at, CUSTOMERS.at, SUPPRESSIONS.at), writes=(CONTACT_LISTS, HELD_BACK))
def release(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Releases the night's contacts: masked, scanned, sealed, approved, each list exactly once.

    Looks once more for opt-outs, suppressions and switches that came after the decision. Run again, it goes
    on from where each list is; what was frozen is not made anew.
    """
    channels = load_channels()
    author = night.settings.actor or ACTOR
    with night.ledger.engine.begin() as connection:
        plan(connection, night.as_of, recipients_of(channels), author=author)
        fresh = any(one.state == "planned" for one in releases_of(connection, night.as_of).values())
    decided, vault, identities = DecidedContacts(night, frames), Vault(night.settings), dict[str, pa.Table]()
    book, versions = _decided_with(night)
    carrier = Carrier(
        ledger=night.ledger,
        as_of=night.as_of,
        expires_at=expires_at(night.as_of, night.settings.contact),
        pack=Packer(
            settings=night.settings,
            as_of=night.as_of,
            channels=channels,
            words=Words.of(book),
            versions=versions,
            author=author,
            look=_looker(night, vault, identities),
            tokens=vault.tokens,
        ),
        way=lambda recipient: transport_of(recipient, settings=night.settings),
        progress=night.progress,
    )
    if fresh:
        decided.watch(night)
        drafts, looked_to = make_drafts(
            night, decided, vault=vault, book=book, channels=channels, identities=identities
        )
        carrier.freeze(drafts, looked_to=looked_to)
    why = approve_by_limits(night.ledger, night.as_of, limits=night.settings.release)
    if why is not None:
        raise ReleaseError(
            f"the lists of {night.as_of} wait for somebody's approval: {why}. "
            f"longreach releases approve {night.as_of}, then run release again"
        )
    carrier.write()
    carrier.hand_over()
    return _tables(night, decided, channels)


def _decided_with(night: Night) -> tuple[Sequence[Strategy], Mapping[str, int]]:
    """The documents and versions as they were when the night was decided, whatever has gone live since."""
    decisions = trail(night.ledger, action=DECIDED, subject=night.as_of.isoformat(), last=1)
    if decisions:
        versions = decisions[0]["detail"]["versions"]
        return documents(night.ledger, versions), versions
    with night.ledger.engine.connect() as connection:
        return ever_live(night.ledger), {one.name: one.version for one in running(connection)}


def _looker(
    night: Night, vault: Vault, known: Mapping[str, pa.Table]
) -> Callable[[pa.ChunkedArray, str], pa.Table]:
    """Looks into the vault, on record, but for what is ``known`` of a recipient's list already."""

    def look(customers: pa.ChunkedArray, recipient: str) -> pa.Table:
        if recipient in known:
            return known[recipient]
        return vault.take(
            night.as_of, customers.unique(), purpose="contact list", recipient=recipient, ledger=night.ledger
        )

    return look


def _tables(
    night: Night, decided: DecidedContacts, channels: Mapping[str, type[Channel]]
) -> Mapping[Table, DataFrame]:
    """What left, and what of the decided contacts did not."""
    with night.ledger.engine.connect() as connection:
        lists, releases = left(connection, night.as_of), releases_of(connection, night.as_of)
        looked_to = max(release.opt_outs_to or 0 for release in releases.values())
        stops = read_stops(connection, until=looked_to)
    held_back = decided.held_back(lists, releases=releases, channels=channels, stops=stops)
    made = held_back.filter(pc.equal(held_back["fate"], "contact"))
    dropped = {row["values"]: row["counts"] for row in made["reason"].value_counts().to_pylist()}
    record(
        night.ledger,
        actor=ACTOR,
        action="lists released",
        subject=night.as_of.isoformat(),
        detail={"rows": lists.num_rows, "dropped": dropped},
    )
    night.progress(f"{lists.num_rows:,} contacts leave; {made.num_rows:,} are held back since the decision")
    return {
        CONTACT_LISTS: night.store.frame(CONTACT_LISTS, lists.select(list(CONTACT_LISTS.names))),
        HELD_BACK: night.store.frame(HELD_BACK, held_back),
    }
