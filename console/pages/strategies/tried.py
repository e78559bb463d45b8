"""What comes of a strategy before anybody is contacted, beside the desk: checks, dry run, handing in."""

from collections.abc import Mapping
from typing import Any

from base.registry import told as in_both
from base.roles import Field
from console.errands import Errand
from console.pages.page import Done, Visit, question, reply
from console.pages.strategies.moves import number_told, submission
from console.render import render
from console.words import Said
from console.words.limits import channel_said
from lake.tables import CUSTOMER_SEGMENTS
from strategies.book import pick, standings, versions_of

_FIELDS = frozenset({Field.INTERNAL, Field.FIGURES})
_ASKED = {"check": "check", "run": "try"}


@question("/strategies/{name}/try", fields=_FIELDS)
def try_strategy(visit: Visit) -> Done:
    """Has the newest version checked against the book and run dry; each is asked once, and anew after it
    failed."""
    with visit.ledger.engine.connect() as connection:
        newest = pick(versions_of(connection, visit.told["name"]), None)
    return run_dry(visit, newest.version)


def run_dry(visit: Visit, version: int) -> Done:
    """Has that version, the newest, checked and run dry. Raises Refusal where too much of this person's is on
    its way."""
    name = visit.told["name"]
    for ask, verb in _ASKED.items():
        arguments = ("strategies", verb, name, "--json")
        visit.errands.ask(_key(visit, ask, version), arguments, actor=visit.user.name)
    return Done(
        to=f"/strategies/{name}#tried", said=Said("It is being checked and run dry.", "正在检查并试运行。")
    )


@reply("/strategies/{name}/trying", fields=_FIELDS)
def trying(visit: Visit) -> Mapping[str, Any]:
    """What is found of a version so far, as the desk shows it, and whether more is on its way.

    ``version``: the one that the desk is of; the newest where none is told. Raises BookError.
    """
    with visit.ledger.engine.connect() as connection:
        meant = pick(versions_of(connection, visit.told["name"]), number_told(visit.told, "version"))
    values = tried(visit, meant.version)
    html = render("strategy_found.html", values, language=visit.user.language)
    return {"state": "running" if values["waits"] else "done", "html": html}


def tried(visit: Visit, version: int) -> Mapping[str, Any]:
    """What the checks, the dry run and the submission found of a version, as far as they were asked for.

    ``overtaken_by``: the newest version, where that is another one; None where it is not.
    """
    name, stamp = visit.told["name"], visit.told.get("submission", "")
    found = {ask: _looked(visit, _key(visit, ask, version)) for ask in _ASKED}
    handed_in = _looked(visit, submission(name, stamp))
    # The commands work on the newest version when their turn comes. Asked for after what they found was
    # looked up: as long as it is this version, so was theirs.
    with visit.ledger.engine.connect() as connection:
        newest = standings(connection, [name])[name].newest
    overtaken = newest if newest != version else None
    if overtaken:
        found = dict.fromkeys(_ASKED)
    return {
        **found,
        "name": name,
        "version": version,
        "overtaken_by": overtaken,
        "submission": stamp if handed_in else "",
        "handed_in": handed_in,
        "waits": any(
            one is not None and one.state in ("waiting", "running") for one in (handed_in, *found.values())
        ),
        "channel": channel_said,
        "in_words": lambda words: Said(*in_both(words)).to(visit.user.language),
    }


def _key(visit: Visit, ask: str, version: int) -> str:
    """What the errand is called: of that version, on the last night's customers."""
    nights = visit.lake.dates(CUSTOMER_SEGMENTS)
    return f"{ask} {visit.told['name']} v{version} {nights[-1] if nights else 'no night'}"


def _looked(visit: Visit, key: str) -> Errand | None:
    """How far the question is; None where it was not asked."""
    return visit.errands.look(key) if visit.errands.knows(key) else None
