"""The plan of a night with its certificate, to be shown: counts of few people are null.

So are those from which they could be worked out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from base.errors import ScheduleError
from base.settings import Settings
from evaluation.suppress import few, hidden
from jobs.decided import open_decided
from jobs.job import Night
from lake.table import Table
from lake.tables import CERTIFICATES, LIMITS, PLAN
from outreach.arbitrate import Decision

_PLACE = ["channel", "hour", "contacts"]
_COUNTS = ("candidates", "units", "contacts", "held_back")
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


def shown(as_of: date, decision: Decision, *, beside: Decision | None = None) -> Tonight:
    """A decision without counts of few people, nor those that differ by few from the one ``beside`` it."""
    other = beside or decision
    (certificate,), (others,) = decision.certificate.to_pylist(), other.certificate.to_pylist()
    counted = _counted(decision.plan)
    before = counted[["channel", "hour"]].merge(_counted(other.plan), how="left").fillna({"contacts": 0})
    counted["change"] = (counted["contacts"] - before["contacts"]).abs()
    unseen = hidden(counted, counts=["contacts", "change"], within=["channel"])
    told = counted.assign(contacts=counted["contacts"].astype(object).mask(unseen, None))
    return Tonight(
        as_of=as_of,
        certificate=certificate | {name: _alone(certificate[name], others[name]) for name in _COUNTS},
        limits=_limits(decision.limits.to_pylist(), beside=other.limits.to_pylist()),
        contacts=[dict(zip(_PLACE, row, strict=True)) for row in told[_PLACE].itertuples(index=False)],
    )


def _alone(count: int, beside: int) -> int | None:
    """A count that adds up to nothing with others, null where it, or what it differs by, is of few people."""
    return None if few(np.array([count, abs(count - beside)])).any() else count


def _counted(plan: pa.Table) -> pd.DataFrame:
    """Contacts made, by channel and hour."""
    made = plan.filter(pc.field("fate") == "contact").group_by(["channel", "hour"])
    counted = made.aggregate([([], "count_all")]).rename_columns(_PLACE)
    found: pd.DataFrame = counted.to_pandas().sort_values(["channel", "hour"], ignore_index=True)
    return found


def _content(night: Night, table: Table) -> pa.Table:
    return night.store.read(table, as_of=night.as_of).select(*table.names).toArrow()


def _limits(limits: list[dict[str, Any]], *, beside: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The limits without what few use, or few more or fewer than ``beside``: those of one kind add up, and so
    do the hours of one channel."""
    rows, others = pd.DataFrame(limits), {limit["name"]: limit["used"] for limit in beside}
    change = (rows["used"] - rows["name"].map(others).fillna(0.0)).abs()
    by_hour = rows["name"].str.contains("@")
    counted = pd.DataFrame(
        {
            "used": rows["used"].where(rows["unit"].isin(_OF_PEOPLE), 0.0),
            "change": change.where(rows["unit"].isin(_OF_PEOPLE), 0.0),
            "together": rows["kind"].mask(by_hour, rows["name"].str.partition("@")[0]),
        }
    )
    unseen = hidden(counted, counts=["used", "change"], within=["together"])
    return [
        limit | {"used": None if unshown else limit["used"]}
        for limit, unshown in zip(limits, unseen, strict=True)
    ]
