"""The plan of the last night: contacts against room, how near it is to the best, what each limit costs."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from console.charts import Bar, Column, bars, columns
from console.pages.page import Shown, Visit, page
from console.pages.tonight.night import FIELDS, around, certificate_of, first_words, plan_of
from console.words import Said
from console.words.limits import CENT, channel_said, limit_said, lowered_said, price_said
from evaluation.suppress import SMALLEST
from jobs.plan_figures import Tonight
from lake.tables.words import CHANNELS

_DEAREST = 15
_Limits = Mapping[str, Mapping[str, Any]]
_FEW = Said(f"under {SMALLEST}", f"不足 {SMALLEST}")


@page("/tonight", title=("Tonight", "今晚"), fields=FIELDS, menu=40)
def tonight(visit: Visit) -> Shown:
    """Contacts by channel and hour against the room there is, and the certificate in words."""
    now = around(visit)
    plan = plan_of(visit, now.as_of)
    values: dict[str, Any] = {**first_words(now), "plan": plan, "before": certificate_of(visit, now.before)}
    if plan is not None:
        rooms = {one["name"]: one for one in plan.limits if one["kind"] in ("channel", "hour")}
        binding = [one for one in plan.limits if abs(one["price"]) >= CENT]
        lowered = [one for one in plan.limits if one["relaxed_from"] is not None]
        values |= {
            "channels": [_channel(visit, plan, rooms, name) for name in CHANNELS],
            "rooms": _rooms(visit, rooms),
            "hours": sorted({one["hour"] for one in plan.contacts}),
            "binding": sorted(binding, key=lambda one: -one["lost"])[:_DEAREST],
            "bound_by": len(binding),
            "lowered": [lowered_said(one) for one in lowered[:_DEAREST]],
            "lowered_of": len(lowered),
            "limit_said": limit_said,
            "price_said": price_said,
        }
    return Shown(template="tonight/plan.html", values=values)


def _channel(visit: Visit, plan: Tonight, limits: _Limits, name: str) -> Mapping[str, Any]:
    """A channel's chart by hour, against what the hours carry where all carry the same."""
    language = visit.user.language
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
        title=Said(f"{said} by hour", f"{said}：按小时").to(language),
        desc=Said(
            "Contacts planned in each hour; the table below says the same.",
            "每小时计划触达数，下表内容相同。",
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


def _rooms(visit: Visit, limits: _Limits) -> Markup:
    """All channels' contacts of the day beside what they can carry."""
    language = visit.user.language
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
