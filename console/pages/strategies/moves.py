"""The way of a strategy from draft to live, and out of the night again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from base.roles import Action
from console.listing import whole
from console.pages.page import Done, Visit, deed
from console.pages.strategies.owned import at_submission
from console.words import Said
from strategies import lifecycle
from strategies.book import Standing
from strategies.lifecycle import Move

_LABELS: Mapping[Move, tuple[Said, Action]] = {
    lifecycle.SUBMIT: (Said("Submit for approval", "提交审批"), Action.SUBMIT_STRATEGY),
    lifecycle.APPROVE: (Said("Approve", "批准"), Action.APPROVE_STRATEGY),
    lifecycle.SEND_BACK: (Said("Send back", "退回修改"), Action.APPROVE_STRATEGY),
    lifecycle.GO_LIVE: (Said("Put live", "上线"), Action.PUT_LIVE),
    lifecycle.PAUSE: (Said("Pause", "暂停"), Action.REST_STRATEGY),
    lifecycle.RESUME: (Said("Resume", "恢复"), Action.REST_STRATEGY),
    lifecycle.RETIRE: (Said("Retire for good", "永久下线"), Action.REST_STRATEGY),
}


def moves_of(visit: Visit, now: Standing) -> Sequence[Mapping[str, Any]]:
    """What this person may do with it as it stands."""
    return [
        {"verb": move.verb, "label": label, "reasoned": move.reasoned}
        for move, (label, action) in _LABELS.items()
        if move.possible(now) and visit.may(action)
    ]


def number_told(told: Mapping[str, str], name: str) -> int | None:
    """The number of a version that an address or a form names."""
    return whole(told, name, digits=8)


def submission(name: str, stamp: str) -> str:
    """What the errand is called by which a draft is handed in."""
    return f"submit {name} {stamp if stamp.isdecimal() else ''}"


@deed("/strategies/{name}/submit", action=Action.SUBMIT_STRATEGY)
def submit(visit: Visit) -> Done:
    """Has the draft checked against the book, and handed in where nothing grave is found."""
    return handed_in(visit, number_told(visit.told, "version"))


def handed_in(visit: Visit, version: int | None) -> Done:
    """Has that version handed in, the newest where none is told; its page says what comes of it."""
    name = visit.told["name"]
    with visit.ledger.engine.connect() as connection:
        anothers = at_submission(visit, connection, name)
    named = [] if version is None else ["--version", str(version)]
    # What was sent back may be handed in again: each time is another errand.
    stamp = f"{visit.now:%Y%m%d%H%M%S%f}"
    visit.errands.ask(
        submission(name, stamp), ["strategies", "submit", name, *named, "--json"], actor=visit.user.name
    )
    said = Said(
        "It is being checked against the book, and handed in if nothing grave is found.",
        "正在对照策略库检查，没有严重问题即提交审批。",
    )
    return Done(
        to=f"/strategies/{name}?submission={stamp}#tried", said=said.then(anothers) if anothers else said
    )


@deed("/strategies/{name}/approve", action=Action.APPROVE_STRATEGY)
def approve(visit: Visit) -> Done:
    """Approves what another submitted."""
    return _forward(visit, lifecycle.approve, Said("Approved.", "已批准。"))


@deed("/strategies/{name}/sendback", action=Action.APPROVE_STRATEGY, given_back=True)
def sendback(visit: Visit) -> Done:
    """Makes a draft again of what was submitted, and tells its author why."""
    name = visit.told["name"]
    lifecycle.sendback(
        visit.ledger,
        [name],
        actor=visit.user.name,
        reason=visit.told.get("reason", ""),
        versions=_versions(visit),
    )
    return Done(
        to=f"/strategies/{name}", said=Said("Sent back; its author is told why.", "已退回，作者会看到原因。")
    )


@deed("/strategies/{name}/golive", action=Action.PUT_LIVE)
def golive(visit: Visit) -> Done:
    """Puts the approved version in force."""
    return _forward(visit, lifecycle.golive, Said("Live from the next decision on.", "自下一次决策起生效。"))


@deed("/strategies/{name}/pause", action=Action.REST_STRATEGY, given_back=True)
def rest(visit: Visit) -> Done:
    """Takes a live strategy out of the night."""
    return _reasoned(visit, lifecycle.pause, Said("Paused from the next release on.", "自下一次发放起暂停。"))


@deed("/strategies/{name}/resume", action=Action.REST_STRATEGY, given_back=True)
def resume(visit: Visit) -> Done:
    """Puts a paused strategy in force again."""
    return _reasoned(visit, lifecycle.resume, Said("Live from the next decision on.", "自下一次决策起生效。"))


@deed("/strategies/{name}/retire", action=Action.REST_STRATEGY, given_back=True)
def retire(visit: Visit) -> Done:
    """Ends a strategy for good."""
    return _reasoned(visit, lifecycle.retire, Said("Retired.", "已下线。"))


def _forward(visit: Visit, move: Callable[..., None], said: Said) -> Done:
    name = visit.told["name"]
    move(visit.ledger, [name], actor=visit.user.name, versions=_versions(visit))
    return Done(to=f"/strategies/{name}", said=said)


def _reasoned(visit: Visit, move: Callable[..., None], said: Said) -> Done:
    name = visit.told["name"]
    move(visit.ledger, [name], actor=visit.user.name, reason=visit.told.get("reason", ""))
    return Done(to=f"/strategies/{name}", said=said)


def _versions(visit: Visit) -> dict[str, int] | None:
    version = number_told(visit.told, "version")
    return None if version is None else {visit.told["name"]: version}
