"""From a request to an answer: who asks, whether he may, and what becomes of errors."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import exc
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from base.errors import LongreachError, RoleError
from base.language import Language
from base.scrub import brief
from base.settings import Settings
from console.crowd import Crowd
from console.entrance import guard, sessions
from console.entrance.users import User
from console.errands import Errands
from console.pages.page import Deed, Page, Reply, Shown, Visit, pages, sees
from console.render import render
from console.told import Told, plain, told_by
from console.unsent import unsent
from console.words import Said
from console.words.errors import said_of
from lake.glance import Glance
from ledger.audit import record
from ledger.database import Ledger

SIGN_IN = "/sign-in"
SAID = "longreach_said"
NO_ANSWER = (exc.InterfaceError, exc.OperationalError, exc.TimeoutError)
"""What a ledger that is away or has no connection left leads to; other errors of its are a fault here."""
_log = logging.getLogger(__name__)

_NOT_DONE = Said("Not done", "未完成")
_GONE = Said("This page is not there.", "页面不存在。")
_BUSY = Said(
    "The ledger does not answer just now. Nothing that was kept is lost; try again in a moment.",
    "数据库暂时没有响应。已保存的内容没有丢失，请稍后再试。",
)
_OURS = Said("Something went wrong here; it is in the log.", "系统出错，已记入日志。")
_UNSEEN = Said("Your role does not see this page.", "您的角色无权查看此页面。")
_UNDONE = Said("Your role does not allow this; nothing was done.", "您的角色无权执行此操作，未作任何更改。")

Answer = Callable[[Request], Awaitable[Response]]
Answering = Callable[[Request, Told], Response]


@dataclass(frozen=True, kw_only=True)
class House:
    """What answering takes."""

    settings: Settings
    ledger: Ledger
    clock: Callable[[], datetime]
    lake: Glance
    crowd: Crowd
    errands: Errands

    @classmethod
    def of(cls, settings: Settings, ledger: Ledger, *, clock: Callable[[], datetime]) -> "House":
        """With its own looks at the lake, kept between requests."""
        lake = Glance(settings.lake_folder, table_format=settings.table_format)
        return cls(
            settings=settings,
            ledger=ledger,
            clock=clock,
            lake=lake,
            crowd=Crowd(lake),
            errands=Errands(settings),
        )

    def who(self, request: Request) -> User | None:
        """Whose session the request is of."""
        kept = request.cookies.get(sessions.COOKIE)
        if not kept:
            return None
        with self.ledger.engine.begin() as connection:
            return sessions.who(connection, kept, settings=self.settings.console, now=self.clock())


def page_answer(house: House, shown: Page) -> Answer:
    """Shows the page to whom it may be shown."""

    def answer(request: Request, told: Told) -> Response:
        user = house.who(request)
        if user is None:
            return to_sign_in(request)
        if not sees(house.settings, user.name, shown.fields):
            return sentence(_UNSEEN, 403, request=request, house=house, user=user)
        found = shown.show(_visit(house, user, request, told))
        response = _shown(found, user, _frame(house, user, request, title=found.title or shown.title))
        if request.cookies.get(SAID):
            response.delete_cookie(SAID)
        return response

    return answered(house, answer)


def reply_answer(house: House, told_of: Reply) -> Answer:
    """Tells a page's script what it asks for."""

    def answer(request: Request, told: Told) -> Response:
        user = house.who(request)
        if user is None:
            return JSONResponse({"error": "signed out"}, 401)
        if not sees(house.settings, user.name, told_of.fields):
            return JSONResponse({"error": _UNSEEN.to(user.language)}, 403)
        try:
            return JSONResponse(dict(told_of.tell(_visit(house, user, request, told))))
        except LongreachError as error:
            return JSONResponse({"error": said_of(error).to(user.language)}, 422)

    return answered(house, answer)


def deed_answer(house: House, done: Deed) -> Answer:
    """Does what the form asks for, and goes on to the page that tells of it."""

    def answer(request: Request, told: Told) -> Response:
        user = house.who(request)
        if user is None:
            return to_sign_in(request)
        guard.refuse_without_token(told, expected=sessions.form_token(request.cookies[sessions.COOKIE]))
        visit = _visit(house, user, request, told)
        if not done.allowed(house.settings, user.name):
            record(
                house.ledger,
                actor=user.name,
                action="refused at the console",
                subject=done.name,
                detail={"action": done.needs},
            )
            return sentence(_UNDONE, 403, request=request, house=house, user=user)
        went = done.do(visit)
        if isinstance(went, Shown):
            title = went.title or _NOT_DONE
            return _shown(went, user, _frame(house, user, request, title=title))
        response = RedirectResponse(went.to, 303)
        response.set_cookie(
            SAID,
            quote(went.said.to(user.language)),
            max_age=60,
            httponly=True,
            samesite="lax",
            secure=over_tls(house),
        )
        return response

    return answered(house, answer, silent=_given_back if done.given_back else _busy)


def missing(house: House) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Says that there is no such page, to everybody alike."""

    async def answer(request: Request, _: Exception) -> Response:
        return sentence(_GONE, 404, request=request, house=house, user=None)

    return answer


def _busy(house: House, request: Request, _: Told) -> Response:
    return sentence(_BUSY, 503, request=request, house=house, user=None)


def _given_back(house: House, request: Request, told: Told) -> Response:
    """The form again; to nobody but whom it is of, though who that is cannot be asked just now."""
    own = sessions.form_token(request.cookies.get(sessions.COOKIE, ""))
    if not guard.has_token(told, expected=own):
        return _busy(house, request, told)
    language = preferred(request)
    frame = {**bare(request), "title": _NOT_DONE.to(language)}
    return HTMLResponse(unsent(told, why=_BUSY, frame=frame, language=language), 503)


def answered(
    house: House, answer: Answering, *, silent: Callable[[House, Request, Told], Response] = _busy
) -> Answer:
    """The answer, given in a thread of its own; what goes wrong becomes a plain sentence.

    ``silent``: the answer where the ledger gives none.
    """

    def heard(request: Request, told: Told) -> Response:
        try:
            return answer(request, told)
        except NO_ANSWER as error:
            _log.warning("the ledger did not answer: %s", type(error).__name__)
            return silent(house, request, told)

    async def given(request: Request) -> Response:
        try:
            told = await told_by(request, public_url=house.settings.console.public_url)
            return await run_in_threadpool(heard, request, told)
        except RoleError as error:
            return await _in_words(said_of(error), 403, request, house)
        except LongreachError as error:
            return await _in_words(said_of(error), 400, request, house)
        except Exception as error:
            _log.exception("unforeseen, at %s: %s", request.url.path, brief(error))
            return sentence(_OURS, 500, request=request, house=house, user=None)

    return given


def over_tls(house: House) -> bool:
    """Whether browsers reach the console encrypted, so that cookies leave them in no other way."""
    return house.settings.console.public_url.startswith("https:")


def to_sign_in(request: Request) -> Response:
    """To the way in, and back afterwards to where a page was asked for."""
    back = f"?back={quote(request.url.path)}" if request.method == "GET" and request.url.path != "/" else ""
    return RedirectResponse(f"{SIGN_IN}{back}", 303)


def sentence(said: Said, status: int, *, request: Request, house: House, user: User | None) -> Response:
    """A page with one sentence on it; with the menu where it is known who reads it."""
    language = user.language if user else preferred(request)
    frame = _frame(house, user, request, title=_NOT_DONE) if user else bare(request)
    return HTMLResponse(
        render("sentence.html", {**frame, "sentence": said.to(language)}, language=language), status
    )


def bare(request: Request) -> dict[str, Any]:
    """The frame of a page that is shown to nobody in particular."""
    return {
        "user": None,
        "menu": (),
        "title": "Longreach",
        "said": None,
        "form_token": "",
        "here": request.url.path,
    }


def preferred(request: Request) -> Language:
    """The language the browser asks for first, of the two."""
    asked = request.headers.get("accept-language", "").casefold()
    english, chinese = asked.find("en"), asked.find("zh")
    return "zh" if chinese >= 0 and (english < 0 or chinese < english) else "en"


async def _in_words(said: Said, status: int, request: Request, house: House) -> Response:
    try:
        user = await run_in_threadpool(house.who, request)
    except exc.SQLAlchemyError:
        user = None
    return sentence(said, status, request=request, house=house, user=user)


def _shown(found: Shown, user: User, frame: Mapping[str, Any]) -> Response:
    page = render(found.template, {**frame, **found.values}, language=user.language)
    return HTMLResponse(page, found.status)


def _visit(house: House, user: User, request: Request, told: Told) -> Visit:
    return Visit(
        user=user,
        settings=house.settings,
        ledger=house.ledger,
        lake=house.lake,
        crowd=house.crowd,
        errands=house.errands,
        now=house.clock(),
        told={**told, **{name: plain(str(value)) for name, value in request.path_params.items()}},
    )


def _frame(house: House, user: User, request: Request, *, title: Said) -> dict[str, Any]:
    """What the frame of every page shows."""
    ordered = sorted((one for one in pages().values() if one.menu), key=lambda one: one.menu)
    seen = [one for one in ordered if sees(house.settings, user.name, one.fields)]
    return {
        "user": user,
        "menu": [(one.path, one.title.to(user.language)) for one in seen],
        "title": title.to(user.language),
        "said": unquote(request.cookies.get(SAID, "")),
        "form_token": sessions.form_token(request.cookies[sessions.COOKIE]),
        "here": request.url.path,
        "back": f"{request.url.path}?{request.url.query}".rstrip("?"),
    }
