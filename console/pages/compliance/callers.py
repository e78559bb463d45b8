"""The register of numbers to call from: shown to everybody, kept by those who may."""

from datetime import timedelta

from base.errors import CallerError
from base.roles import Action, Field
from console.listing import paged, read_date
from console.pages.compliance.part import ROOM, again, part
from console.pages.page import Done, Shown, Visit, deed, page
from console.render import BANK_TIME
from console.words import Said
from console.words.limits import channel_said
from console.words.verdicts import product_said
from lake.tables.words import PRODUCTS
from outreach.callers import register
from outreach.callers.sheet import caller_of

_CALLERS = f"{ROOM}/callers"
_CLASSES = {"marketing": Said("marketing", "营销"), "service": Said("service", "服务")}
_STATES = {"active": Said("in use", "在用"), "retired": Said("retired", "已注销")}


@page(_CALLERS, title=("Numbers to call from", "主叫号码"), fields=frozenset({Field.INTERNAL}))
def callers(visit: Visit) -> Shown:
    """The register, searched by number, channel or state."""
    today = visit.now.astimezone(BANK_TIME).date()
    wanted, state = visit.told.get("q", "").strip(), visit.told.get("state", "active")
    with visit.ledger.engine.connect() as connection:
        every = register.every_caller(connection)
    found = [one for one in every if wanted in one["number"] and state in (one["state"], "any")]
    return part(
        visit,
        "callers.html",
        turn=paged(found, visit.told, search=("q", "state")),
        q=wanted,
        state=state,
        keeps=visit.may(Action.KEEP_CALLERS),
        today=today,
        week=today + timedelta(days=7),
        classes=_CLASSES,
        channels={name: channel_said(name) for name in register.calling_channels()},
        products={name: product_said(name) for name in PRODUCTS},
        states=_STATES,
    )


@deed(_CALLERS, action=Action.KEEP_CALLERS)
def register_caller(visit: Visit) -> Done | Shown:
    """Registers a number of the bank's own."""
    told = visit.told
    line = {
        "number": told.get("number", ""),
        "class": told.get("class", ""),
        "channel": told.get("channel", ""),
        "purposes": ",".join(one for one in PRODUCTS if told.get(f"for_{one}")),
        "daily_limit": told.get("daily_limit", ""),
        "active_from": told.get("active_from", ""),
        "active_until": told.get("active_until", ""),
    }
    try:
        caller = caller_of(line, where="this number")
        with visit.ledger.engine.begin() as connection:
            register.add(connection, [caller], actor=visit.user.name)
    except CallerError as error:
        return again(visit, callers, error)
    return Done(to=_CALLERS, said=Said(f"{caller.number} is registered.", f"{caller.number} 已登记。"))


@deed(f"{_CALLERS}/rest", action=Action.KEEP_CALLERS)
def rest_caller(visit: Visit) -> Done:
    """Lets a number rest."""
    number, until = visit.told.get("number", "").strip(), read_date(visit.told.get("until", ""))
    with visit.ledger.engine.begin() as connection:
        register.rest(
            connection, number, until=until, actor=visit.user.name, reason=visit.told.get("reason", "")
        )
    said = Said(f"{number} rests through {until}.", f"{number} 停用至 {until}。")
    return Done(to=_CALLERS, said=said)


@deed(f"{_CALLERS}/retire", action=Action.KEEP_CALLERS)
def retire_caller(visit: Visit) -> Done:
    """Ends a number for good."""
    number = visit.told.get("number", "").strip()
    with visit.ledger.engine.begin() as connection:
        register.retire(connection, number, actor=visit.user.name, reason=visit.told.get("reason", ""))
    return Done(to=_CALLERS, said=Said(f"{number} is retired for good.", f"{number} 已永久注销。"))
