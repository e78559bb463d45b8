"""Makes the night's lists and freezes them; whatever takes a person's approval can then be looked at."""

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa
from pyspark.sql import DataFrame

from jobs.decided import DECIDED
from jobs.drafts import DecidedContacts, make_drafts
from jobs.job import Frames, Night, job
from lake.table import Table
from lake.tables import CUSTOMERS, NUMBERS, PERSONS, PLAN, SUPPRESSIONS
from ledger.audit import trail
from outreach.channels.channel import load_channels
from outreach.deliver.keys import bank_key
from outreach.deliver.route import transport_of
from outreach.inbox import take_arrivals
from outreach.release import (
    ACTOR,
    Carrier,
    Packer,
    Words,
    expire,
    expires_at,
    plan,
    recipients_of,
    releases_of,
)
from outreach.vault import Vault
from sources.source import open_source
from strategies.book import documents, ever_live, person, running
from strategies.document import Strategy

_WAITING = {"planned", "frozen", "approved"}
READS = (PLAN.at, NUMBERS.at, PERSONS.at, CUSTOMERS.at, SUPPRESSIONS.at)


@job(reads=READS, writes=())
def freeze(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Freezes the night's lists, so that they can be approved; nothing leaves yet."""
    freeze_lists(night, DecidedContacts(night, frames))
    return {}


def freeze_lists(night: Night, decided: DecidedContacts) -> Carrier:
    """Freezes the lists that are not frozen yet, and gives what carries them on.

    Takes in first what recipients have handed in, so that who wants no more by then is on no list.

    Raises ReleaseError where a list must not be made.
    """
    channels = load_channels()
    author = person(night.settings.actor or ACTOR)
    ends = expires_at(night.as_of, night.settings.contact)
    until = ends if open_source(night.settings).by_calendar else None
    with night.ledger.engine.begin() as connection:
        plan(connection, night.as_of, recipients_of(channels), author=author)
        expired = expire(connection, night.as_of, until=until)
        states = {one.state for one in releases_of(connection, night.as_of).values()}
    if states & _WAITING:  # afterwards the night's answers are for learn to take
        for line in take_arrivals(night.ledger, settings=night.settings, as_of=night.as_of).refused:
            night.progress(f"refused: {line}")
    for line in expired:
        night.progress(line)
    vault, identities = Vault(night.settings), dict[str, pa.Table]()
    book, versions = _decided_with(night)
    carrier = Carrier(
        ledger=night.ledger,
        as_of=night.as_of,
        expires_at=ends,
        until=until,
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
        runner=author,
        key=bank_key(night.settings),
        progress=night.progress,
    )
    if "planned" in states:
        decided.watch(night)
        drafts, looked_to = make_drafts(
            night, decided, vault=vault, book=book, channels=channels, identities=identities
        )
        carrier.freeze(drafts, looked_to=looked_to)
    return carrier


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
