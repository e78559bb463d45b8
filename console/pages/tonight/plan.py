"""The plan of the last night: contacts against room, how near it is to the best, what each limit costs."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from console.charts import Bar, Column, bars, columns
from console.listing import paged
from console.pages.page import Shown, Visit, page
from console.pages.tonight.night import FIELDS, around, contacts_of, first_words, plan_of
from console.words import Said
from console.words.limits import CENT, channel_said, limit_said, lowered_said, price_said
from evaluation.suppress import SMALLEST, hidden
from jobs.plan_figures import Tonight
from lake.tables import SEGMENT_CATALOG
from lake.tables.words import CHANNELS

_DEAREST = 15
_FEW = Said(f"under {SMALLEST}", f"不足 {SMALLEST}")


@page("/tonight", title=("Tonight", "今晚"), fields=FIELDS, menu=40)
def tonight(visit: Visit) -> Shown:
    """Contacts by channel and hour against the room there is, and the certificate in words."""
    now = around(visit)
    plan = plan_of(visit, now.as_of)
    values: dict[str, Any] = {**first_words(now), "plan": plan}
    if plan is not None:
        binding = [one for one in plan.limits if abs(one["price"]) >= CENT]
        values |= {
            "channels": [_channel(visit, plan, name) for name in CHANNELS],
            "rooms": _rooms(visit, plan),
            "hours": sorted({one["hour"] for one in plan.contacts}),
            "binding": sorted(binding, key=lambda one: -one["lost"])[:_DEAREST],
            "bound_by": len(binding),
            "lowered": [lowered_said(one) for one in plan.limits if one["relaxed_from"] is not None],
            "limit_said": limit_said,
            "price_said": price_said,
        }
    return Shown(template="tonight/plan.html", values=values)


@page("/tonight/segments", title=("Tonight by segment", "今晚各客群"), fields=FIELDS)
def tonight_segments(visit: Visit) -> Shown:
    """Contacts by segment."""
    now = around(visit)
    found: list[dict[str, Any]] = []
    if now.as_of is not None:
        catalog = visit.lake.read(SEGMENT_CATALOG, as_of=now.as_of, columns=("segment", "name", "customers"))
        made = contacts_of(visit, now.as_of).group_by("segment").aggregate([([], "count_all")]).to_pandas()
        rows = catalog.to_pandas().merge(made, how="left").fillna({"count_all": 0}).sort_values("segment")
        unseen = hidden(rows, counts=["count_all", "customers"], within=[])
        rows["contacts"] = rows["count_all"].astype(int).astype(object).mask(unseen, None)
        found = rows[["segment", "name", "contacts"]].to_dict("records")
    return Shown(template="tonight/segments.html", values={**first_words(now), "found": found})


@page("/tonight/strategies", title=("Tonight by strategy", "今晚各策略"), fields=FIELDS)
def tonight_strategies(visit: Visit) -> Shown:
    """Contacts by strategy against what it may have, a page at a time; of one segment where it is named."""
    now = around(visit)
    plan, segment = plan_of(visit, now.as_of), visit.told.get("segment", "")
    limits = [one for one in plan.limits if one["kind"] == "strategy"] if plan else []
    rows = [{**one, "strategy": one["name"].partition(".")[2]} for one in limits]
    if segment and now.as_of is not None:
        own = _within(contacts_of(visit, now.as_of).to_pandas(), segment)
        rows = [{**one, "used": own[one["strategy"]]} for one in rows if one["strategy"] in own]
    wanted = visit.told.get("q", "").strip().casefold()
    rows = [one for one in rows if wanted in one["strategy"].casefold()]
    by_name = visit.told.get("sort") == "name"
    rows.sort(key=lambda one: one["strategy"] if by_name else (-(one["used"] or 0), one["strategy"]))
    turn = paged(rows, visit.told, search=("q", "segment", "sort"))
    values = {
        "around": now,
        "turn": turn,
        "segment": segment,
        "q": visit.told.get("q", ""),
        "by_name": by_name,
    }
    return Shown(template="tonight/strategies.html", values={**values, "price_said": price_said})


def _within(made: pd.DataFrame, segment: str) -> dict[str, int | None]:
    """Contacts in the segment by strategy, without what few get there, or what would tell it."""
    cells = made.groupby(["segment", "strategy"]).size().rename("contacts").reset_index()
    unseen = hidden(cells, counts=["contacts"], within=["segment"])
    unseen |= hidden(cells, counts=["contacts"], within=["strategy"])
    told = cells["contacts"].astype(object).mask(unseen, None)
    own = cells["segment"] == segment
    return dict(zip(cells["strategy"][own], told[own], strict=True))


def _channel(visit: Visit, plan: Tonight, name: str) -> Mapping[str, Any]:
    """A channel's chart by hour, against what the hours carry where all carry the same."""
    language, limits = visit.user.language, {one["name"]: one for one in plan.limits}
    made = {one["hour"]: one["contacts"] for one in plan.contacts if one["channel"] == name}
    by_hour = f"channel.{name}@"
    rooms = {
        int(at.removeprefix(by_hour)): one["high"] for at, one in limits.items() if at.startswith(by_hour)
    }
    room = next(iter(rooms.values())) if len(set(rooms.values())) == 1 else None
    said = channel_said(name).to(language)
    chart = columns(
        [
            Column(label=f"{hour}:00", value=made[hour], told=_told(made[hour]).to(language))
            for hour in sorted(made)
        ],
        title=Said(f"{said} by hour", f"{said}:按小时").to(language),
        desc=Said(
            "Contacts planned in each hour; the table below says the same.", "每小时计划触达数,下表内容相同。"
        ).to(language),
        limit=room,
        limit_told=""
        if room is None
        else Said(f"room: {room:,.0f} an hour", f"每小时上限 {room:,.0f}").to(language),
    )
    return {
        "name": name,
        "said": said,
        "chart": chart if any(made.values()) else None,
        "by_hour": made,
        "rooms": rooms,
    }


def _rooms(visit: Visit, plan: Tonight) -> Any:
    """All channels' contacts of the day beside what they can carry."""
    language, limits = visit.user.language, {one["name"]: one for one in plan.limits}
    found = []
    for name in CHANNELS:
        limit = limits.get(f"channel.{name}")
        if limit is not None:
            told = _told(limit["used"])
            of = Said(f"{told.english} of {limit['high']:,.0f}", f"{told.chinese} / {limit['high']:,.0f}")
            found.append(
                Bar(
                    label=channel_said(name).to(language),
                    value=limit["used"],
                    of=limit["high"],
                    told=of.to(language),
                )
            )
    return bars(
        found,
        title=Said("Contacts of the day by channel", "当日各渠道触达").to(language),
        desc=Said("Planned contacts beside what the channel can carry.", "计划触达与渠道容量。").to(language),
    )


def _told(count: float | None) -> Said:
    return _FEW if count is None else Said(f"{count:,.0f}", f"{count:,.0f}")
