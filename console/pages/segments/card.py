"""A segment's card: what sets it apart, how it went, and what was tried with it."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from base.language import Language
from base.roles import Action
from console.charts import Dot, Line, dots, lines
from console.pages.page import Shown, Visit, page
from console.pages.segments.cards import (
    Card,
    Trait,
    amount,
    cards,
    history,
    label,
    nights,
    one_of,
    phrases,
    traits,
)
from console.pages.segments.overview import FIGURES
from console.pages.segments.tried import chosen, naming, tried
from console.words import Said
from strategies.labels import labels

_DRAWN = 12
_NAMED = 50
_MODEL = "segments"


@page("/segments/{segment}", title=("Segment", "客群"), fields=FIGURES)
def segment(visit: Visit) -> Shown:
    """One segment: what sets it apart, and who looks after it."""
    on, language = nights(visit.lake), visit.user.language
    known = cards(visit.lake, as_of=on[-1]) if on else {}
    card = one_of(known, visit.told["segment"])
    past = history(visit.lake, on)[card.segment]
    told = traits(card, known)
    contacting, contacting_of = chosen(visit, card.segment)
    naming_it = naming(visit, card.segment)
    with visit.ledger.engine.connect() as connection:
        named = labels(connection, [*(one["strategy"] for one in contacting), *naming_it[:_NAMED]])
    return Shown(
        template="segment.html",
        title=Said(card.called("en"), card.called("zh")),
        values={
            "card": card,
            "as_of": on[-1],
            "phrases": phrases(card, language),
            "profile": profile(told[:_DRAWN], card, language),
            "traits": [_named(one, language) for one in told],
            "past": list(zip(on, past, strict=True))[::-1],
            "sizes": _sizes(on, past, language) if len(on) > 1 else None,
            "money": _money(on, past, language) if len(on) > 1 else None,
            "tried": tried(visit, card.segment),
            "chosen": contacting,
            "chosen_of": contacting_of,
            "naming": naming_it[:_NAMED],
            "naming_of": len(naming_it),
            "named": named,
            "model": _model(visit.settings.console.mlflow_url, card.version),
            "may_write": visit.may(Action.WRITE_STRATEGY),
            "others": [one for one in known.values() if one.segment != card.segment],
        },
    )


def _model(mlflow: str, version: str) -> str:
    """Where MLflow shows the model that cut the segment; empty where browsers find no MLflow."""
    return f"{mlflow.rstrip('/')}/#/models/{_MODEL}/versions/{version.removeprefix('v')}" if mlflow else ""


def profile(told: Sequence[Trait], card: Card, language: Language) -> Markup:
    """Where the segment stands on each feature: 0 where all others lie above it, 100 where none does."""
    title = Said(f"What sets {card.segment} apart", f"{card.segment} 的特征")
    desc = Said(
        "For every feature: the share of the long tail's customers in segments with a lower median. "
        "The line at 50 is the middle.",
        "每项特征：中位数低于本客群的客群所含客户占长尾客户的比例。50 处的竖线为中间水平。",
    )
    axis = Said("lowest 0 – highest 100", "最低 0 – 最高 100")
    return dots(
        [
            Dot(
                label=label(one.name, language),
                value=100 * one.rank,
                told=amount(one.name, one.value, language),
            )
            for one in told
        ],
        title=title.to(language),
        desc=desc.to(language),
        axis=axis.to(language),
        said=lambda tick: f"{tick:.0f}",
        zero=50,
        stems=True,
    )


def _named(one: Trait, language: Language) -> dict[str, str]:
    return {
        "label": label(one.name, language),
        "own": amount(one.name, one.value, language),
        "usual": amount(one.name, one.usual, language),
        "rank": f"{100 * one.rank:.0f}",
    }


def _sizes(on: Sequence[date], past: Sequence[Card | None], language: Language) -> Markup:
    name = Said("Customers", "客户数").to(language)
    return lines(
        [_short(night) for night in on],
        [Line(name=name, values=[one.customers if one else None for one in past])],
        title=Said("Customers, night by night", "每夜客户数").to(language),
        desc=Said("The table below holds the same numbers.", "下表为同一数据。").to(language),
        said=lambda tick: f"{tick:,.10g}",
        zero=False,
    )


def _money(on: Sequence[date], past: Sequence[Card | None], language: Language) -> Markup:
    name = Said("Assets", "资产").to(language)
    return lines(
        [_short(night) for night in on],
        [Line(name=name, values=[one.aum / 10_000 if one and one.aum is not None else None for one in past])],
        title=Said("Assets in ten thousand yuan, night by night", "每夜资产（万元）").to(language),
        desc=Said("The table below holds the same numbers.", "下表为同一数据。").to(language),
        said=lambda tick: f"{round(tick, 2):,.10g}",
        zero=False,
    )


def _short(night: date) -> str:
    return f"{night.month}-{night.day:02}"
