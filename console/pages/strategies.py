"""The strategy book: what there is, one as it stands, and the way from draft to live."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from base.errors import ConsoleError
from base.roles import Action, Field
from console.pages.page import Done, Shown, Visit, deed, page, reply
from console.words import Said
from features.catalogue import FEATURES
from strategies import lifecycle
from strategies.book import pick, standings, versions_of
from strategies.folder import Written
from strategies.reader import read
from strategies.versions import changes, import_

_FIELDS = frozenset({Field.INTERNAL})
_PAGE = 50


@page("/strategies", title=("Strategies", "策略"), fields=_FIELDS, menu=30)
def strategies(visit: Visit) -> Shown:
    """The book, a page at a time, searched on the server."""
    with visit.ledger.engine.connect() as connection:
        every = sorted(standings(connection).items())
    wanted = visit.told.get("q", "").strip().casefold()
    found = [one for name, one in every if wanted in name.casefold()]
    number = max(1, int(visit.told.get("page", "1")) if visit.told.get("page", "1").isdecimal() else 1)
    return Shown(
        template="strategies.html",
        values={
            "found": found[(number - 1) * _PAGE : number * _PAGE],
            "count": len(found),
            "number": number,
            "last": max(1, -(-len(found) // _PAGE)),
            "q": visit.told.get("q", ""),
            "may_write": visit.may(Action.WRITE_STRATEGY),
        },
    )


@reply("/strategies/count", fields=frozenset({Field.FIGURES}))
def count(visit: Visit) -> Mapping[str, Any]:
    """How many customers a rule selects: of the sample, or with ``exact`` of all."""
    rule = visit.told.get("rule", "")
    found = visit.crowd.count(rule) if visit.told.get("exact") else visit.crowd.estimate(rule)
    return {**asdict(found), "as_of": found.as_of.isoformat()}


@page("/strategies/{name}", title=("Strategy", "策略"), fields=_FIELDS)
def strategy(visit: Visit) -> Shown:
    """One strategy: its versions, what changed last, and what may be done with it."""
    name = visit.told["name"]
    with visit.ledger.engine.connect() as connection:
        versions = versions_of(connection, name)
        now = standings(connection, [name])[name]
    shown = pick(versions, int(visit.told["version"]) if visit.told.get("version", "").isdecimal() else None)
    before = [one for one in versions if one.version < shown.version]
    return Shown(
        template="strategy.html",
        values={
            "now": now,
            "shown": shown,
            "versions": versions,
            "change": changes(before[-1], shown) if before else "",
            "may": {
                "write": visit.may(Action.WRITE_STRATEGY),
                "submit": now.stage == "draft" and visit.may(Action.SUBMIT_STRATEGY),
                "approve": now.stage == "submitted" and visit.may(Action.APPROVE_STRATEGY),
                "golive": now.stage == "approved" and visit.may(Action.PUT_LIVE),
            },
        },
    )


@deed("/strategies/{name}/write", action=Action.WRITE_STRATEGY)
def write(visit: Visit) -> Done:
    """Keeps a new draft, made from the version that was on the screen."""
    name, text = visit.told["name"], visit.told.get("text", "")
    document = read(text, file=name, features=FEATURES)
    if document.name != name:
        raise ConsoleError(f"the document is called {document.name}, but this is the page of {name}")
    base = int(visit.told["base"]) if visit.told.get("base", "").isdecimal() else None
    (made,) = import_(
        visit.ledger,
        [Written(strategy=document, text=text)],
        actor=visit.user.name,
        bases={} if base is None else {name: base},
        note=visit.told.get("note", ""),
    )
    return Done(
        to=f"/strategies/{name}",
        said=Said(f"Kept as version {made.version}.", f"已保存为第 {made.version} 版。"),
    )


@deed("/strategies/{name}/submit", action=Action.SUBMIT_STRATEGY)
def submit(visit: Visit) -> Done:
    """Hands the draft in."""
    return _moved(visit, lifecycle.submit, Said("Submitted for approval.", "已提交审批。"))


@deed("/strategies/{name}/approve", action=Action.APPROVE_STRATEGY)
def approve(visit: Visit) -> Done:
    """Approves what another submitted."""
    return _moved(visit, lifecycle.approve, Said("Approved.", "已批准。"))


@deed("/strategies/{name}/golive", action=Action.PUT_LIVE)
def golive(visit: Visit) -> Done:
    """Puts the approved version in force."""
    return _moved(visit, lifecycle.golive, Said("Live from the next decision on.", "自下一次决策起生效。"))


def _moved(visit: Visit, move: object, said: Said) -> Done:
    name, version = visit.told["name"], visit.told.get("version", "")
    versions = {name: int(version)} if version.isdecimal() else None
    move(visit.ledger, [name], actor=visit.user.name, versions=versions)  # type: ignore[operator]
    return Done(to=f"/strategies/{name}", said=said)
