"""The feed over HTTP. Both sides sign with the keys they exchanged for the lists: there is no new secret.

A question names recipient, time and a nonce in its headers, and signs them with its path. The answer is a
signed statement that repeats the nonce: an older answer cannot stand in for a newer one.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from base.errors import OptOutError, SealError, SettingsError
from base.settings import Settings
from lake.tables.words import RECIPIENTS
from ledger.database import Ledger
from outreach.deliver import answer_keys, sealing_keys
from outreach.deliver.canaries import look_for
from outreach.deliver.signed import check as check_signature
from outreach.deliver.signed import make_statement
from outreach.revocations.bell import Bell
from outreach.revocations.feed import Cursor, Page, check, read_page
from outreach.watch.alerts import raise_alert

LONGEST_WAIT = 30.0
CLOCKS_APART = 60.0
"""Seconds by which a question's time may differ from ours; within them a nonce is taken once."""
_LOOK_AGAIN = 5.0  # should a notification be lost
_NONCE = re.compile(r"[A-Za-z0-9_\-]{16,64}")

Answering = Callable[[str, Request], Awaitable[dict[str, Any]]]


@dataclass
class _Door:
    """Lets in who signs as a recipient, each question once."""

    settings: Settings
    clock: Callable[[], datetime]
    seen: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def let_in(self, request: Request) -> tuple[str, str]:
        """Recipient and nonce. Raises SealError for everybody else."""
        told = request.headers
        recipient, nonce = told.get("longreach-recipient", ""), told.get("longreach-nonce", "")
        if recipient not in RECIPIENTS or not _NONCE.fullmatch(nonce):
            raise SealError("the question names no recipient, or has no nonce of 16 to 64 letters")
        check_signature(
            "question",
            question(request.url.path, request.url.query, recipient, told.get("longreach-time", ""), nonce),
            signature=told.get("longreach-signature", "").encode(),
            keys=answer_keys(self.settings, recipient),
        )
        self._is_new(recipient, nonce, told.get("longreach-time", ""))
        return recipient, nonce

    def _is_new(self, recipient: str, nonce: str, time: str) -> None:
        now = self.clock()
        try:
            apart = abs((datetime.fromisoformat(time) - now).total_seconds())
        except (ValueError, TypeError):
            raise SealError("longreach-time is no time with its zone, such as 2026-07-01T09:00:00Z") from None
        if apart > CLOCKS_APART:
            raise SealError(f"the question's time is {apart:.0f} seconds from ours; set the clocks")
        self.seen = {
            key: at for key, at in self.seen.items() if (now - at).total_seconds() <= 2 * CLOCKS_APART
        }
        if self.seen.setdefault((recipient, nonce), now) is not now:
            raise SealError("this question was asked before; each takes a nonce of its own")


@dataclass
class _Lag:
    """Notices opt-outs that a recipient is told of too late, because it did not ask or the feed was down."""

    ledger: Ledger
    clock: Callable[[], datetime]
    told: dict[str, int] = field(default_factory=dict)

    def watch(self, recipient: str, page: Page) -> None:
        """Raises the alert ``opt_out_lag`` where an opt-out is told for the first time and late."""
        before = self.told.get(recipient, 0)
        fresh = [one.at for one in page.revocations if one.why == "opt_out" and one.place > before]
        self.told[recipient] = max(before, page.next.place)
        seconds = (self.clock() - min(fresh)).total_seconds() if fresh else 0.0
        if seconds > self.ledger.settings.watch.opt_out_seconds:
            raise_alert(
                self.ledger, kind="opt_out_lag", subject=recipient, detail={"seconds": round(seconds)}
            )


def question(path: str, query: str, recipient: str, time: str, nonce: str) -> bytes:
    """What a recipient signs, as kind ``question``."""
    return "\n".join((path, query, recipient, time, nonce)).encode()


def make_app(
    settings: Settings, ledger: Ledger, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Starlette:
    """The feed of this ledger, to be served.

    ``GET /revocations?after=&wait=`` answers with the page after a cursor, at once or as soon as there is
    something on it, after ``wait`` seconds at the latest. ``GET /revocations/check?address=`` says whether
    one address may be used now.
    """
    bell, door, lag = Bell(), _Door(settings, clock), _Lag(ledger, clock)

    async def page(recipient: str, request: Request) -> dict[str, Any]:
        here = Cursor.read(request.query_params.get("after", "0"))
        until = asyncio.get_running_loop().time() + _wait(request.query_params.get("wait", "0"))
        while True:
            rings = bell.rings
            found = await run_in_threadpool(_read, ledger, recipient, here)
            left = until - asyncio.get_running_loop().time()
            if found.revocations or found.more or left <= 0:
                await run_in_threadpool(lag.watch, recipient, found)
                return _told(found)
            here = found.next
            await bell.wait(since=rings, seconds=min(left, _LOOK_AGAIN))

    async def may_use(recipient: str, request: Request) -> dict[str, Any]:
        address = request.query_params.get("address", "")
        why = await run_in_threadpool(ask, ledger, recipient, address, clock())
        return {"address": address, "may_be_used": why is None, "why": why}

    @asynccontextmanager
    async def listening(_: Starlette) -> AsyncIterator[None]:
        listener = asyncio.create_task(bell.listen(ledger.engine))
        yield
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener

    def route(path: str, answer: Answering) -> Route:
        async def answered(request: Request) -> Response:
            return await _answered(request, answer, door=door, settings=settings)

        return Route(path, answered)

    routes = [route("/revocations", page), route("/revocations/check", may_use)]
    return Starlette(routes=routes, lifespan=listening)


def ask(ledger: Ledger, recipient: str, address: str, now: datetime) -> str | None:
    """Why ``recipient`` may not use the address now, None where it may; notices who asks about a canary."""
    with ledger.engine.begin() as connection:
        why = check(connection, recipient=recipient, address=address)
        if why == "unknown":
            look_for(connection, {address: now}, by=recipient, where="revocations")
    return why


async def _answered(request: Request, answer: Answering, *, door: _Door, settings: Settings) -> Response:
    try:
        recipient, nonce = door.let_in(request)
    except (SealError, SettingsError) as refusal:
        return JSONResponse({"error": str(refusal)}, 401)
    try:
        told = await answer(recipient, request)
    except OptOutError as error:
        return JSONResponse({"error": str(error)}, 400)
    except SQLAlchemyError:
        return JSONResponse({"error": "the ledger does not answer; call nobody, ask again"}, 503)
    document = {"recipient": recipient, "nonce": nonce, **told}
    statement = make_statement("answer", document, key=sealing_keys(settings, recipient).signing)
    return Response(statement, media_type="application/json")


def _read(ledger: Ledger, recipient: str, after: Cursor) -> Page:
    snapshot = ledger.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection:
        return read_page(connection, recipient=recipient, after=after)


def _wait(told: str) -> float:
    try:
        return min(max(float(told), 0.0), LONGEST_WAIT)
    except ValueError:
        raise OptOutError(f"wait={told}: write seconds, {LONGEST_WAIT:.0f} at most") from None


def _told(found: Page) -> dict[str, Any]:
    revocations = [{**asdict(one), "at": one.at.isoformat()} for one in found.revocations]
    return {"revocations": revocations, "next": str(found.next), "more": found.more}
