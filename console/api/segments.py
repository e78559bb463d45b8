"""The segments of the last night; of few people nothing is told."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from base.roles import Field
from console.api.asked import CHINESE, Asked, Needs
from console.pages.segments.cards import cards, nights

router = APIRouter(tags=["segments"])


class Segment(BaseModel):
    """A segment. ``customers`` and ``aum`` (yuan): null where they are few."""

    segment: str
    name: str
    manager: str
    model: str
    words: tuple[str, ...]
    customers: int | None
    aum: float | None


class Segments(BaseModel):
    """Every segment of a night; no night and none where no night has run."""

    as_of: date | None
    segments: list[Segment]


@router.get(
    "/segments", summary="Every segment of the last night.", openapi_extra={CHINESE: "最近一夜的全部客群。"}
)
def segments(asked: Annotated[Asked, Depends(Needs(fields=frozenset({Field.FIGURES})))]) -> Segments:
    """As the desk shows them."""
    on = nights(asked.house.lake)
    if not on:
        return Segments(as_of=None, segments=[])
    found = [
        Segment(
            segment=one.segment,
            name=one.name,
            manager=one.manager,
            model=one.version,
            words=one.words,
            customers=one.customers,
            aum=one.aum,
        )
        for one in cards(asked.house.lake, as_of=on[-1]).values()
    ]
    return Segments(as_of=on[-1], segments=found)
