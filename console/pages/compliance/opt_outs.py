"""Opt-outs: how many stand, and for those who keep them, entered, shown and withdrawn."""

from typing import Any

import pandas as pd

from base.errors import OptOutError
from base.roles import Action, Field
from console.listing import ROW_DIGITS, whole
from console.pages.compliance.part import ROOM, again, part
from console.pages.page import Done, Shown, Visit, deed, page
from console.words import Refusal, Said
from console.words.limits import channel_said
from evaluation.suppress import suppress
from jobs.accounts import named
from lake.tables.words import CHANNELS
from outreach.opt_outs import EVERYWHERE, enter, history, standing_by_channel, withdraw

_OPT_OUTS = f"{ROOM}/opt-outs"
_PAGE = 50
_FIELDS = frozenset({Field.INTERNAL, Field.FIGURES})
_BY = {
    "phone": Said("Phone", "手机号"),
    "customer-no": Said("Customer number", "客户号"),
    "customer": Said("Token", "令牌"),
}
_CHANNELS = {
    EVERYWHERE: Said("All channels", "全部渠道"),
    **{name: channel_said(name) for name in CHANNELS},
}


@page(_OPT_OUTS, title=("Opt-outs", "退订"), fields=_FIELDS)
def opt_outs(visit: Visit) -> Shown:
    """How many stand by channel; the newest ones, and a form, for those who keep them."""
    keeps, sees_tokens = visit.may(Action.ENTER_OPT_OUT), visit.sees(Field.TOKEN)
    customer = visit.told.get("customer", "").strip() if sees_tokens else ""
    below = whole(visit.told, "before", digits=ROW_DIGITS)
    with visit.ledger.engine.connect() as connection:
        counts = standing_by_channel(connection)
        rows = history(connection, customer=customer or None, below=below, last=_PAGE + 1) if keeps else []
    return part(
        visit,
        "opt_outs.html",
        counts=_shown(counts),
        found=rows[:_PAGE],
        below=rows[_PAGE - 1]["id"] if len(rows) > _PAGE else None,
        told={**visit.told, "customer": customer},
        keeps=keeps,
        sees_tokens=sees_tokens,
        by=_BY,
        channels=_CHANNELS,
    )


@deed(_OPT_OUTS, action=Action.ENTER_OPT_OUT)
def enter_opt_out(visit: Visit) -> Done | Shown:
    """Enters that somebody wants no contact; it binds at once."""
    try:
        opt_out = _entered(visit)
    except (Refusal, OptOutError) as error:
        return again(visit, opt_outs, error)
    return Done(
        to=_OPT_OUTS,
        said=Said(f"Opt-out {opt_out} is entered and binds at once.", f"退订 {opt_out} 已登记，立即生效。"),
    )


@deed(f"{_OPT_OUTS}/withdraw", action=Action.ENTER_OPT_OUT)
def withdraw_opt_out(visit: Visit) -> Done:
    """Ends an opt-out because its customer asked for that."""
    told = visit.told
    number = whole(told, "opt_out", digits=ROW_DIGITS)
    if number is None:
        raise Refusal(
            "nothing was withdrawn: give the opt-out's number, as the list shows it",
            "未撤销：请按列表填写退订编号",
        )
    with visit.ledger.engine.begin() as connection:
        withdraw(
            connection,
            number,
            source=told.get("source", ""),
            actor=visit.user.name,
            reason=told.get("reason", ""),
        )
    return Done(to=_OPT_OUTS, said=Said(f"Opt-out {number} is withdrawn.", f"退订 {number} 已撤销。"))


def _entered(visit: Visit) -> int:
    told, said = visit.told, visit.told.get("said", "").strip()
    by = told.get("by", "")
    if by not in _BY or not said:
        raise Refusal(
            "nothing was entered: say by phone, customer number or token who wants no contact",
            "未登记：请按手机号、客户号或令牌填写不愿被联系的客户",
        )
    with visit.ledger.engine.begin() as connection:
        whom = named(connection, said, by=by, settings=visit.settings)
        return enter(
            connection,
            whom,
            channel=told.get("channel", EVERYWHERE),
            source=told.get("source", ""),
            actor=visit.user.name,
            reason=told.get("reason", ""),
        )


def _shown(counts: dict[str, int]) -> list[dict[str, Any]]:
    """Standing opt-outs by channel; those of few people are not told."""
    every = [{"channel": one, "count": counts.get(one, 0)} for one in (EVERYWHERE, *CHANNELS)]
    told = suppress(pd.DataFrame(every), count="count", within=[])
    return [
        {"channel": row["channel"], "count": None if pd.isna(row["count"]) else int(row["count"])}
        for row in told.to_dict("records")
    ]
