"""The plan of a night with its certificate, to be shown: counts of few people are null.

So are those from which they could be worked out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from base.errors import ScheduleError
from base.settings import Settings
from evaluation.suppress import SMALLEST, hidden
from jobs.decided import open_decided
from jobs.job import Night
from lake.table import Table
from lake.tables import CERTIFICATES, LIMITS, PLAN
from outreach.arbitrate import Decision

_OF_PEOPLE = ("contacts", "journeys", "customers")


@dataclass(frozen=True, kw_only=True)
class Tonight:
    """A night's plan: ``certificate``, the row of CERTIFICATES; ``limits``, those of LIMITS; ``contacts``,
    how many are made: channel, hour, contacts."""

    as_of: date
    certificate: dict[str, Any]
    limits: list[dict[str, Any]]
    contacts: list[dict[str, Any]]


def show(settings: Settings, *, as_of: date | None, progress: Callable[[str], None]) -> Tonight:
    """The plan of the night, or of the last one that was decided. Raises ScheduleError where it was not."""
    with open_decided(settings, as_of=as_of, progress=progress) as decided:
        return shown(decided.night.as_of, stored(decided.night))


def stored(night: Night) -> Decision:
    """The decision as the tables have it. Raises ScheduleError where it has no certificate."""
    plan, certificate, limits = (_content(night, table) for table in (PLAN, CERTIFICATES, LIMITS))
    if not certificate.num_rows:
        raise ScheduleError(
            f"the plan of {night.as_of} has no certificate: no strategy ran, or it was decided before there "
            f"were any; while its lists are not released, longreach decide --as-of {night.as_of} decides anew"
        )
    return Decision(plan=plan, certificate=certificate, limits=limits)


def shown(as_of: date, decision: Decision) -> Tonight:
    """A decision without counts of few people."""
    (certificate,) = decision.certificate.to_pylist()
    counts = ("candidates", "units", "contacts", "held_back")
    made = decision.plan.filter(pc.field("fate") == "contact").group_by(["channel", "hour"])
    counted = made.aggregate([([], "count_all")]).rename_columns(["channel", "hour", "contacts"]).to_pandas()
    counted = counted.sort_values(["channel", "hour"])
    unseen = hidden(counted, counts=["contacts"], within=["channel"])
    told = counted.assign(contacts=counted["contacts"].astype(object).mask(unseen, None))
    return Tonight(
        as_of=as_of,
        certificate=certificate | {name: shown_alone(certificate[name]) for name in counts},
        limits=_limits(decision.limits.to_pylist()),
        contacts=told.to_dict("records"),
    )


def shown_alone(count: int | None) -> int | None:
    """A count that adds up to nothing with others, null where it is of few people."""
    return None if count is None or 0 < count < SMALLEST else count


def _content(night: Night, table: Table) -> pa.Table:
    return night.store.read(table, as_of=night.as_of).select(*table.names).toArrow()


def _limits(limits: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The limits without what few use: those of one kind add up, and so do the hours of one channel."""
    rows = pd.DataFrame(limits)
    by_hour = rows["name"].str.contains("@")
    counted = pd.DataFrame(
        {
            "used": rows["used"].where(rows["unit"].isin(_OF_PEOPLE), 0.0),
            "together": rows["kind"].mask(by_hour, rows["name"].str.partition("@")[0]),
        }
    )
    unseen = hidden(counted, counts=["used"], within=["together"])
    return [
        limit | {"used": None if few else limit["used"]} for limit, few in zip(limits, unseen, strict=True)
    ]
