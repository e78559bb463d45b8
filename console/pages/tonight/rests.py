"""A strategy pauses, and goes on again: asked for with a reason, by whom the book lets."""

from base.errors import BookError
from base.roles import Action
from console.pages.page import Done, Shown, Visit, deed, page
from console.pages.tonight.night import FIELDS, around, first_words, reason_of
from console.pages.tonight.stops import tonight_switches
from console.words import Refusal, Said
from console.words.errors import said_of
from strategies.book import not_there, standings
from strategies.lifecycle import PAUSE, RESUME, pause, resume


@page("/tonight/rest", title=("Pause a strategy", "暂停策略"), fields=FIELDS)
def tonight_rest(visit: Visit) -> Shown:
    """Whether the strategy may pause or go on, before it does; without a name, where to choose one."""
    return _confirm(visit) if visit.told.get("name") else tonight_switches.show(visit)


@deed("/tonight/pause", action=Action.REST_STRATEGY, given_back=True)
def pause_strategy(visit: Visit) -> Done | Shown:
    """Takes a live strategy out of the nights."""
    name = _name(visit)
    try:
        pause(visit.ledger, [name], actor=visit.user.name, reason=reason_of(visit))
    except (BookError, Refusal) as error:
        return _confirm(visit, refused=said_of(error).to(visit.user.language))
    said = Said(f"{name} is paused from the next release on.", f"{name}：自下一次发放起暂停。")
    return Done(to="/tonight/switches", said=said)


@deed("/tonight/resume", action=Action.REST_STRATEGY, given_back=True)
def resume_strategy(visit: Visit) -> Done | Shown:
    """Puts a paused strategy in force again."""
    name = _name(visit)
    try:
        resume(visit.ledger, [name], actor=visit.user.name, reason=reason_of(visit))
    except (BookError, Refusal) as error:
        return _confirm(visit, refused=said_of(error).to(visit.user.language))
    said = Said(f"{name} goes on from the next decision on.", f"{name}：自下一次决策起恢复。")
    return Done(to="/tonight/switches", said=said)


def _confirm(visit: Visit, *, refused: str = "") -> Shown:
    name = _name(visit)
    with visit.ledger.engine.connect() as connection:
        found = standings(connection, [name])
        if name not in found:
            raise not_there([name], connection)
    now = found[name]
    values = {
        **first_words(around(visit)),
        "now": now,
        "verb": "pause" if PAUSE.possible(now) else "resume" if RESUME.possible(now) else None,
        "may": visit.may(Action.REST_STRATEGY),
        "reason": visit.told.get("reason", ""),
        "refused": refused,
    }
    return Shown(template="tonight/rest.html", values=values, status=400 if refused else 200)


def _name(visit: Visit) -> str:
    name = visit.told.get("name", "").strip()
    if not name:
        raise Refusal("name a strategy", "请指定策略")
    return name
