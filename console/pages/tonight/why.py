"""Why one customer is contacted tonight or not: by token alone, and every look goes into the audit."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from base.roles import SHOWS, Action, Field
from base.scrub import scrub
from console.pages.page import Done, Shown, Visit, deed, page, reply
from console.pages.tonight.night import around, first_words
from console.words import Refusal, Said
from console.words.limits import channel_said
from console.words.reasons import reason_said
from ledger.audit import record

_LOOKED = "customer looked at"
_FIELDS = SHOWS[Action.READ_CUSTOMER] | {Field.INTERNAL}
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{11}")
_SHOWN = 20
_CHOSEN = ("contact", "held_out")
_FORBIDDEN = "forbidden"


@page("/tonight/why", title=("Why this customer", "为何触达该客户"), fields=_FIELDS)
def tonight_why(visit: Visit) -> Shown:
    """The question; and the answer to whoever asked it."""
    asked = visit.told.get("asked", "")
    errand = visit.errands.look(_key(visit, asked)) if visit.errands.knows(_key(visit, asked)) else None
    values = {
        **first_words(around(visit)),
        "may": visit.may(Action.READ_CUSTOMER),
        "errand": errand,
        "forgotten": asked and errand is None,
        "asks": f"/tonight/why/state?asked={asked}",
        "found": _answer(errand.answer) if errand is not None and errand.state == "done" else None,
        "channel_said": channel_said,
        "reason_said": reason_said,
    }
    return Shown(template="tonight/why.html", values=values)


@reply("/tonight/why/state", fields=_FIELDS)
def tonight_why_state(visit: Visit) -> Mapping[str, Any]:
    """How far the answer is."""
    return {"state": visit.errands.look(_key(visit, visit.told.get("asked", ""))).state}


@deed("/tonight/why", action=Action.READ_CUSTOMER)
def ask_why(visit: Visit) -> Done:
    """Asks, and records who looked at whom."""
    token, as_of = visit.told.get("customer", "").strip(), around(visit).as_of
    if as_of is None:
        raise Refusal("no night is decided yet", "尚无已决策的夜间作业")
    # What was typed may be a phone or customer number, so it is neither repeated nor recorded.
    if not _TOKEN.fullmatch(token) or scrub(token) != token:
        raise Refusal(
            "this is no token of a customer: customers go by their tokens of twelve signs here, never by "
            "phone, name or customer number",
            "这不是客户令牌：此处仅使用 12 位客户令牌，不使用电话、姓名或客户号",
        )
    record(
        visit.ledger,
        actor=visit.user.name,
        action=_LOOKED,
        subject=token,
        detail={"about": "why contacted or not", "as_of": as_of.isoformat()},
    )
    asked = hashlib.sha256(f"{token} {as_of} {visit.now.isoformat()}".encode()).hexdigest()
    arguments = ("why", token, "--as-of", as_of.isoformat(), "--json")
    visit.errands.ask(_key(visit, asked), arguments, actor=visit.user.name)
    said = Said("Asked; the look is in the audit.", "已提交，本次查看已记入审计。")
    return Done(to=f"/tonight/why?asked={asked}", said=said)


def _key(visit: Visit, asked: str) -> str:
    """An answer is shown to whoever asked, and nobody else by its address."""
    return f"why {visit.user.name} {asked}"


def _answer(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the command found: chosen, passed over with the nearest first, and forbidden by rule."""
    rows = told["candidates"]
    passed = [one for one in rows if one["fate"] not in (*_CHOSEN, _FORBIDDEN)]
    forbidden: dict[str, list[Mapping[str, Any]]] = {}
    for one in rows:
        if one["fate"] == _FORBIDDEN:
            forbidden.setdefault(one["rule"], []).append(one)
    return {
        **told,
        "chosen": [one for one in rows if one["fate"] in _CHOSEN],
        "passed": passed[:_SHOWN],
        "more": max(0, len(passed) - _SHOWN),
        "forbidden": sorted(forbidden.items()),
    }
