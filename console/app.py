"""The console as a web application: declared pages and deeds behind one door."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from base.settings import Settings
from console.answer import House, deed_answer, missing, page_answer, reply_answer
from console.api.app import make_api
from console.entrance import door, guard, vouched
from console.pages.page import deeds, pages, replies
from ledger.database import Ledger

_STATIC = Path(__file__).parent / "static"

_AT_ONCE = 16
"""Threads that answer: as many as the ledger has connections for, and one; more would wait."""

Clock = Callable[[], datetime]


def make_app(settings: Settings, ledger: Ledger, *, clock: Clock = lambda: datetime.now(UTC)) -> FastAPI:
    """The console of this house, to be served.

    Pages and deeds are found by scanning ``console.pages``; each is refused to whom the roles do not allow
    it, and without a session there is nothing but the way in.
    """
    house = House.of(settings, ledger, clock=clock)

    @asynccontextmanager
    async def open_for_errands(_: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = _AT_ONCE
        yield
        house.errands.close()

    app = FastAPI(
        title="Longreach", docs_url=None, redoc_url=None, openapi_url=None, lifespan=open_for_errands
    )
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.mount("/api", make_api(house), name="api")
    app.router.routes += [
        *door.routes(house),
        *vouched.routes(house),
        *(Route(one.path, reply_answer(house, one), methods=["GET"]) for one in replies().values()),
        *(Route(one.path, page_answer(house, one), methods=["GET"]) for one in pages().values()),
        *(Route(one.path, deed_answer(house, one), methods=["POST"]) for one in deeds().values()),
    ]
    app.add_exception_handler(404, missing(house))
    app.add_exception_handler(405, missing(house))
    app.middleware("http")(_said_to_browsers)
    return app


async def _said_to_browsers(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await answer(request)
    kept = {} if request.url.path.startswith("/static/") else guard.UNKEPT
    for name, value in {**guard.HEADERS, **kept}.items():
        response.headers.setdefault(name, value)
    return response
