"""The way in and out where an identity provider vouches for people."""

import logging
from collections.abc import Callable
from threading import Semaphore
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from base.errors import ProviderError
from base.settings.console import OpenId
from console.answer import SIGN_IN, Answer, House, answered, over_tls
from console.entrance.door import inside, let_in, shown
from console.entrance.oidc import STALE, Attempt, VouchError, name_of, way_in, way_out
from console.entrance.users import known
from console.told import Told
from console.words import Said

ANSWERED = f"{SIGN_IN}/answered"
"""Where people come back to; it is registered at the provider."""
_ATTEMPT = "longreach_attempt"
_WITHIN = 600
"""Seconds that signing in there may take."""
AT_ONCE = 8
"""Who may wait for the provider at once: a slow one must not take the places of those who are in."""
SILENT = Said(
    "The identity provider does not answer as it should; nobody can sign in just now. Try again in a moment.",
    "身份认证服务没有正常响应，暂时无法登录，请稍后再试。",
)
STRANGER = Said(
    "The identity provider knows you, but nobody has let you in here. Ask whoever keeps the console's users.",
    "身份认证服务已确认您的身份，但您尚未获准使用本工作台，请联系工作台用户管理员。",
)
_NO_WAY_OUT = Said(
    "You are signed out here. The identity provider has no page for signing out; close the browser.",
    "您已退出本工作台。身份认证服务未提供退出页面，请关闭浏览器。",
)
_log = logging.getLogger(__name__)

_Leads = Callable[[House, OpenId, Request, Told], Response]


def routes(house: House) -> list[Route]:
    """To the provider, back from it, and out of it; nothing where people have passwords."""
    provider = house.settings.console.oidc
    if provider is None:
        return []
    ways = {f"{SIGN_IN}/begin": _begin, ANSWERED: _back, f"{SIGN_IN}/leave": _leave}
    asking = Semaphore(AT_ONCE)
    return [
        Route(path, _way(house, provider, leads, asking), methods=["GET"]) for path, leads in ways.items()
    ]


def _way(house: House, provider: OpenId, leads: _Leads, asking: Semaphore) -> Answer:
    """The answer; where the provider gives none, or none to be believed, the way in says why."""

    def answer(request: Request, told: Told) -> Response:
        if not asking.acquire(blocking=False):
            return shown(house, request, told, wrong=SILENT, status=503)
        try:
            response = leads(house, provider, request, told)
        except VouchError as error:
            _log.warning("not signed in: %s", error.why)
            response = shown(house, request, told, wrong=error.said, status=401)
        except ProviderError as error:
            _log.warning("nobody is vouched for: %s", error)
            response = shown(house, request, told, wrong=SILENT, status=503)
        finally:
            asking.release()
        if leads is not _begin:
            response.delete_cookie(_ATTEMPT, path=SIGN_IN)  # an attempt is good for one answer
        return response

    return answered(house, answer)


def _begin(house: House, provider: OpenId, _: Request, told: Told) -> Response:
    attempt = Attempt.new()
    response = RedirectResponse(way_in(provider, attempt, come_back=_here(house, ANSWERED)), 303)
    response.set_cookie(
        _ATTEMPT,
        f"{attempt.kept}.{quote(inside(told.get('back', '/')), safe='')}",
        max_age=_WITHIN,
        path=SIGN_IN,
        httponly=True,
        samesite="lax",
        secure=over_tls(house),
    )
    return response


def _back(house: House, provider: OpenId, request: Request, told: Told) -> Response:
    kept, _, back = request.cookies.get(_ATTEMPT, "").partition(".")
    if not kept:
        raise VouchError(STALE, "this browser began nothing")
    name = name_of(provider, Attempt(kept=kept), told, come_back=_here(house, ANSWERED))
    with house.ledger.engine.begin() as connection:
        user = known(connection, name)
        if user is None:
            raise VouchError(STRANGER, "the provider vouches for somebody who is not let in here")
        return let_in(house, connection, user, request=request, back=unquote(back))


def _leave(house: House, provider: OpenId, request: Request, told: Told) -> Response:
    to = way_out(provider, come_back=_here(house, SIGN_IN))
    return RedirectResponse(to, 303) if to else shown(house, request, told, wrong=_NO_WAY_OUT)


def _here(house: House, path: str) -> str:
    """As browsers find it, whatever address they say they asked: the provider knows this one alone."""
    return f"{house.settings.console.public_url.rstrip('/')}{path}"
