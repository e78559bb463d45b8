"""The strategy book as a list, and how a new strategy comes into it."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row, Select, Subquery, or_, select

from base.errors import BookError, StrategyError
from base.roles import Action, Field
from console.listing import turned
from console.pages.page import Done, Shown, Visit, deed, page
from console.words import Said
from console.words.errors import said_of
from console.words.strategies import STANDS
from features.catalogue import FEATURES
from lake.tables.words import PRODUCTS
from ledger.schema import READINGS, STRATEGIES, STRATEGY_VERSIONS, among
from strategies.blank import OFFER, SCRIPT
from strategies.book import newest
from strategies.edits import put
from strategies.folder import Written
from strategies.reader import read
from strategies.spoken import WORDS
from strategies.versions import import_

_FIELDS = frozenset({Field.INTERNAL})
_SORTS = ("name", "title", "manager", "stands", "at")
_WORDS = 8
"""That a search takes into account."""
_BLANK = """name: {name}
title: {title}
kind: {kind}
manager: {manager}
# Whom it is for · 目标客户
who: >-
  {who}
# What they are offered · 优惠内容
offer: {offer}
funnel:
  - channel: push
    expected_lift: 0.01
    script: >-
      {script}
goal: {{product: {kind}, window_days: 7, value: 100}}
experiment: {{holdout: 0.15}}
limits: {{per_night: 500}}
"""


@page("/strategies", title=("Strategies", "策略"), fields=_FIELDS, menu=30)
def strategies(visit: Visit) -> Shown:
    """The book, a page at a time, searched and sorted on the server."""
    sort = visit.told.get("sort", "")
    sort = sort if sort in _SORTS else "name"
    with visit.ledger.engine.connect() as connection:
        names = turned(connection, _wanted(visit, sort), visit.told, search=("q", "state", "kind", "sort"))
        turn = replace(names, rows=_rows(connection, [row.name for row in names.rows]))
    return Shown(
        template="strategies.html",
        values={
            "turn": turn,
            "q": visit.told.get("q", ""),
            "state": visit.told.get("state", ""),
            "kind": visit.told.get("kind", ""),
            "sort": sort,
            "stands": STANDS,
            "kinds": WORDS[visit.user.language].products,
            "may_write": visit.may(Action.WRITE_STRATEGY),
        },
    )


@page("/new-strategy", title=("New strategy", "新建策略"), fields=_FIELDS)
def new_strategy(visit: Visit) -> Shown:
    """Asks what a new strategy is called, and of which one it is a copy."""
    return _asked(visit, wrong="")


@deed("/new-strategy", action=Action.WRITE_STRATEGY, given_back=True)
def begin_strategy(visit: Visit) -> Done | Shown:
    """Writes the first draft of a strategy: a blank, or a copy under another name."""
    name = visit.told.get("name", "").strip() or _free(visit)
    try:
        text = _copy(visit, name) if visit.told.get("copy", "").strip() else _blank(visit, name)
        document = read(text, file=name, features=FEATURES)
        import_(
            visit.ledger,
            [Written(strategy=document, text=text)],
            actor=visit.user.name,
            note=f"copied from {visit.told['copy'].strip()}" if visit.told.get("copy", "").strip() else "",
        )
    except StrategyError as error:
        return _asked(visit, wrong=said_of(error).to(visit.user.language), status=422)
    except BookError as error:
        # How a command would go on from there is nothing for a page.
        told = said_of(error).to(visit.user.language).partition("; say which")[0]
        return _asked(visit, wrong=told, status=422)
    return Done(
        to=f"/strategies/{name}",
        said=Said("A first draft is written; make it yours.", "已建立第一版草稿，请继续编辑。"),
    )


def _asked(visit: Visit, *, wrong: str, status: int = 200) -> Shown:
    return Shown(
        template="strategy_new.html",
        status=status,
        title=Said("New strategy", "新建策略"),
        values={
            "wrong": wrong,
            "told": {key: visit.told.get(key, "") for key in ("name", "title", "kind", "copy", "segment")},
            "kinds": WORDS[visit.user.language].products,
            "may_write": visit.may(Action.WRITE_STRATEGY),
        },
    )


def _free(visit: Visit) -> str:
    """An identifier that no strategy has yet: the product's with a number."""
    kind = visit.told.get("kind", "")
    kind = kind if kind in PRODUCTS else PRODUCTS[0]
    with visit.ledger.engine.connect() as connection:
        taken = set(
            connection.execute(
                select(STRATEGIES.c.name).where(STRATEGIES.c.name.startswith(f"{kind}_"))
            ).scalars()
        )
    return next(name for number in count(1) if (name := f"{kind}_{number:03d}") not in taken)


def _blank(visit: Visit, name: str) -> str:
    """A document that reads, for its author to fill."""
    kind = visit.told.get("kind", "")
    chinese = visit.user.language == "zh"
    text = _BLANK.format(
        name="blank",
        title="blank",
        kind=kind if kind in PRODUCTS else PRODUCTS[0],
        manager="blank",
        who="所有客户" if chinese else "everybody",
        offer=OFFER[visit.user.language],
        script=SCRIPT[visit.user.language],
    )
    segment = visit.told.get("segment", "")
    if re.fullmatch(r"\w{1,40}", segment):
        text = put(text, ("who",), f"{'客群' if chinese else 'segment'} = '{segment}'", file=name)
    return _named(text, name, visit.told.get("title", "").strip() or name, visit.user.name)


def _copy(visit: Visit, name: str) -> str:
    with visit.ledger.engine.connect() as connection:
        (original,) = newest(connection, [visit.told["copy"].strip()])
    return _named(
        original.text.removeprefix("\ufeff"), name, visit.told.get("title", "").strip(), visit.user.name
    )


def _named(text: str, name: str, title: str, manager: str) -> str:
    for path, given in ((("name",), name), (("title",), title), (("manager",), manager)):
        text = put(text, path, given, file=name) if given or path == ("name",) else text
    return text


def _wanted(visit: Visit, sort: str) -> Select[Any]:
    """The names of the strategies that are searched for; documents are opened only where that needs them."""
    words, state, kind = (visit.told.get(key, "").strip() for key in ("q", "state", "kind"))
    book, last, said = STRATEGIES, _last(), READINGS
    query = select(book.c.name).join(last, last.c.name == book.c.name)
    if words or kind or sort in ("title", "manager"):
        query = query.outerjoin(said, said.c.sha256 == last.c.sha256)
    anywhere = (book.c.name, said.c.title, said.c.manager, said.c.tags)
    for word in words.split()[:_WORDS]:
        query = query.where(or_(*(each.icontains(word, autoescape=True) for each in anywhere)))
    if state:
        query = query.where(or_(book.c.stage == state, book.c.state == state))
    if kind:
        query = query.where(said.c.kind == kind)
    orders: dict[str, Any] = {
        "title": said.c.title,
        "manager": said.c.manager,
        "stands": book.c.stage,
        "at": last.c.at.desc(),
    }
    return query.order_by(orders[sort], book.c.name) if sort in orders else query.order_by(book.c.name)


def _rows(connection: Connection, names: Sequence[str]) -> Sequence[Row[Any]]:
    """How these strategies stand and what their newest versions say, in the order of the names."""
    book, last, said = STRATEGIES, _last(names), READINGS
    query: Select[Any] = (
        select(
            book.c.name, book.c.stage, book.c.state, book.c.pending, book.c.running, book.c.sent_back_by,
            last.c.author, last.c.at, said.c.title, said.c.kind, said.c.manager,
        )
        .join(last, last.c.name == book.c.name)
        .outerjoin(said, said.c.sha256 == last.c.sha256)
    )  # fmt: skip
    found = {row.name: row for row in connection.execute(query)}
    return [found[name] for name in names]


def _last(names: Sequence[str] | None = None) -> Subquery:
    """The newest version of every strategy, or of those named."""
    versions = STRATEGY_VERSIONS
    newest_first = (
        select(versions.c.name, versions.c.sha256, versions.c.author, versions.c.at)
        .distinct(versions.c.name)
        .order_by(versions.c.name, versions.c.version.desc())
    )
    chosen = newest_first if names is None else newest_first.where(among(versions.c.name, names))
    return chosen.subquery()
