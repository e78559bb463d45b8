"""The figures of a plan, and what of them may be shown: counts of few people are null.

So are those from which they could be worked out.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from evaluation.suppress import few, hidden

if TYPE_CHECKING:
    # The desk shows plans in a process that decides none: what deciding takes is not loaded there.
    from outreach.arbitrate.plan import Decision

_PLACE = ["channel", "hour", "contacts"]
_COUNTS = ("candidates", "units", "contacts", "held_back")
_OF_PEOPLE = ("contacts", "journeys", "customers")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What a plan comes to: ``certificate``, the row of CERTIFICATES; ``limits``, those of LIMITS;
    ``contacts``, how many are made: channel, hour, contacts."""

    certificate: dict[str, Any]
    limits: list[dict[str, Any]]
    contacts: pd.DataFrame


@dataclass(frozen=True, kw_only=True)
class Tonight:
    """The same of a night, as far as it may be shown."""

    as_of: date
    certificate: dict[str, Any]
    limits: list[dict[str, Any]]
    contacts: list[dict[str, Any]]


def figures(decision: "Decision") -> Figures:
    """What a decision comes to."""
    (certificate,) = decision.certificate.to_pylist()
    made = decision.plan.filter(pc.field("fate") == "contact")
    return Figures(certificate=certificate, limits=decision.limits.to_pylist(), contacts=counted(made))


def counted(made: pa.Table) -> pd.DataFrame:
    """Contacts made (channel, hour), counted."""
    found: pd.DataFrame = made.group_by(["channel", "hour"]).aggregate([([], "count_all")]).to_pandas()
    return found.set_axis(_PLACE, axis=1).sort_values(["channel", "hour"], ignore_index=True)


def shown(as_of: date, plan: Figures, *, beside: Figures | None = None) -> Tonight:
    """A plan without counts of few people, nor those that differ by few from the one ``beside`` it."""
    other = beside or plan
    before = plan.contacts[["channel", "hour"]].merge(other.contacts, how="left").fillna({"contacts": 0})
    change = (plan.contacts["contacts"] - before["contacts"]).abs()
    unseen = hidden(plan.contacts.assign(change=change), counts=["contacts", "change"], within=["channel"])
    told = plan.contacts.assign(contacts=plan.contacts["contacts"].astype(object).mask(unseen, None))
    own, others = plan.certificate, other.certificate
    return Tonight(
        as_of=as_of,
        certificate=own | {name: _alone(own[name], others[name]) for name in _COUNTS},
        limits=_limits(plan.limits, beside=other.limits),
        contacts=[dict(zip(_PLACE, row, strict=True)) for row in told[_PLACE].itertuples(index=False)],
    )


def _alone(count: int, beside: int) -> int | None:
    """A count that adds up to nothing with others, null where it, or what it differs by, is of few people."""
    return None if few(np.array([count, abs(count - beside)])).any() else count


def _limits(limits: list[dict[str, Any]], *, beside: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The limits without what few use, or few more or fewer than ``beside``: those of one kind add up, and so
    do the hours of one channel."""
    rows, others = pd.DataFrame(limits), {limit["name"]: limit["used"] for limit in beside}
    change = (rows["used"] - rows["name"].map(others).fillna(0.0)).abs()
    by_hour = rows["name"].str.contains("@")
    of_people = rows["unit"].isin(_OF_PEOPLE)
    told = pd.DataFrame(
        {
            "used": rows["used"].where(of_people, 0.0),
            "change": change.where(of_people, 0.0),
            "together": rows["kind"].mask(by_hour, rows["name"].str.partition("@")[0]),
        }
    )
    unseen = hidden(told, counts=["used", "change"], within=["together"])
    return [
        limit | {"used": None if unshown else limit["used"]}
        for limit, unshown in zip(limits, unseen, strict=True)
    ]
