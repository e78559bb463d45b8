"""The emergency brake: stop a strategy, a channel or everything, and let go again; always with a reason."""

from typing import Any

from sqlalchemy import Connection, func, select

from base.errors import BookError
from base.roles import Action
from console.listing import paged
from console.pages.page import Done, Shown, Visit, deed, page
from console.pages.tonight.night import FIELDS, around, first_words, off_said, plan_of, reason_of
from console.words import Refusal, Said
from console.words.errors import said_of
from console.words.limits import channel_said
from jobs.plan_figures import Tonight
from lake.tables.words import CHANNELS
from ledger.schema import STRATEGIES, SWITCHES
from outreach.stops import Scope, throw_switch, thrown
from strategies.book import not_there, standings

_SCOPES: tuple[Scope, ...] = ("strategy", "channel", "all")
_NEWEST = 20


@page("/tonight/switches", title=("Pause and stop", "暂停与停止"), fields=FIELDS)
def tonight_switches(visit: Visit) -> Shown:
    """What is off, the brakes, and who pulled which lately."""
    with visit.ledger.engine.connect() as connection:
        newest = select(SWITCHES).order_by(SWITCHES.c.id.desc()).limit(_NEWEST)
        past = connection.execute(newest).all()
    now = around(visit)
    values = {
        **first_words(now),
        "past": past,
        "resting": paged(now.off.paused, visit.told, search=()),
        "channels": [(name, channel_said(name)) for name in CHANNELS],
        "may_stop": visit.may(Action.STOP),
        "may_start": visit.may(Action.START),
    }
    return Shown(template="tonight/switches.html", values=values)


@page("/tonight/stop", title=("Stop", "停止"), fields=FIELDS)
def tonight_stop(visit: Visit) -> Shown:
    """What a brake would stop, before it is pulled; where none is named, all brakes."""
    return _confirm(visit, stopping=True)


@page("/tonight/start", title=("Let go on", "恢复"), fields=FIELDS)
def tonight_start(visit: Visit) -> Shown:
    """What would go on again, before it does."""
    return _confirm(visit, stopping=False)


@deed("/tonight/stop", action=Action.STOP, given_back=True)
def stop_contacts(visit: Visit) -> Done | Shown:
    """Pulls the brake."""
    return _throw(visit, stopping=True)


@deed("/tonight/start", action=Action.START, given_back=True)
def start_contacts(visit: Visit) -> Done | Shown:
    """Lets go."""
    return _throw(visit, stopping=False)


def _confirm(visit: Visit, *, stopping: bool, refused: str = "") -> Shown:
    if not visit.told.get("scope"):
        return tonight_switches.show(visit)
    scope, name = _meant(visit)
    now = around(visit)
    with visit.ledger.engine.connect() as connection:
        if scope == "strategy" and name not in standings(connection, [name]):
            raise not_there([name], connection)
        line = thrown(connection).get((scope, name))
        live = _live(connection)
    plan = plan_of(visit, now.as_of)
    values = {
        **first_words(now),
        "scope": scope,
        "name": name,
        "stopping": stopping,
        "line": line,
        "contacts": None if plan is None else _contacts(plan, scope, name),
        "has_plan": plan is not None,
        "live": live,
        "may": visit.may(Action.STOP if stopping else Action.START),
        "reason": visit.told.get("reason", ""),
        "refused": refused,
    }
    return Shown(template="tonight/stop.html", values=values, status=400 if refused else 200)


def _throw(visit: Visit, *, stopping: bool) -> Done | Shown:
    scope, name = _meant(visit)
    try:
        throw_switch(
            visit.ledger,
            scope,
            name,
            stopped=stopping,
            actor=visit.user.name,
            reason=reason_of(visit),
        )
    except (BookError, Refusal) as error:
        return _confirm(visit, stopping=stopping, refused=said_of(error).to(visit.user.language))
    what = off_said(scope, name)
    return Done(
        to="/tonight/switches",
        said=Said(
            f"{what.english}: stopped from the next release on.", f"{what.chinese}：自下一次发放起停止。"
        )
        if stopping
        else Said(
            f"{what.english}: goes on from the next decision on.", f"{what.chinese}：自下一次决策起恢复。"
        ),
    )


def _meant(visit: Visit) -> tuple[Scope, str]:
    """What the address or the form means to stop. Raises Refusal where it means nothing there is."""
    scope, name = visit.told.get("scope", ""), visit.told.get("name", "").strip()
    if scope == "all":
        return "all", "all"
    if scope not in _SCOPES or not name or (scope == "channel" and name not in CHANNELS):
        raise Refusal("name a strategy, a channel, or everything", "请指定策略、渠道或全部")
    return scope, name


def _live(connection: Connection) -> int:
    count: int = connection.execute(select(func.count()).where(STRATEGIES.c.state == "live")).scalar_one()
    return count


def _contacts(plan: Tonight, scope: Scope, name: str) -> Any:
    """How many contacts of the plan it concerns; None where they are few."""
    if scope == "all":
        return plan.certificate["contacts"]
    return next((one["used"] for one in plan.limits if one["name"] == f"{scope}.{name}"), 0)
