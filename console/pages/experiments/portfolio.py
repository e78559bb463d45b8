"""The portfolio: what came of every strategy, a page at a time, and of all of them together."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from base.roles import Field
from console.listing import paged
from console.pages.experiments.numbers import yuan
from console.pages.experiments.pictures import forest
from console.pages.page import Done, Shown, Visit, page, question, reply
from console.words import Said
from console.words.verdicts import NAMES, of_hundred, product_said
from jobs.experiment_tables import Experiments, glanced, records
from lake.glance import Glance
from lake.tables import READOUTS, RETURNS_TABLE, VERDICTS_TABLE
from lake.tables.words import PRODUCTS
from strategies.labels import labels, names_with

Row = Mapping[str, Any]
FIGURES = frozenset({Field.FIGURES, Field.INTERNAL})
ORDERS: Mapping[str, tuple[Said, Callable[[Row], float | str | None]]] = {
    "effect": (Said("largest effect first", "效果由大到小"), lambda row: _negative(_likely(row))),
    "worst": (Said("smallest effect first", "效果由小到大"), lambda row: _likely(row)),
    "surest": (Said("surest first", "由确定到不确定"), lambda row: row["always_p"]),
    "largest": (Said("most customers first", "客户数由多到少"), lambda row: _negative(row["customers"])),
    "name": (Said("by name", "按名称"), lambda row: row["strategy"]),
}
_SIZE = 25
_SEARCH = ("q", "verdict", "manager", "kind", "order")


@page("/experiments", title=("Experiments", "实验"), fields=FIGURES, menu=50)
def experiments(visit: Visit) -> Shown:
    """Every experiment as the last night read it: searched, sorted and a page at a time."""
    if not visit.lake.dates(VERDICTS_TABLE):
        return Shown(template="experiments/none.html")
    found, language = glanced(visit.lake, visit.ledger), visit.user.language
    board, brought = _of_all(visit.lake, found)
    rows = _ordered(_chosen(board, visit), visit)
    turn = paged(rows, visit.told, search=_SEARCH, size=_SIZE)
    with visit.ledger.engine.connect() as connection:
        named = labels(connection, [str(row["strategy"]) for row in turn.rows])
    return Shown(
        template="experiments/portfolio.html",
        values={
            "as_of": found.as_of,
            "level": visit.settings.experiments.false_discovery,
            "tally": _tally(board),
            "asked": {name: visit.told.get(name, "") for name in _SEARCH},
            "orders": {name: words for name, (words, _) in ORDERS.items()},
            "verdicts": NAMES,
            "kinds": PRODUCTS,
            "turn": turn,
            "named": named,
            "forest": forest(turn.rows, named, language),
            "brought": brought,
            "total": visit.errands.look(_key(found)) if visit.errands.knows(_key(found)) else None,
            "lift": of_hundred,
            "yuan": yuan,
            "product": product_said,
        },
    )


@question("/experiments-total", fields=FIGURES)
def add_up(visit: Visit) -> Done:
    """The certified total: it takes the luck out of thousands of effects, which is no work for a page."""
    found = glanced(visit.lake, visit.ledger)
    words = ("experiments", "portfolio", "--as-of", found.as_of.isoformat(), "--json")
    visit.errands.ask(_key(found), words, actor=visit.user.name)
    return Done(to="/experiments#together", said=Said("They are being added up.", "正在合计。"))


@reply("/experiments-total", fields=FIGURES)
def experiments_total(visit: Visit) -> Mapping[str, Any]:
    """Whether the proven ones have been added up."""
    return {"state": visit.errands.look(_key(glanced(visit.lake, visit.ledger))).state}


def _of_all(lake: Glance, found: Experiments) -> tuple[Sequence[Row], Row | None]:
    """Every strategy's row of the board, by name; and what all contacts brought and cost, if it is known."""

    def read() -> tuple[Sequence[Row], Row | None]:
        returned = records(found.rows(RETURNS_TABLE, {"level": ["all"]}))
        return records(found.board()), returned[0] if returned else None

    return lake.remembered(("board", found.as_of), (VERDICTS_TABLE, READOUTS, RETURNS_TABLE), read)


def _likely(row: Row) -> float | None:
    """The effect with the luck taken out; as measured where that cannot be done."""
    shrunk: float | None = row["shrunk_lift"]
    return row["lift"] if shrunk is None else shrunk


def _chosen(board: Sequence[Row], visit: Visit) -> list[Row]:
    """The rows that are asked for."""
    told = visit.told
    rows = [row for row in board if told.get("verdict", "") in ("", row["verdict"])]
    text, kind, manager = (told.get(name, "").strip() for name in ("q", "kind", "manager"))
    if not (text or kind or manager):
        return rows
    with visit.ledger.engine.connect() as connection:
        names = names_with(connection, text=text, kind=kind, manager=manager)
    return [row for row in rows if row["strategy"] in names]


def _ordered(rows: Sequence[Row], visit: Visit) -> list[Row]:
    """As they are asked for; what is not known comes last."""
    _, key = ORDERS.get(visit.told.get("order", ""), ORDERS["effect"])
    known = [row for row in rows if key(row) is not None]
    return sorted(known, key=key) + [row for row in rows if key(row) is None]  # type: ignore[arg-type]


def _negative(number: float | None) -> float | None:
    return None if number is None else -number


def _tally(board: Sequence[Row]) -> dict[str, int]:
    counted = Counter(row["verdict"] for row in board)
    return {verdict: counted[verdict] for verdict in NAMES}


def _key(found: Experiments) -> str:
    return f"experiments portfolio {found.as_of}"
