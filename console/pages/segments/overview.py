"""All segments at a glance: sorted and searched on the server."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from base.roles import Field
from console.charts import spark
from console.listing import paged
from console.pages.page import Shown, Visit, page
from console.pages.segments.cards import Card, cards, history, nights, phrases
from console.words import Said

FIGURES = frozenset({Field.FIGURES, Field.INTERNAL})
_TREND = 14
_PHRASES = 2


@dataclass(frozen=True, kw_only=True)
class Row:
    """A segment's line. ``change``: of its customers since the first night of the trend, a share; null where
    either is not told."""

    card: Card
    words: tuple[str, ...]
    trend: Markup
    change: float | None


_SORTS: Mapping[str, Callable[[Row], Any]] = {
    "segment": lambda row: row.card.segment,
    "customers": lambda row: row.card.customers or 0,
    "aum": lambda row: row.card.aum or 0,
    "change": lambda row: row.change or 0,
    "manager": lambda row: row.card.manager,
}


@page("/segments", title=("Segments", "客群"), fields=FIGURES, menu=20)
def segments(visit: Visit) -> Shown:
    """Every segment of the last night."""
    on = nights(visit.lake)
    rows = _rows(visit) if on else []
    wanted = visit.told.get("q", "").strip().casefold()
    found = [row for row in rows if wanted in _searched(row)]
    order = visit.told.get("sort", "segment")
    sort = order.removeprefix("-") if order.removeprefix("-") in _SORTS else "segment"
    found.sort(key=_SORTS[sort], reverse=order.startswith("-"))
    return Shown(
        template="segments.html",
        values={
            "turn": paged(found, visit.told, search=("q", "sort")),
            "as_of": on[-1] if on else None,
            "nights": min(len(on), _TREND),
            "q": visit.told.get("q", ""),
            "sort": sort,
            "down": order.startswith("-"),
            "customers": sum(row.card.customers or 0 for row in rows),
            "aum": sum(row.card.aum or 0 for row in rows),
        },
    )


def _rows(visit: Visit) -> list[Row]:
    on = nights(visit.lake)[-_TREND:]
    past = history(visit.lake, on)
    return [
        _row(card, [one.customers if one else None for one in past[card.segment]], visit)
        for card in cards(visit.lake, as_of=on[-1]).values()
    ]


def _row(card: Card, sizes: Sequence[int | None], visit: Visit) -> Row:
    first, last = sizes[0], sizes[-1]
    title = Said(
        f"Customers of {card.segment}, {_told(first, 'en')} to {_told(last, 'en')}",
        f"{card.segment} 客户数：{_told(first, 'zh')} 至 {_told(last, 'zh')}",
    )
    return Row(
        card=card,
        words=tuple(phrases(card, visit.user.language)[:_PHRASES]),
        trend=spark(sizes, title=title.to(visit.user.language)) if len(sizes) > 1 else Markup(),
        change=last / first - 1 if first and last else None,
    )


def _told(count: int | None, language: str) -> str:
    if count is None:
        return "不显示" if language == "zh" else "not told"
    return f"{count:,}"


def _searched(row: Row) -> str:
    """What is searched, in both languages."""
    card = row.card
    return " ".join((card.segment, card.name, *card.words, *row.words, card.manager)).casefold()
