"""The plan of a night with its certificate, as its tables have it."""

from collections.abc import Callable
from datetime import date

import pyarrow as pa

from base.errors import ScheduleError
from base.settings import Settings
from jobs.decided import open_decided
from jobs.job import Night
from jobs.plan_figures import Tonight, figures, shown
from lake.table import Table
from lake.tables import CERTIFICATES, LIMITS, PLAN
from outreach.arbitrate.plan import Decision


def show(settings: Settings, *, as_of: date | None, progress: Callable[[str], None]) -> Tonight:
    """The plan of the night, or of the last one that was decided. Raises ScheduleError where it was not."""
    with open_decided(settings, as_of=as_of, progress=progress) as decided:
        return shown(decided.night.as_of, figures(stored(decided.night)))


def stored(night: Night) -> Decision:
    """The decision as the tables have it. Raises ScheduleError where it has no certificate."""
    plan, certificate, limits = (_content(night, table) for table in (PLAN, CERTIFICATES, LIMITS))
    if not certificate.num_rows:
        raise ScheduleError(
            f"the plan of {night.as_of} has no certificate: no strategy ran, or it was decided before there "
            f"were any; while its lists are not released, longreach decide --as-of {night.as_of} decides anew"
        )
    return Decision(plan=plan, certificate=certificate, limits=limits)


def _content(night: Night, table: Table) -> pa.Table:
    return night.store.read(table, as_of=night.as_of).select(*table.names).toArrow()
