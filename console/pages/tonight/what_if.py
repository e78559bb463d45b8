"""What the last plan would have been if something were otherwise: asked by sliders or in words."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from console.pages.page import Done, Shown, Visit, page, question, reply
from console.pages.tonight.night import FIELDS, Around, around, first_words, plan_of
from console.words import Refusal, Said
from console.words.limits import CENT, channel_said, limit_said, lowered_said
from jobs.plan_figures import Tonight
from lake.tables.words import CHANNELS
from outreach.channels.channel import load_channels

_TITLE = Said("What if", "假设分析")
_KEY = "what-if "
_LEAST, _MOST = -100, 500
_WHOLE = re.compile(r"-?\d{1,4}")
_LINES, _LONGEST = 12, 200
_SHOWN = 15
_ONE_HOUR = f"human_call.capacity=+{3_600 // load_channels()['human_call'].seconds}"
_PRESETS = (
    (Said("One more hour of an agent's calls", "人工坐席多一小时"), "more", _ONE_HOUR),
    (Said("A tenth more agents' calls", "人工外呼增加 10%"), "human_call", "10"),
    (Said("The agents' desk is closed", "人工坐席停线"), "human_call", "-100"),
    (Said("Half as many AI calls again", "AI 外呼增加 50%"), "ai_call", "50"),
    (Said("Half the text messages", "短信减半"), "sms", "-50"),
)
"""In words, and as the form says it."""
_MONEY = (
    ("value", Said("Worth, yuan", "价值（元）")),
    ("contact_value", Said("Of contacts that are made, yuan", "其中已安排触达（元）")),
    ("bound", Said("Never more than, yuan", "理论上限（元）")),
)
_Limit = Mapping[str, Any]


class _Change(NamedTuple):
    """One thing that is to be otherwise: as the command line takes it, and in words."""

    asked: str
    said: Said


@page("/tonight/what-if", title=_TITLE, fields=FIELDS)
def tonight_what_if(visit: Visit) -> Shown:
    """The question; and the answer, where it was asked of the last plan."""
    now = around(visit)
    plan = plan_of(visit, now.as_of)
    try:
        changes = _changes(visit, plan)
    except Refusal as error:
        return _shown(visit, now, plan, refused=error.said)
    return _shown(visit, now, plan, changes)


@question("/tonight/what-if", fields=FIELDS, given_back=True)
def ask_what_if(visit: Visit) -> Done | Shown:
    """Asks once, and anew after it failed; a question that does not read is shown again."""
    now = around(visit)
    plan = plan_of(visit, now.as_of)
    try:
        changes = _changes(visit, plan)
        if plan is None or not changes:
            raise Refusal("say what is to be otherwise", "请填写要更改的条件")
        asked = [f"--what-if={change.asked}" for change in changes]
        arguments = ("plan", "--as-of", plan.as_of.isoformat(), *asked, "--json")
        visit.errands.ask(_key(plan, changes), arguments, actor=visit.user.name)
    except Refusal as error:
        return _shown(visit, now, plan, refused=error.said)
    to = "/tonight/what-if?" + urlencode(_question(visit)) + "#answer"
    return Done(to=to, said=Said("The plan is being made again.", "正在重新计算。"))


def _shown(
    visit: Visit,
    now: Around,
    plan: Tonight | None,
    changes: Sequence[_Change] = (),
    *,
    refused: Said | None = None,
) -> Shown:
    key = _key(plan, changes) if plan and changes else ""
    errand = visit.errands.look(key) if visit.errands.knows(key) else None
    values = {
        **first_words(now),
        "plan": plan,
        "told": visit.told,
        "refused": refused,
        "question": _question(visit),
        "channels": [(name, channel_said(name)) for name in CHANNELS],
        "presets": _PRESETS,
        "least": _LEAST,
        "most": _MOST,
        "changes": changes,
        "errand": errand,
        "asks": f"/tonight/what-if/state?asked={key.removeprefix(_KEY)}",
        "found": _answer(errand.answer) if errand and errand.state == "done" else None,
        "channel_said": channel_said,
        "money": _MONEY,
    }
    return Shown(template="tonight/what_if.html", values=values, title=_TITLE, status=400 if refused else 200)


@reply("/tonight/what-if/state", fields=FIELDS)
def tonight_what_if_state(visit: Visit) -> Mapping[str, Any]:
    """How far the answer is."""
    return {"state": visit.errands.look(_KEY + visit.told.get("asked", "")).state}


def _key(plan: Tonight, changes: Sequence[_Change]) -> str:
    """What the errand is called: these changes of that plan."""
    about = json.dumps([plan.certificate, [change.asked for change in changes]], default=str)
    return _KEY + hashlib.sha256(about.encode()).hexdigest()


def _changes(visit: Visit, plan: Tonight | None) -> tuple[_Change, ...]:
    """What is to be otherwise. Raises Refusal for what does not read."""
    return (*_shares(visit), *_paused(visit, plan), *_more(visit))


def _shares(visit: Visit) -> Iterator[_Change]:
    """What the sliders say: more or less of each channel's capacity, in per cent."""
    for name in CHANNELS:
        channel, share = channel_said(name), visit.told.get(name, "").strip() or "0"
        if not _WHOLE.fullmatch(share) or not _LEAST <= int(share) <= _MOST:
            raise Refusal(
                f"{channel.english}: write a whole number from {_LEAST} to {_MOST}",
                f"{channel.chinese}：请填写 {_LEAST} 到 {_MOST} 的整数",
            )
        if int(share):
            said = Said(*(f"{one} {int(share):+d} %" for one in channel))
            yield _Change(f"{name}.capacity={int(share):+d}%", said)


def _paused(visit: Visit, plan: Tonight | None) -> Iterator[_Change]:
    name = visit.told.get("pause", "").strip()[:_LONGEST]
    if not name or plan is None:
        return
    if all(one["name"] != f"strategy.{name}" for one in plan.limits):
        raise Refusal(
            f"no strategy called {name!r} took part in the last plan",
            f"最近一次计划中没有名为“{name}”的策略",
        )
    yield _Change(f"{name}=paused", Said(f"{name} paused", f"{name} 暂停"))


def _more(visit: Visit) -> Iterator[_Change]:
    """What is written as the command line takes it."""
    lines = [line.strip() for line in visit.told.get("more", "").splitlines() if line.strip()]
    if len(lines) > _LINES or any(len(line) > _LONGEST for line in lines):
        raise Refusal(
            f"{_LINES} more changes at most, of {_LONGEST} characters each",
            f"其他变更最多 {_LINES} 行，每行不超过 {_LONGEST} 字",
        )
    for line in lines:
        yield _Change(line, Said(line, line))


def _question(visit: Visit) -> dict[str, str]:
    return {name: visit.told[name] for name in (*CHANNELS, "pause", "more") if visit.told.get(name)}


def _answer(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the command found, as the page shows it."""
    before, after, moved = told["before"], told["after"], told["difference"]
    asked = set(told["asked"])
    strategies = [one for one in moved["strategies"] if one["name"] in asked or one["before"] is not None]
    strategies.sort(key=lambda one: one["name"] not in asked)
    return {
        "before": before["certificate"],
        "after": after["certificate"],
        "moved": moved,
        "nothing": not any(moved[name] != 0 for name in ("gained", "lost", "another", "other_hour")),
        "strategies": strategies[:_SHOWN],
        "prices": _prices(before["limits"], after["limits"]),
        "lowered": [lowered_said(one) for one in after["limits"] if one["relaxed_from"] is not None][:_SHOWN],
    }


def _prices(before: Sequence[_Limit], after: Sequence[_Limit]) -> list[tuple[Said, float, float]]:
    """The prices that change most, yuan for one more: what is limited, as it is, then."""
    first, then = ({one["name"]: one for one in limits} for limits in (before, after))
    found = [
        (
            limit_said(then.get(name) or first[name]),
            float(first[name]["price"]) if name in first else 0.0,
            float(then[name]["price"]) if name in then else 0.0,
        )
        for name in first | then
    ]
    changed = [one for one in found if abs(one[2] - one[1]) >= CENT]
    return sorted(changed, key=lambda one: -abs(one[2] - one[1]))[:_SHOWN]
