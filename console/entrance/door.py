"""The way in and out."""

from threading import Semaphore

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from base.language import LANGUAGES
from console.answer import SIGN_IN, House, answered, bare, over_tls, preferred, to_sign_in
from console.entrance import guard, sessions
from console.entrance.users import User, authenticate, prefer
from console.render import render
from console.told import Told
from console.words import Said
from ledger.audit import record_within

_WRONG = Said(
    "User name or password is wrong, or the name is closed for a while after too many attempts.",
    "用户名或密码错误，或因多次失败暂时锁定。",
)
_CROWDED = Said(
    "Too many people are signing in at this moment. Try again in a few seconds.",
    "此刻登录人数过多，请几秒后再试。",
)
_ELSEWHERE = Said("Nobody signs in by password here.", "本工作台不使用密码登录。")

AT_ONCE = 2
"""Passwords checked at once: each check takes 64 MiB, and a connection of the ledger."""
PATIENCE = 2.0
"""Seconds that somebody waits for his turn; he holds a thread that answers."""


def routes(house: House) -> list[Route]:
    """Sign in, sign out, and how somebody wants the pages."""
    turns = Semaphore(AT_ONCE)

    def page(request: Request, told: Told) -> Response:
        return shown(house, request, told)

    def sign_in(request: Request, told: Told) -> Response:
        return _sign_in(house, request, told, turns)

    def sign_out(request: Request, told: Told) -> Response:
        return _sign_out(house, request, told)

    def preferences(request: Request, told: Told) -> Response:
        return _prefer(house, request, told)

    return [
        Route(SIGN_IN, answered(house, page), methods=["GET"]),
        Route(SIGN_IN, answered(house, sign_in), methods=["POST"]),
        Route("/sign-out", answered(house, sign_out), methods=["POST"]),
        Route("/preferences", answered(house, preferences), methods=["POST"]),
    ]


def shown(
    house: House, request: Request, told: Told, *, wrong: Said | None = None, status: int = 200
) -> Response:
    """The way in as it is shown to whoever is not signed in; ``wrong``: why he is not, if he tried."""
    language = preferred(request)
    values = {
        **bare(request),
        "wrong": wrong.to(language) if wrong else None,
        "back": inside(told.get("back", "/")),
        "name": told.get("name", ""),
        "vouched": house.settings.console.oidc is not None,
    }
    return HTMLResponse(render("sign_in.html", values, language=language), status)


def let_in(house: House, connection: Connection, user: User, *, request: Request, back: str) -> Response:
    """Begins the person's session, in place of another of that browser, and leads to where he wanted."""
    if old := request.cookies.get(sessions.COOKIE):
        sessions.end(connection, old)
    kept = sessions.begin(connection, user)
    record_within(connection, actor=user.name, action="signed in", details={user.name: {}})
    response = RedirectResponse(inside(back), 303)
    response.set_cookie(sessions.COOKIE, kept, httponly=True, samesite="lax", secure=over_tls(house))
    return response


def inside(path: str) -> str:
    """The path, where it is one of this console; else its first page."""
    inner = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if inner else "/"


def _sign_in(house: House, request: Request, told: Told, turns: Semaphore) -> Response:
    if house.settings.console.oidc is not None:
        return shown(house, request, told, wrong=_ELSEWHERE, status=403)
    if not turns.acquire(timeout=PATIENCE):
        return shown(house, request, told, wrong=_CROWDED, status=503)
    try:
        return _checked(house, request, told)
    finally:
        turns.release()


def _checked(house: House, request: Request, told: Told) -> Response:
    name, password = told.get("name", "").strip(), told.get("password", "")
    with house.ledger.engine.begin() as connection:
        user = name and authenticate(
            connection, name, password, settings=house.settings.console, now=house.clock()
        )
        if not user:
            return shown(house, request, told, wrong=_WRONG, status=401)
        return let_in(house, connection, user, request=request, back=told.get("back", "/"))


def _sign_out(house: House, request: Request, told: Told) -> Response:
    kept = request.cookies.get(sessions.COOKIE)
    if kept:
        guard.refuse_without_token(told, expected=sessions.form_token(kept))
        with house.ledger.engine.begin() as connection:
            sessions.end(connection, kept)
    response = RedirectResponse(SIGN_IN, 303)
    response.delete_cookie(sessions.COOKIE)
    return response


def _prefer(house: House, request: Request, told: Told) -> Response:
    user = house.who(request)
    if user is None:
        return to_sign_in(request)
    guard.refuse_without_token(told, expected=sessions.form_token(request.cookies[sessions.COOKIE]))
    chosen = [language for language in LANGUAGES if language == told.get("language", user.language)]
    large = told.get("large_text", "yes" if user.large_text else "no") == "yes"
    with house.ledger.engine.begin() as connection:
        prefer(connection, user.name, language=(chosen or [user.language])[0], large_text=large)
    return RedirectResponse(inside(told.get("back", "/")), 303)
