"""Who moved between segments, from one night to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from base.language import Language
from console.charts import Link, flow
from console.listing import read_date
from console.moves import OUTSIDE, Moves, moves
from console.pages.page import Shown, Visit, page
from console.pages.segments.cards import Card, cards, nights, one_of
from console.pages.segments.overview import FIGURES
from console.words import Refusal, Said

ALL = "all"
_DRAWN = 14
_LISTED = 50


@dataclass(frozen=True, kw_only=True)
class Move:
    """Customers that were at ``source`` before and are at ``target`` now."""

    source: str
    target: str
    customers: int

    @property
    def stayed(self) -> bool:
        """Whether it is no move at all."""
        return self.source == self.target


@page("/segments/{segment}/moves", title=("Moves between segments", "客群流动"), fields=FIGURES)
def segment_moves(visit: Visit) -> Shown:
    """Where a segment's customers came from and went; of all segments, the largest moves."""
    on, segment, language = nights(visit.lake), visit.told["segment"], visit.user.language
    known = cards(visit.lake, as_of=on[-1]) if on else {}
    card = None if segment == ALL else one_of(known, segment)
    called = _names(known, language)
    values = {"card": card, "segment": segment, "on": on[::-1], "called": called}
    if len(on) < 2:
        return Shown(template="segment_moves.html", values={**values, "moved": None})
    before, after = _asked(visit.told, on)
    found = moves(visit.lake, before=before, after=after)
    told, untold = _concerning(found, segment)
    return Shown(
        template="segment_moves.html",
        values={
            **values,
            "moved": told[:_LISTED],
            "count": len(told),
            "untold": untold,
            "before": before,
            "after": after,
            "chart": _chart(told, found, called, language),
            "stayed": sum(one.customers for one in told if one.stayed),
        },
    )


def _asked(told: Mapping[str, str], on: tuple[date, ...]) -> tuple[date, date]:
    """The two nights asked for, else the last two. Raises Refusal for nights without segments."""
    before = read_date(told["from"]) if told.get("from") else on[-2]
    after = read_date(told["to"]) if told.get("to") else on[-1]
    if before not in on or after not in on:
        raise Refusal(
            f"{before} and {after} do not both have segments; choose other nights",
            f"{before} 与 {after} 并非都有客群，请选择其他日期",
        )
    if before >= after:
        raise Refusal(
            "the night to begin with must come before the night to end with", "起始日期须早于结束日期"
        )
    return before, after


def _concerning(found: Moves, segment: str) -> tuple[list[Move], int]:
    """The moves in and out of the segment, the largest first, and how many more are not told.

    Of all segments: those from one place to another.
    """
    own = {
        (source, target): count
        for (source, target), count in found.counts.items()
        if (segment in (source, target)) or (segment == ALL and source != target)
    }
    told = [Move(source=one[0], target=one[1], customers=count) for one, count in own.items() if count]
    return sorted(told, key=lambda one: (-one.customers, one.source, one.target)), len(own) - len(told)


def _names(known: Mapping[str, Card], language: Language) -> dict[str, str]:
    outside = Said("outside the long tail", "长尾之外").to(language)
    return {OUTSIDE: outside, **{name: card.called(language) for name, card in known.items()}}


def _chart(told: list[Move], found: Moves, called: Mapping[str, str], language: Language) -> Markup:
    """The largest moves; those who stayed are told beside it, since they would dwarf the others."""
    drawn = [one for one in told if not one.stayed][:_DRAWN]
    if not drawn:
        return Markup()
    people = Said("customers", "位客户").to(language)
    return flow(
        [
            Link(
                source=called.get(one.source, one.source),
                target=called.get(one.target, one.target),
                value=one.customers,
                told=f"{one.customers:,} {people}",
            )
            for one in sorted(drawn, key=lambda one: (one.source, one.target))
        ],
        title=Said("Moves between segments", "客群流动").to(language),
        desc=Said(
            "Bands from where customers were on the left to where they are on the right; the table below "
            "holds the same numbers.",
            "左侧为原客群，右侧为现客群，带宽代表人数；下表为同一数据。",
        ).to(language),
        before=f"{found.before}",
        after=f"{found.after}",
    )
