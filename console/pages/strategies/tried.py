"""What comes of a draft before anybody is contacted: the checks over the book, and the dry run."""

from collections.abc import Mapping
from typing import Any

from base.registry import told as in_both
from base.roles import Field
from console.errands import Errand
from console.pages.page import Shown, Visit, page, reply
from console.pages.strategies.moves import number_told
from console.words import Said
from console.words.limits import channel_said
from lake.tables import CUSTOMER_SEGMENTS
from strategies.book import pick, standings, versions_of

_FIELDS = frozenset({Field.INTERNAL, Field.FIGURES})
_ASKED = {"check": "check", "run": "try"}


@page("/strategies/{name}/tried", title=("Checks and dry run", "检查与试运行"), fields=_FIELDS)
def tried(visit: Visit) -> Shown:
    """What the checks and the dry run found of the newest version; ``ask`` has them begin."""
    name = visit.told["name"]
    with visit.ledger.engine.connect() as connection:
        newest = pick(versions_of(connection, name), None)
        now = standings(connection, [name])[name]
    if visit.told.get("ask") in _ASKED:
        ask = visit.told["ask"]
        key = _key(visit, ask, newest.version)
        # What failed is not begun anew by a page that only looks whether it is there.
        if not visit.errands.knows(key):
            visit.errands.ask(key, ["strategies", _ASKED[ask], name, "--json"], actor=visit.user.name)
    found = {ask: _looked(visit, _key(visit, ask, newest.version)) for ask in _ASKED}
    handed_in = _submission(visit)
    return Shown(
        template="strategy_tried.html",
        title=Said(f"{name} · Checks and dry run", f"{name} · 检查与试运行"),
        values={
            "name": name,
            "version": newest.version,
            "now": now,
            "handed_in": handed_in,
            "check": found["check"],
            "run": found["run"],
            "waits": _under_way((handed_in, *found.values())),
            "submission": visit.told.get("submission", ""),
            "again": _again(visit),
            "channel": channel_said,
            "in_words": lambda words: Said(*in_both(words)).to(visit.user.language),
        },
    )


@reply("/strategies/{name}/trying", fields=_FIELDS)
def trying(visit: Visit) -> Mapping[str, Any]:
    """Whether an answer is still on its way."""
    name = visit.told["name"]
    with visit.ledger.engine.connect() as connection:
        version = pick(versions_of(connection, name), None).version
    looked = [_looked(visit, _key(visit, ask, version)) for ask in _ASKED]
    return {"state": "running" if _under_way((_submission(visit), *looked)) else "done"}


def _key(visit: Visit, ask: str, version: int) -> str:
    nights = visit.lake.dates(CUSTOMER_SEGMENTS)
    return f"{ask} {visit.told['name']} v{version} {nights[-1] if nights else 'no night'} {_again(visit)}"


def _again(visit: Visit) -> int:
    """How often the questions were asked anew, after they had failed."""
    return number_told(visit.told, "again") or 0


def _submission(visit: Visit) -> Errand | None:
    stamp = visit.told.get("submission", "")
    return _looked(visit, f"submit {visit.told['name']} {stamp}") if stamp.isdecimal() else None


def _looked(visit: Visit, key: str) -> Errand | None:
    """How far the question is; None where it was not asked."""
    return visit.errands.look(key) if visit.errands.knows(key) else None


def _under_way(errands: tuple[Errand | None, ...]) -> bool:
    return any(one is not None and one.state in ("waiting", "running") for one in errands)
