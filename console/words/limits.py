"""A night's limits and what they cost, in sentences."""

from collections.abc import Mapping
from typing import Any

from console.words import Said
from lake.tables.words import CHANNELS
from outreach.channels.channel import load_channels
from strategies.spoken import WORDS

CENT = 0.005
# One contact and several, within an English sentence.
_ENGLISH = {
    "push": ("push message", "push messages"),
    "sms": ("text message", "text messages"),
    "ai_call": ("AI call", "AI calls"),
    "human_call": ("agent's call", "agents' calls"),
}
_HOUR = 3_600


def channel_said(name: str) -> Said:
    """What people call a channel."""
    if name not in CHANNELS:
        return Said(name, name)
    return Said(WORDS["en"].channels[name], WORDS["zh"].channels[name])


def limit_said(limit: Mapping[str, Any]) -> Said:
    """What is limited."""
    kind, of, hour, days = _parts(limit)
    channel = channel_said(of)
    at = Said(f" from {hour}:00", f" {hour}:00 起的一小时") if hour else Said("", "")
    return {
        "channel": Said(f"{channel.english}: the whole day", f"{channel.chinese}：全天"),
        "hour": Said(f"{channel.english}:{at.english}", f"{channel.chinese}：{at.chinese.strip()}"),
        "budget": Said(f"{channel.english}: money", f"{channel.chinese}：费用"),
        "skill": Said(f"Agents for {of}{at.english}", f"“{of}”坐席{at.chinese}"),
        "ahead": Said(
            f"{channel.english}: room kept for {days} days later", f"{channel.chinese}：为 {days} 天后预留"
        ),
        "strategy": Said(f"Contacts of {of}", f"策略 {of} 的触达"),
        "spend": Said(f"Money of {of}", f"策略 {of} 的费用"),
        "begin": Said(f"New journeys of {of}", f"策略 {of} 的新旅程"),
        "exposures": Said(f"First contacts of {of}", f"策略 {of} 的首次触达"),
        "segment": Said(f"Contacts in segment {of}", f"客群 {of} 的触达"),
        "manager": Said(f"Contacts in the segments of {of}", f"{of} 名下客群的触达"),
    }[kind]


def price_said(limit: Mapping[str, Any]) -> Said | None:
    """What one more of it would bring, or one less of a minimum would save; None where it costs nothing."""
    price = limit["price"]
    if abs(price) < CENT:
        return None
    unit = _unit(limit)
    if price < 0:
        return Said(
            f"Asking for one {unit.english} less would save {-price:,.2f} yuan.",
            f"最低要求每减少{unit.chinese}，可节省 {-price:,.2f} 元。",
        )
    one = Said(
        f"One more {unit.english} would bring {price:,.2f} yuan.",
        f"每增加{unit.chinese}，可多得 {price:,.2f} 元。",
    )
    hour = _an_hour(limit)
    if hour is None:
        return one
    of = _parts(limit)[1]
    channel = channel_said(of)
    return Said(
        f"One more hour of {_ENGLISH[of][1]} would bring {hour:,.0f} yuan. {one.english}",
        f"{channel.chinese}每增加一小时通话，可多得 {hour:,.0f} 元。{one.chinese}",
    )


def lowered_said(limit: Mapping[str, Any]) -> Said:
    """Of a minimum that cannot be met: what it asks for, and what can be had."""
    name = limit_said(limit)
    asked, had = f"{limit['relaxed_from']:,.0f}", f"{limit['low'] or 0:,.0f}"
    return Said(
        f"{name.english}: at least {asked} are asked for. No more than {had} can be had tonight, so the "
        "minimum was lowered to that.",
        f"{name.chinese}：要求至少 {asked}，今晚最多只能做到 {had}，因此最低要求已降至此数。",
    )


def _unit(limit: Mapping[str, Any]) -> Said:
    kind, of, _, _ = _parts(limit)
    if kind in ("channel", "hour"):
        return Said(_ENGLISH[of][0], f"一次{channel_said(of).chinese}")
    return {
        "contacts": Said("contact", "一次触达"),
        "CNY": Said("yuan", "一元"),
        "journeys": Said("journey", "一段旅程"),
        "customers": Said("customer", "一位客户"),
        "calls expected": Said("expected call", "一通预计通话"),
    }[limit["unit"]]


def _an_hour(limit: Mapping[str, Any]) -> float | None:
    """Yuan that one more hour of those who speak would bring; None where nobody speaks."""
    kind, of, _, _ = _parts(limit)
    seconds = load_channels()[of].seconds if kind in ("channel", "hour") else 0
    return limit["price"] * _HOUR / seconds if seconds else None


def _parts(limit: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Kind, what is limited, at which hour, how many days later; the last two empty where there are none."""
    kind, of = limit["kind"], limit["name"].partition(".")[2]
    if kind in ("hour", "skill") and "@" in of:
        of, _, hour = of.rpartition("@")
        return kind, of, hour, ""
    if kind == "ahead":
        of, _, days = of.rpartition("+")
        return kind, of, "", days
    return kind, of, "", ""
