"""The last decided plan, as it may be shown, and what every page of tonight says first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pyarrow as pa
from sqlalchemy import Row, func, select

from base.roles import Action, Field
from console.pages.page import Visit
from console.words import Said
from console.words.limits import channel_said
from console.words.nights import STEPS, said
from jobs.nights import Step, decided_nights, step_under_way
from jobs.plan_figures import Figures, Tonight, counted, shown
from lake.tables import CERTIFICATES, LIMITS, PLAN
from ledger.schema import STRATEGIES
from outreach.stops import thrown

FIELDS = frozenset({Field.FIGURES, Field.INTERNAL})
_PLACES = ("channel", "hour", "segment", "strategy")


@dataclass(frozen=True, kw_only=True)
class Off:
    """What contacts nobody now: the switches that are thrown, and how many strategies rest."""

    switches: Sequence[Row[Any]]
    paused: int


@dataclass(frozen=True, kw_only=True)
class Around:
    """What every page of tonight says first. ``as_of``: the last night that was decided, if any was;
    ``may_ask``: whether this person may ask about one customer."""

    as_of: date | None
    under_way: Step | None
    off: Off
    may_ask: bool


def around(visit: Visit) -> Around:
    """Asks the ledger."""
    with visit.ledger.engine.connect() as connection:
        nights = decided_nights(connection)
        resting = select(func.count()).where(STRATEGIES.c.state == "paused")
        return Around(
            as_of=nights[-1] if nights else None,
            under_way=step_under_way(connection),
            may_ask=visit.may(Action.READ_CUSTOMER),
            off=Off(
                switches=[line for _, line in sorted(thrown(connection).items())],
                paused=connection.execute(resting).scalar_one(),
            ),
        )


def first_words(now: Around) -> dict[str, Any]:
    """What the templates of tonight say first."""
    return {"around": now, "off_said": off_said, "step_said": partial(said, STEPS)}


def off_said(scope: str, name: str) -> Said:
    """What a switch stops."""
    if scope == "all":
        return Said("All contacts", "全部触达")
    if scope == "channel":
        channel = channel_said(name)
        return Said(f"Channel: {channel.english}", f"渠道:{channel.chinese}")
    return Said(f"Strategy: {name}", f"策略:{name}")


def plan_of(visit: Visit, as_of: date | None) -> Tonight | None:
    """That night's plan; None where there is none, as when no strategy ran."""
    if as_of is None:
        return None
    certificates = visit.lake.read(CERTIFICATES, as_of=as_of).to_pylist()
    if not certificates:
        return None
    limits = visit.lake.read(LIMITS, as_of=as_of).to_pylist()
    plan = Figures(certificate=certificates[0], limits=limits, contacts=counted(contacts_of(visit, as_of)))
    return shown(as_of, plan)


def contacts_of(visit: Visit, as_of: date) -> pa.Table:
    """The contacts that are made: channel, hour, segment, strategy."""
    return visit.lake.read(PLAN, as_of=as_of, columns=_PLACES, where={"fate": ("contact",)})
