"""What is known of every segment on a night, as it may be shown: few people are not told, nor their money."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from base.language import Language
from console.words import Refusal, Said
from evaluation.suppress import suppress
from features.catalogue import FEATURES
from lake.glance import Glance
from lake.tables import SEGMENT_CATALOG

_Numbers = NDArray[np.float64]

NIGHTS = 30
"""So many nights back a card looks."""
_PHRASE = re.compile(
    r"(?P<zh>.+?) / (?P<en>[^:]+)(?:: (?P<own>\S+) against (?P<usual>\S+)(?: (?P<unit>\S+))?)?"
)
_SPELT = {"aum": "assets", "atm": "ATM", "pos": "POS"}
_UNITS: Mapping[str, Said] = {
    "CNY": Said("yuan", "元"),
    "days": Said("days", "天"),
    "years": Said("years", "岁"),
    "hour": Said("o'clock", "时"),
    "count": Said("times", "次"),
}


@dataclass(frozen=True, kw_only=True)
class Card:
    """A segment on a night, cut by that ``version`` of the model.

    ``customers`` and ``aum`` (yuan): null where they are few; then there is no ``profile``, the median of
    each feature of the segmentation, and there are no ``words``.
    """

    segment: str
    version: str
    name: str
    words: tuple[str, ...]
    manager: str
    customers: int | None
    aum: float | None
    profile: Mapping[str, float]

    def called(self, language: Language) -> str:
        """Its number, and its strongest traits."""
        strongest = [_phrase(one, language).split(":")[0] for one in self.words[:2]]
        return f"{self.segment} {self.name if language == 'zh' or not strongest else ', '.join(strongest)}"


@dataclass(frozen=True, kw_only=True)
class Trait:
    """A feature's median in a segment. ``rank``: the share of the long tail that is in segments with a lower
    one, ties counted half; ``usual``: the middle of all segments' medians, by their customers."""

    name: str
    value: float
    usual: float
    rank: float


def nights(lake: Glance) -> tuple[date, ...]:
    """The nights with segments, ascending; the last ``NIGHTS`` of them."""
    return lake.dates(SEGMENT_CATALOG)[-NIGHTS:]


def cards(lake: Glance, *, as_of: date) -> dict[str, Card]:
    """That night's cards by segment, in their order."""
    return lake.remembered(("segment cards", as_of), (SEGMENT_CATALOG,), partial(_read, lake, as_of))


def history(lake: Glance, on: Sequence[date]) -> dict[str, list[Card | None]]:
    """Each segment's cards on those nights, in their order; null where it did not exist."""
    key = ("segment history", tuple(on))
    each = lake.remembered(key, (SEGMENT_CATALOG,), lambda: [_read(lake, night) for night in on])
    return {name: [night.get(name) for night in each] for name in sorted(set().union(*each))}


def one_of(known: Mapping[str, Card], segment: str) -> Card:
    """The segment's card. Raises Refusal where there is none."""
    if segment not in known:
        raise Refusal(
            f"there is no segment {segment}; the page of segments shows all",
            f"没有客群 {segment}；客群页列有全部客群",
        )
    return known[segment]


def traits(card: Card, known: Mapping[str, Card]) -> list[Trait]:
    """Where the segment stands among all, what lies furthest from the middle first."""
    weights = np.array([one.customers or 0 for one in known.values()], dtype=np.float64)
    found = []
    for name, value in card.profile.items():
        medians = np.array([one.profile.get(name, np.nan) for one in known.values()])
        rank, usual = _placed(value, medians, weights)
        found.append(Trait(name=name, value=value, usual=usual, rank=rank))
    return sorted(found, key=lambda one: (-abs(one.rank - 0.5), one.name))


def phrases(card: Card, language: Language) -> list[str]:
    """What sets the segment apart, strongest first."""
    return [_phrase(one, language) for one in card.words]


def label(feature: str, language: Language) -> str:
    """What people call the feature."""
    if language == "zh" and feature in FEATURES:
        return FEATURES[feature].label
    return _plain(feature.replace("_", " "))


def amount(feature: str, value: float, language: Language) -> str:
    """A median of the feature in words, with its unit."""
    unit = FEATURES[feature].unit if feature in FEATURES else "level"
    if unit == "flag":
        yes, no = Said("yes", "是"), Said("no", "否")
        return (yes if value >= 0.5 else no).to(language)
    if unit == "share":
        return f"{value:.0%}"
    said = f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:,.2f}"
    return f"{said} {_UNITS[unit].to(language)}" if unit in _UNITS else said


def _read(lake: Glance, as_of: date) -> dict[str, Card]:
    catalog = lake.read(SEGMENT_CATALOG, as_of=as_of).to_pandas()
    told = suppress(catalog, count="customers", within=[]).sort_values("segment")
    rows = cast(list[dict[str, Any]], told.to_dict("records"))
    return {row["segment"]: _card(row) for row in rows}


def _card(row: Mapping[str, Any]) -> Card:
    hidden = pd.isna(row["customers"])
    return Card(
        segment=row["segment"],
        version=row["version"],
        name=row["name"],
        words=() if hidden else tuple(json.loads(row["words"])),
        manager=row["manager"],
        customers=None if hidden else int(row["customers"]),
        aum=None if hidden else row["aum_fen"] / 100,
        profile={} if hidden else json.loads(row["profile"]),
    )


def _placed(value: float, medians: _Numbers, weights: _Numbers) -> tuple[float, float]:
    """The share of the weight below the value, ties counted half; and the weighted median."""
    known = ~np.isnan(medians) & (weights > 0)
    if not known.any():
        return 0.5, value
    medians, weights = medians[known], weights[known]
    rank = (weights[medians < value].sum() + weights[medians == value].sum() / 2) / weights.sum()
    order = np.argsort(medians, kind="stable")
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return float(rank), float(medians[order][half])


def _phrase(told: str, language: Language) -> str:
    found = _PHRASE.fullmatch(told)
    if found is None:
        return told
    english = _plain(found["en"])
    if found["own"] is None:
        return found["zh"] if language == "zh" else english
    unit = found["unit"] or ""
    if language == "zh":
        unit = next((one.chinese for one in _UNITS.values() if one.english == unit), unit)
        return f"{found['zh']}：{found['own']}{unit}，全体为 {found['usual']}{unit}"
    return f"{english}: {found['own']} against {found['usual']} {unit}".rstrip()


def _plain(name: str) -> str:
    """A feature's name as people say it."""
    spelt = re.sub(r"\b(\d+)d\b", r"in \1 days", name)
    return re.sub(r"\b(aum|atm|pos)\b", lambda word: _SPELT[word[0]], spelt)
