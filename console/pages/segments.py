"""The segments: all at a glance, and a card each."""

import json
from typing import Any, cast

from base.errors import ConsoleError
from base.roles import Field
from console.pages.page import Shown, Visit, page
from evaluation.suppress import suppress
from lake.tables import SEGMENT_CATALOG

_FIGURES = frozenset({Field.FIGURES})


@page("/segments", title=("Segments", "客群"), fields=_FIGURES, menu=20)
def segments(visit: Visit) -> Shown:
    """Every segment of the last night."""
    cards, as_of = _cards(visit)
    return Shown(template="segments.html", values={"cards": cards, "as_of": as_of})


@page("/segments/{segment}", title=("Segment", "客群"), fields=_FIGURES)
def segment(visit: Visit) -> Shown:
    """One segment: what sets it apart, and who looks after it."""
    cards, as_of = _cards(visit)
    for card in cards:
        if card["segment"] == visit.told["segment"]:
            return Shown(template="segment.html", values={"card": card, "as_of": as_of})
    raise ConsoleError(f"there is no segment {visit.told['segment']}; the page of segments shows all")


def _cards(visit: Visit) -> tuple[list[dict[str, Any]], Any]:
    dates = visit.lake.dates(SEGMENT_CATALOG)
    if not dates:
        return [], None
    catalog = visit.lake.read(SEGMENT_CATALOG, as_of=dates[-1]).to_pandas()
    shown = suppress(catalog, count="customers", within=[]).sort_values("segment")
    shown["profile"] = shown["profile"].map(json.loads)
    return cast(list[dict[str, Any]], shown.to_dict("records")), dates[-1]
