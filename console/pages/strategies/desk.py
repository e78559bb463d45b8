"""The desk at which a strategy is written: document and form, what changed, and its versions."""

from collections.abc import Sequence

from markupsafe import Markup

from base.errors import BookError, StrategyError
from base.roles import Action, Field, require
from console.pages.page import Done, Shown, Visit, deed, page
from console.pages.strategies.changed import lines_of, values_changed
from console.pages.strategies.count import EXAMPLES, counted, size_of
from console.pages.strategies.course import course
from console.pages.strategies.fields import answers, sections
from console.pages.strategies.form import edited
from console.pages.strategies.moves import handed_in, moves_of, number_told
from console.pages.strategies.owned import before_writing
from console.pages.strategies.slips import rule_slip, slips_of
from console.pages.strategies.tried import run_dry, tried
from console.words import Refusal, Said
from console.words.errors import in_both
from console.words.strategies import STANDS
from features.catalogue import FEATURES
from strategies.book import pick, standings, versions_of
from strategies.document import Strategy
from strategies.drawing import svg
from strategies.edits import leaves_of
from strategies.folder import Written
from strategies.reader import read
from strategies.readings import Version
from strategies.spoken import WORDS
from strategies.versions import difference, import_

_FIELDS = frozenset({Field.INTERNAL, Field.FIGURES})


@page("/strategies/{name}", title=("Strategy", "策略"), fields=_FIELDS)
def strategy(visit: Visit) -> Shown:
    """One strategy: its newest version at the desk, or an older one to be looked at and compared."""
    name = visit.told["name"]
    with visit.ledger.engine.connect() as connection:
        versions = versions_of(connection, name)
        running = standings(connection, [name])[name].running
    shown = pick(versions, number_told(visit.told, "version"))
    # Whoever approves asks what will be different from what runs.
    before = running if running and running != shown.version else max(shown.version - 1, 1)
    against = number_told(visit.told, "against") or before
    return _desk(visit, shown.text, versions=versions, shown=shown, against=pick(versions, against))


@deed("/strategies/{name}/look", action=Action.WRITE_STRATEGY, given_back=True)
def look(visit: Visit) -> Shown:
    """Shows the document with what the form changed in it; nothing is kept."""
    name = visit.told["name"]
    try:
        text, refused = _text(visit), ""
    except StrategyError as error:
        text, refused = visit.told.get("text", ""), str(error)
    with visit.ledger.engine.connect() as connection:
        versions = versions_of(connection, name)
    return _desk(visit, text, versions=versions, refused=refused)


@deed("/strategies/{name}/write", action=Action.WRITE_STRATEGY, given_back=True)
def write(visit: Visit) -> Done | Shown:
    """Keeps a new draft, made from the version that was on the screen; what is refused is shown again.

    ``then``: "try" has it tried as well, "submit" handed in. Raises RoleError for who may not do that.
    """
    name, text, then = visit.told["name"], visit.told.get("text", ""), visit.told.get("then")
    if then == "submit":
        require(visit.settings, visit.user.name, Action.SUBMIT_STRATEGY)
    try:
        text = _text(visit)
        document = read(text, file=name, features=FEATURES)
        if document.name != name:
            raise StrategyError(f"the document is called {document.name}, but this is the page of {name}")
        base = number_told(visit.told, "base")
        (made,) = import_(
            visit.ledger,
            [Written(strategy=document, text=text)],
            actor=visit.user.name,
            bases={} if base is None else {name: base},
            note=visit.told.get("note", ""),
        )
    except (StrategyError, BookError) as error:
        with visit.ledger.engine.connect() as connection:
            versions = versions_of(connection, name)
        return _desk(visit, text, versions=versions, refused=str(error), status=422)
    return _kept(visit, made.version, then)


@deed("/strategies/{name}/revert", action=Action.WRITE_STRATEGY)
def revert(visit: Visit) -> Done:
    """Writes an older version out again as the newest."""
    name, number = visit.told["name"], number_told(visit.told, "version")
    with visit.ledger.engine.connect() as connection:
        versions = versions_of(connection, name)
    older = pick(versions, number)
    (made,) = import_(
        visit.ledger,
        [Written(strategy=read(older.text, file=name, features=FEATURES), text=older.text)],
        actor=visit.user.name,
        bases={name: number_told(visit.told, "base") or versions[-1].version},
        note=f"as version {older.version} was",
    )
    return Done(
        to=f"/strategies/{name}",
        said=Said(
            f"Version {older.version} is back, as draft version {made.version}.",
            f"已将第 {older.version} 版恢复为第 {made.version} 版草稿。",
        ),
    )


def _kept(visit: Visit, version: int, then: str | None) -> Done:
    """Says that it is kept, and has begin what was asked for besides, as far as it may now."""
    kept = Said(f"Kept as version {version}.", f"已保存为第 {version} 版。")
    begin = {"submit": handed_in, "try": run_dry}.get(then or "")
    place = f"/strategies/{visit.told['name']}"
    if begin is None:
        return Done(to=place, said=kept)
    try:
        begun = begin(visit, version)
    except Refusal as refusal:
        begun = Done(to=place, said=refusal.said)
    return Done(to=begun.to, said=kept.then(begun.said))


def _text(visit: Visit) -> str:
    """The document with the form's changes. Raises StrategyError."""
    return edited(visit.told, file=visit.told["name"], language=visit.user.language)


def _desk(
    visit: Visit,
    text: str,
    *,
    versions: Sequence[Version],
    shown: Version | None = None,
    against: Version | None = None,
    refused: str = "",
    status: int = 200,
) -> Shown:
    """The page; ``shown``: the version that ``text`` is of, None for what was typed and not kept yet."""
    name, latest = versions[-1].name, versions[-1]
    with visit.ledger.engine.connect() as connection:
        now = standings(connection, [name])[name]
        anothers = before_writing(visit, connection, name)
    document, slips = slips_of(text, file=name)
    try:
        leaves = leaves_of(text, file=name)
    except StrategyError:
        leaves = {}
    rule = str(leaves.get(("who",), ""))
    base = number_told(visit.told, "base") or latest.version
    older = (against or latest).text
    overtaken = difference(latest.text, text, names=("now", "yours")) if base < latest.version else ""
    slip = rule_slip(rule) if rule else None
    asked = bool(visit.told.get("count")) and rule != "" and slip is None
    count = counted(visit, rule, kind=str(leaves.get(("kind",), ""))) if asked else None
    return Shown(
        template="strategy.html",
        status=status,
        title=Said(f"{name} · Strategy", f"{name} · 策略"),
        values={
            "here": f"/strategies/{name}",
            "heading": leaves.get(("title",)) or name,
            "now": now,
            "anothers": anothers,
            "stands": STANDS,
            "shown": shown,
            "newest": latest,
            "base": base,
            "text": text,
            "note": visit.told.get("note", ""),
            "versions": versions,
            "against": against,
            "changed": values_changed(older, text),
            "lines": lines_of(difference(older, text, names=("-", "+"))),
            "slips": slips,
            "slip": slip,
            "wrong": {one.place: one for one in reversed(slips) if one.place != "who"},
            "asked": asked,
            "refused": in_both(refused.partition("\n")[0].removeprefix(f"{name}: ")),
            "overtaken": lines_of(overtaken),
            "terms": sections(leaves, of="terms"),
            "funnel": sections(leaves, of="funnel"),
            "answers": answers(leaves),
            "rule": rule,
            "example": EXAMPLES[visit.user.language],
            "count": count,
            "size": size_of(count, leaves),
            "drawing": _drawing(document, visit),
            "words": WORDS[visit.user.language],
            "can_write": visit.may(Action.WRITE_STRATEGY) and now.state != "retired",
            "may_write": visit.may(Action.WRITE_STRATEGY),
            "may_submit": visit.may(Action.SUBMIT_STRATEGY),
            "idle": shown is not None and now.stage == "submitted" and now.pending == shown.version,
            "moves": moves_of(visit, now),
            "course": course(visit, name) if now.running and shown else None,
            **tried(visit, latest.version),
        },
    )  # fmt: skip


def _drawing(document: Strategy | None, visit: Visit) -> Markup | None:
    """The funnel as SVG, made by the house from texts that it escapes itself."""
    if document is None:
        return None
    return Markup(svg(document, language=visit.user.language, leads="#touch-{number}"))
