"""The API as a part of the console: its entries, its description, and errors as one kind of document."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from base.errors import DeclarationError, LongreachError
from base.scrub import brief
from console.answer import NO_ANSWER, House
from console.api import dial, holdouts, outcomes, segments, strategies
from console.api.asked import Needs, Pace
from console.api.bounded import Bounded
from console.words import Said

_ROUTERS = (dial.router, outcomes.router, strategies.router, segments.router, holdouts.router)
_log = logging.getLogger(__name__)


class Refusal(BaseModel):
    """Why a question was not answered, in a sentence."""

    error: str


REFUSALS = {
    400: Said("it cannot be done like this", "无法这样操作"),
    401: Said("no token in force was shown", "未出示有效令牌"),
    403: Said("the token's roles do not allow it", "令牌的角色无此权限"),
    404: Said("there is no such thing", "不存在"),
    413: Said("what was sent is too long", "发送的内容过长"),
    422: Said("the question is not well-formed", "请求格式不正确"),
    429: Said("the token asks too often", "请求过于频繁"),
    503: Said(
        "the ledger does not answer; where a call was asked about, do not call",
        "数据库没有响应；如为外呼前查询，请勿呼叫",
    ),
}
"""Why an entry may not answer, by HTTP status."""


def make_api(house: House) -> FastAPI:
    """The API of this house, to be mounted. Raises DeclarationError for an entry that needs nothing."""
    api = FastAPI(
        title="Longreach",
        version="1",
        description="What programs ask of Longreach. Every entry takes a bearer token; its roles decide.",
        docs_url=None,
        redoc_url=None,
        responses={code: {"model": Refusal, "description": why.english} for code, why in REFUSALS.items()},
    )
    api.add_middleware(Bounded)
    api.state.house, api.state.pace = house, Pace(house.settings.console.api_per_minute)
    for router in _ROUTERS:
        api.include_router(router)
        for entry in router.routes:
            needs_of(entry)
    api.add_exception_handler(HTTPException, _refused)
    api.add_exception_handler(RequestValidationError, _malformed)
    api.add_exception_handler(LongreachError, _impossible)
    for silent in NO_ANSWER:
        api.add_exception_handler(silent, _busy)
    api.add_exception_handler(SQLAlchemyError, _unforeseen)
    api.add_exception_handler(Exception, _unforeseen)
    return api


def entries() -> tuple[APIRoute, ...]:
    """Everything that can be asked, room by room."""
    return tuple(route for router in _ROUTERS for route in router.routes if isinstance(route, APIRoute))


def needs_of(entry: object) -> Needs:
    """What an entry of the API asks of a token. Raises DeclarationError where it asks nothing."""
    dependencies = entry.dependant.dependencies if isinstance(entry, APIRoute) else []
    for one in dependencies:
        if isinstance(one.call, Needs) and (one.call.fields or one.call.action or one.call.dialler):
            return one.call
    raise DeclarationError(f"{entry}: everybody could ask this; declare what it needs")


def _refused(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def _malformed(_: Request, error: Exception) -> JSONResponse:
    """Says what is wrong where, and repeats nothing of what was sent."""
    assert isinstance(error, RequestValidationError)
    told = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
    return JSONResponse({"error": "; ".join(told).encode("utf-8", "replace").decode()}, 422)


def _impossible(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 400)


def _busy(_: Request, error: Exception) -> JSONResponse:
    _log.warning("the ledger did not answer: %s", type(error).__name__)
    return JSONResponse({"error": "the ledger does not answer; call nobody, ask again"}, 503)


def _unforeseen(request: Request, error: Exception) -> JSONResponse:
    _log.error("unforeseen, at %s: %s", request.url.path, brief(error))
    return JSONResponse({"error": "something went wrong here; it is in the log"}, 500)
