"""What comes of a strategy before anybody is contacted, beside the desk: checks, dry run, handing in."""

from collections.abc import Mapping
from typing import Any

from base.registry import told as in_both
from base.roles import Field
from console.errands import Errand
from console.pages.page import Visit, reply
from console.pages.strategies.moves import number_told, submission
from console.render import render
from console.words import Refusal, Said
from console.words.limits import channel_said
from lake.tables import CUSTOMER_SEGMENTS
from strategies.book import pick, versions_of

_ASKED = {"check": "check", "run": "try"}


@reply("/strategies/{name}/trying", fields=frozenset({Field.INTERNAL, Field.FIGURES}))
def trying(visit: Visit) -> Mapping[str, Any]:
    """What is found of the newest version so far, as the desk shows it, and whether more is on its way."""
    with visit.ledger.engine.connect() as connection:
        newest = pick(versions_of(connection, visit.told["name"]), None)
    values = tried(visit, newest.version)
    html = render("strategy_found.html", values, language=visit.user.language)
    return {"state": "running" if values["waits"] else "done", "html": html}


def tried(visit: Visit, version: int) -> Mapping[str, Any]:
    """What the checks, the dry run and the submission found of a version, as far as they were asked for.

    ``ask`` in the address has the first two begin.
    """
    name = visit.told["name"]
    found = {ask: _found(visit, ask, version) for ask in _ASKED}
    handed_in = _looked(visit, submission(name, visit.told.get("submission", "")))
    return {
        **found,
        "name": name,
        "version": version,
        "handed_in": handed_in,
        "waits": any(
            one is not None and one.state in ("waiting", "running") for one in (handed_in, *found.values())
        ),
        "again": _again(visit),
        "channel": channel_said,
        "in_words": lambda words: Said(*in_both(words)).to(visit.user.language),
    }


def _found(visit: Visit, ask: str, version: int) -> Errand | None:
    """How far the question is, which begins where the address asks for it; None where it was not asked."""
    nights, name = visit.lake.dates(CUSTOMER_SEGMENTS), visit.told["name"]
    about = f"{ask} {name} v{version} {nights[-1] if nights else 'no night'}"
    key = visit.errands.turn(about, again=_again(visit))
    # What failed is not begun anew by a page that only looks whether it is there.
    if visit.told.get("ask") and not visit.errands.knows(key):
        arguments = ["strategies", _ASKED[ask], name, "--json"]
        try:
            return visit.errands.ask(key, arguments, actor=visit.user.name)
        except Refusal as refusal:
            return Errand(key=key, state="failed", words=refusal.said.to(visit.user.language))
    return _looked(visit, key)


def _again(visit: Visit) -> int:
    """How often the questions were asked anew, after they had failed."""
    return number_told(visit.told, "again") or 0


def _looked(visit: Visit, key: str) -> Errand | None:
    """How far the question is; None where it was not asked."""
    return visit.errands.look(key) if visit.errands.knows(key) else None
