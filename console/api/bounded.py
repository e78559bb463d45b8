"""How much may be sent: cut off as it comes, before it is parsed and before anybody is asked who he is."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console.api import outcomes
from console.entrance.guard import LARGEST


class Bounded:
    """The API, none of whose bodies is held beyond what its entry takes, whatever length it claims to have.

    FastAPI reads a body whole before it asks for the token.
    """

    def __init__(self, api: ASGIApp) -> None:
        self._api = api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers 413 where more is sent."""
        await self._api(scope, _cut(scope, receive) if scope["type"] == "http" else receive, send)


def _cut(scope: Scope, receive: Receive) -> Receive:
    if scope["path"].removeprefix(scope["root_path"]).startswith(outcomes.PLACE):
        return receive  # read piece by piece after the token, up to a bound of its own
    read = 0

    async def bounded() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > LARGEST:
            raise HTTPException(413, f"longer than {LARGEST // 1024} kB; nothing was done")
        return message

    return bounded
