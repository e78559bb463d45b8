"""Two segments side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from base.language import Language
from console.charts import Dot, Line, dots, lines
from console.pages.page import Shown, Visit, page
from console.pages.segments.cards import Card, amount, cards, history, label, nights, one_of, traits
from console.pages.segments.overview import FIGURES
from console.words import Refusal, Said

_DRAWN = 12


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A feature's median in both segments; the ranks as in ``cards.Trait``, 0 to 100."""

    label: str
    one: str
    other: str
    one_rank: float
    other_rank: float


@page("/segments/{segment}/compare", title=("Two segments", "客群比较"), fields=FIGURES)
def compare(visit: Visit) -> Shown:
    """A segment beside another: size, money, and where their medians differ most."""
    on, language = nights(visit.lake), visit.user.language
    known = cards(visit.lake, as_of=on[-1]) if on else {}
    one = one_of(known, visit.told["segment"])
    others = [card for card in known.values() if card.segment != one.segment]
    if not others:
        raise Refusal("there is no other segment to compare with", "没有其他客群可供比较")
    other = one_of(known, visit.told.get("other") or others[0].segment)
    pairs = _pairs(one, other, known, language)
    past = history(visit.lake, on)
    sizes = [
        (card.segment, [then.customers if then else None for then in past[card.segment]])
        for card in (one, other)
    ]
    return Shown(
        template="segment_compare.html",
        title=Said(f"{one.segment} and {other.segment}", f"{one.segment} 与 {other.segment}"),
        values={
            "one": one,
            "other": other,
            "others": others,
            "as_of": on[-1],
            "pairs": pairs,
            "chart": _chart(pairs[:_DRAWN], one, other, language) if pairs else Markup(),
            "past": list(zip(on, *(values for _, values in sizes), strict=True))[::-1],
            "sizes": _sizes([f"{night.month}-{night.day:02}" for night in on], sizes, language),
        },
    )


def _pairs(one: Card, other: Card, known: dict[str, Card], language: Language) -> list[Pair]:
    """Both segments' medians, those furthest apart first."""
    there = {trait.name: trait for trait in traits(other, known)}
    found = [
        Pair(
            label=label(trait.name, language),
            one=amount(trait.name, trait.value, language),
            other=amount(trait.name, there[trait.name].value, language),
            one_rank=100 * trait.rank,
            other_rank=100 * there[trait.name].rank,
        )
        for trait in traits(one, known)
        if trait.name in there
    ]
    return sorted(found, key=lambda pair: (-abs(pair.one_rank - pair.other_rank), pair.label))


def _chart(pairs: Sequence[Pair], one: Card, other: Card, language: Language) -> Markup:
    title = Said(f"{one.segment} and {other.segment}", f"{one.segment} 与 {other.segment}")
    desc = Said(
        f"For every feature, where the median of {one.segment} (dot) and of {other.segment} (upright line) "
        "stand among all customers of the long tail, 0 to 100.",
        f"每项特征：{one.segment}（圆点）与 {other.segment}（竖线）的中位数在全部长尾客户中的"
        "位置，0 到 100。",
    )
    return dots(
        [
            Dot(
                label=pair.label,
                value=pair.one_rank,
                usual=pair.other_rank,
                told=f"{pair.one} | {pair.other}",
            )
            for pair in pairs
        ],
        title=title.to(language),
        desc=desc.to(language),
        axis=Said("lowest 0 – highest 100", "最低 0 – 最高 100").to(language),
        said=lambda tick: f"{tick:.0f}",
        zero=50,
    )


def _sizes(
    labels: Sequence[str], sizes: Sequence[tuple[str, Sequence[int | None]]], language: Language
) -> Markup:
    return lines(
        labels,
        [Line(name=name, values=values) for name, values in sizes],
        title=Said("Customers of both, night by night", "两客群每夜客户数").to(language),
        desc=Said("The table below holds the same numbers.", "下表为同一数据。").to(language),
        said=lambda tick: f"{tick:,.0f}",
    )
