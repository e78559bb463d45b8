"""Who is held out, for those outside who call and write too: they must leave the same people alone."""

import hashlib
from datetime import date
from itertools import count
from pathlib import Path as File
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.responses import Response
from pydantic import BaseModel

from base.roles import Action, Field
from console.api.asked import CHINESE, Asked, Needs
from console.errands import Errand, State
from experiments.holdouts import holdouts as above
from lake.tables import CUSTOMER_SEGMENTS
from ledger.audit import record

router = APIRouter(tags=["holdouts"])

_FIGURES = Needs(fields=frozenset({Field.INTERNAL, Field.FIGURES}))
_EXPORT = Needs(action=Action.EXPORT_HOLDOUT)

Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_]{1,48}$", examples=["global"])]


class Holdout(BaseModel):
    """A holdout above strategies: the share of customers left alone by those with one of ``tags``, of one of
    ``managers``, while in one of ``segments``; each asks nothing where it is empty."""

    name: str
    share: float
    tags: tuple[str, ...]
    segments: tuple[str, ...]
    managers: tuple[str, ...]


class Export(BaseModel):
    """How far the customer numbers are written out; ``rows`` once they are, ``words`` where it failed."""

    name: str
    as_of: date
    state: State
    rows: int | None
    words: str


@router.get(
    "/holdouts",
    summary="The holdouts above strategies, the global one first.",
    openapi_extra={CHINESE: "策略之上的留出组，全局留出组在前。"},
)
def holdouts(asked: Annotated[Asked, Depends(_FIGURES)]) -> list[Holdout]:
    """As the settings have them."""
    every = above(asked.house.settings.experiments)
    return [Holdout(name=name, **holdout.model_dump()) for name, holdout in every.items()]


@router.post(
    "/holdouts/{name}/export",
    summary="Has its customer numbers written out.",
    status_code=202,
    openapi_extra={CHINESE: "导出该留出组的客户号。"},
)
def begin_export(asked: Annotated[Asked, Depends(_EXPORT)], name: Name) -> Export:
    """As of the last night. Takes a while: ask for it until it is done."""
    on, key = _of_last_night(asked, name)
    wanted = ["experiments", "holdouts", "--export", name, "--as-of", on.isoformat(), "--json"]
    return _told(name, on, asked.begin(key, wanted))


@router.get(
    "/holdouts/{name}/export",
    summary="How far its customer numbers are written out.",
    openapi_extra={CHINESE: "客户号导出的进度。"},
)
def export(asked: Annotated[Asked, Depends(_EXPORT)], name: Name) -> Export:
    """Of whoever asks, as of the last night."""
    return _told(name, *_known(asked, name))


@router.get(
    "/holdouts/{name}/customers",
    summary="The customer numbers themselves, once they are written out.",
    openapi_extra={CHINESE: "导出完成后的客户号。"},
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "one a line"}},
)
def customers(asked: Annotated[Asked, Depends(_EXPORT)], name: Name) -> Response:
    """A heading and a number a line; that they were handed out is on the audit trail, each time."""
    on, errand = _known(asked, name)
    if errand.state != "done":
        raise HTTPException(
            404, f"{name}: its customer numbers are not written out yet; ask how far they are"
        )
    place = File(errand.answer["path"])
    try:
        content = place.read_bytes()
    except OSError:
        raise HTTPException(503, f"{name}: the file does not read; tell whoever runs the house") from None
    digest, rows = hashlib.sha256(content).hexdigest(), content.count(b"\n") - 1
    detail = {"as_of": on.isoformat(), "rows": rows, "sha256": digest}
    record(asked.house.ledger, actor=asked.name, action="holdout handed out", subject=name, detail=detail)
    named = {"content-disposition": f'attachment; filename="{place.name}"'}
    return Response(content, media_type="text/csv", headers=named)


def _known(asked: Asked, name: str) -> tuple[date, Errand]:
    on, key = _of_last_night(asked, name)
    unasked = f"{name}: not asked for, or removed with somebody erased; POST its export"
    return on, asked.so_far(key, unasked=unasked)


def _removed(errand: Errand) -> bool:
    """Whether the file was written and is gone: with somebody erased, or kept long enough."""
    return errand.state == "done" and not File(errand.answer["path"]).exists()


def _of_last_night(asked: Asked, name: str) -> tuple[date, str]:
    """The night, and the key of its export: to each who asks one of his own, since it is on the trail; and a
    new one where the file is there no more."""
    if name not in above(asked.house.settings.experiments):
        raise HTTPException(404, f"{name}: no holdout is called this")
    nights = asked.house.lake.dates(CUSTOMER_SEGMENTS)
    if not nights:
        raise HTTPException(404, "no night has run yet")
    errands, key = asked.house.errands, f"api holdout {name} {nights[-1]} {asked.name}"
    newest = next(again for again in count() if not errands.knows(f"{key} {again + 1}"))
    removed = _removed(errands.look(f"{key} {newest}"))
    return nights[-1], f"{key} {newest + 1 if removed else newest}"


def _told(name: str, on: date, errand: Errand) -> Export:
    rows = errand.answer["rows"] if errand.state == "done" else None
    return Export(name=name, as_of=on, state=errand.state, rows=rows, words=errand.words)
