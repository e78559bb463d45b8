"""Step five: hands the masked lists to those who call and write."""

from collections.abc import Mapping

import pyarrow.compute as pc
from pyspark.sql import DataFrame

from base.errors import ReleaseError
from evaluation.suppress import recorded_by_reason, shown
from jobs.drafts import DecidedContacts
from jobs.freeze import READS, freeze_lists
from jobs.job import Frames, Night, job
from lake.table import Table
from lake.tables import CONTACT_LISTS, HELD_BACK
from ledger.audit import record
from outreach.channels.channel import load_channels
from outreach.release import ACTOR, approve_by_limits, contact_lists, left, releases_of
from outreach.stops import read_stops


@job(reads=READS, writes=(CONTACT_LISTS, HELD_BACK))
def release(night: Night, frames: Frames) -> Mapping[Table, DataFrame]:
    """Releases the night's contacts: masked, scanned, sealed, approved, each list exactly once.

    Looks once more for opt-outs, suppressions and switches that came after the decision. Run again, it goes
    on from where each list is; what was frozen is not made anew.
    """
    decided = DecidedContacts(night, frames)
    carrier = freeze_lists(night, decided)
    why = approve_by_limits(night.ledger, night.as_of, limits=night.settings.release)
    if why is not None:
        raise ReleaseError(
            f"the lists of {night.as_of} wait for somebody's approval: {why}. "
            f"longreach releases approve {night.as_of}, then run release again"
        )
    carrier.write()
    carrier.hand_over()
    return _tables(night, decided)


def _tables(night: Night, decided: DecidedContacts) -> Mapping[Table, DataFrame]:
    """What left, and what of the decided contacts did not."""
    channels = load_channels()
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
        detail={"rows": lists.num_rows, "dropped": recorded_by_reason(dropped)},
    )
    night.progress(
        f"{lists.num_rows:,} contacts leave; {shown(made.num_rows)} are held back since the decision"
    )
    return {
        CONTACT_LISTS: night.store.frame(CONTACT_LISTS, contact_lists(lists, channels=channels)),
        HELD_BACK: night.store.frame(HELD_BACK, held_back),
    }
