"""The last decided plan, as it may be shown, and what every page of tonight says first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
import pyarrow as pa
from sqlalchemy import Row, select

from base.roles import Action, Field
from base.scrub import scrub
from console.pages.page import Visit
from console.words import Refusal, Said
from console.words.limits import channel_said
from console.words.nights import STEPS, said
from evaluation.cross_table import hidden_cells
from evaluation.suppress import SMALLEST, hidden
from jobs.nights import Step, decided_nights, step_under_way
from jobs.plan_figures import Figures, Tonight, counted, shown
from lake.glance import Glance
from lake.tables import CERTIFICATES, LIMITS, PLAN
from ledger.schema import STRATEGIES
from outreach.stops import thrown

FIELDS = frozenset({Field.FIGURES, Field.INTERNAL})
LONGEST_REASON = 500
_PLACES = ("channel", "hour", "segment", "strategy")


@dataclass(frozen=True, kw_only=True)
class Off:
    """What contacts nobody now: the switches that are thrown, and the strategies that rest."""

    switches: Sequence[Row[Any]]
    paused: Sequence[str]

    def strategy(self, name: str) -> bool:
        """Whether the strategy contacts nobody now."""
        stopped = {(one.scope, one.name) for one in self.switches}
        return name in self.paused or not stopped.isdisjoint({("strategy", name), ("all", "all")})


@dataclass(frozen=True, kw_only=True)
class Around:
    """What every page of tonight says first. ``as_of``: the last night that was decided, ``before``: the one
    before it, if any was; ``may_ask``: whether this person may ask about one customer."""

    as_of: date | None
    before: date | None
    under_way: Step | None
    off: Off
    may_ask: bool


def around(visit: Visit) -> Around:
    """Asks the ledger."""
    with visit.ledger.engine.connect() as connection:
        nights = decided_nights(connection)
        resting = select(STRATEGIES.c.name).where(STRATEGIES.c.state == "paused").order_by(STRATEGIES.c.name)
        return Around(
            as_of=nights[-1] if nights else None,
            before=nights[-2] if len(nights) > 1 else None,
            under_way=step_under_way(connection),
            may_ask=visit.may(Action.READ_CUSTOMER),
            off=Off(
                switches=[line for _, line in sorted(thrown(connection).items())],
                paused=connection.execute(resting).scalars().all(),
            ),
        )


def first_words(now: Around) -> dict[str, Any]:
    """What the templates of tonight say first."""
    return {"around": now, "off_said": off_said, "step_said": partial(said, STEPS), "longest": LONGEST_REASON}


def off_said(scope: str, name: str) -> Said:
    """What a switch stops."""
    if scope == "all":
        return Said("All contacts", "全部触达")
    if scope == "channel":
        channel = channel_said(name)
        return Said(f"Channel: {channel.english}", f"渠道：{channel.chinese}")
    return Said(f"Strategy: {name}", f"策略：{name}")


def reason_of(visit: Visit) -> str:
    """The reason that was given. Raises Refusal for none, a long one, and one that may tell of somebody:
    it is kept for good, and stands on top of every page."""
    reason = visit.told.get("reason", "").strip()
    if not reason:
        raise Refusal("give a reason: whoever reads the audit will ask", "请填写原因：审计时会用到")
    if len(reason) > LONGEST_REASON:
        raise Refusal(f"a reason has {LONGEST_REASON} characters at most", f"原因最多 {LONGEST_REASON} 字")
    if scrub(reason) != reason:
        raise Refusal(
            "the reason holds what may be somebody's number or address, and is kept for good: leave it out",
            "原因中疑似含有个人号码或地址，且会永久保存：请删去",
        )
    return reason


def plan_of(visit: Visit, as_of: date | None) -> Tonight | None:
    """That night's plan; None where there is none, as when no strategy ran."""
    if as_of is None:
        return None
    return visit.lake.remembered(
        ("plan", as_of), of=(CERTIFICATES, LIMITS, PLAN), make=lambda: _made(visit.lake, as_of)
    )


def certificate_of(visit: Visit, as_of: date | None) -> dict[str, Any] | None:
    """That night's certificate alone, its contacts as far as they may be told."""
    if as_of is None:
        return None
    for row in visit.lake.read(CERTIFICATES, as_of=as_of).to_pylist():
        told: dict[str, Any] = row | {"contacts": None if 0 < row["contacts"] < SMALLEST else row["contacts"]}
        return told
    return None


def segments_of(visit: Visit, as_of: date) -> pd.DataFrame:
    """That night's contacts by segment and strategy: segment, strategy, contacts; none where few get one,
    nor what would tell it."""
    return visit.lake.remembered(
        ("plan in segments", as_of), of=(CERTIFICATES, LIMITS, PLAN), make=lambda: _cells(visit, as_of)
    )


def totals_of(visit: Visit, as_of: date) -> dict[str, int | None]:
    """That night's contacts by segment, as far as they may be told."""
    return visit.lake.remembered(
        ("plan by segment", as_of), of=(PLAN,), make=lambda: _totals(visit.lake, as_of)
    )


def told_strategies(visit: Visit, as_of: date) -> list[str]:
    """The strategies whose contacts that night, all together, are shown."""
    plan = plan_of(visit, as_of)
    limits = plan.limits if plan else []
    return [
        one["name"].partition(".")[2]
        for one in limits
        if one["kind"] == "strategy" and one["used"] is not None
    ]


def _made(lake: Glance, as_of: date) -> Tonight | None:
    certificates, limits = (lake.read(table, as_of=as_of).to_pylist() for table in (CERTIFICATES, LIMITS))
    if not certificates:
        return None
    made = counted(_contacts(lake, as_of))
    return shown(as_of, Figures(certificate=certificates[0], limits=limits, contacts=made))


def _totals(lake: Glance, as_of: date) -> dict[str, int | None]:
    made = _contacts(lake, as_of).group_by("segment").aggregate([([], "count_all")]).to_pandas()
    unseen = hidden(made, counts=["count_all"], within=[])
    return dict(zip(made["segment"], made["count_all"].astype(object).mask(unseen, None), strict=True))


def _cells(visit: Visit, as_of: date) -> pd.DataFrame:
    made = _contacts(visit.lake, as_of).group_by(["segment", "strategy"]).aggregate([([], "count_all")])
    cells: pd.DataFrame = made.to_pandas().set_axis(["segment", "strategy", "contacts"], axis=1)
    segments = [name for name, contacts in totals_of(visit, as_of).items() if contacts is not None]
    unseen = hidden_cells(cells, known=segments, known_across=told_strategies(visit, as_of))
    return cells.assign(contacts=cells["contacts"].astype(object).mask(unseen, None))


def _contacts(lake: Glance, as_of: date) -> pa.Table:
    """The contacts that are made: channel, hour, segment, strategy."""
    return lake.read(PLAN, as_of=as_of, columns=_PLACES, where={"fate": ("contact",)})
