"""Who asks, whether he may, and how often: every entry of the API declares what it needs."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from fastapi import HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from base.roles import Action, Field
from console.answer import House
from console.entrance.tokens import Token, whose
from console.errands import Errand
from console.pages.page import may, sees
from ledger.audit import record

_BEARER = HTTPBearer(auto_error=False, description="A token of `longreach console token add`.")
_MINUTE = 60

CHINESE = "x-chinese"
"""Where an entry's description has its summary for those who read Chinese."""


@dataclass
class Pace:
    """Counts what each token asked in the running minute. May be asked from several threads."""

    a_minute: int
    _minute: int = 0
    _asked: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def too_fast(self, token: Token, *, now: datetime) -> bool:
        """Whether this question is one too many."""
        minute = int(now.timestamp()) // _MINUTE
        with self._lock:
            if minute != self._minute:
                self._minute, self._asked = minute, {}
            self._asked[token.id] = self._asked.get(token.id, 0) + 1
            return self._asked[token.id] > self.a_minute


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A question by a program that may ask it. ``recipient``: whose dialler asks; empty for others."""

    house: House
    name: str
    recipient: str

    def begin(self, key: str, arguments: Sequence[str]) -> Errand:
        """Has what takes long begun in the program's name, unless it was; ``key`` tells it from others."""
        return self.house.errands.ask(key, arguments, actor=self.name)

    def so_far(self, key: str, *, unasked: str) -> Errand:
        """How far it is. Raises HTTPException 404, saying ``unasked``, where it was not begun."""
        if not self.house.errands.knows(key):
            raise HTTPException(404, unasked)
        return self.house.errands.look(key)


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What an entry asks of a token: the kinds of field it tells, the action it takes, or to be a dialler's.

    A dialler's token opens nothing else, whatever roles its name has.
    """

    fields: frozenset[Field] = frozenset()
    action: Action | None = None
    dialler: bool = False

    def __call__(
        self,
        request: Request,
        shown: Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)],
    ) -> Asked:
        """The question. Raises HTTPException 401 without a token in force, 403 where it does not allow
        this, 429 where it asks too often.
        """
        house: House = request.app.state.house
        pace: Pace = request.app.state.pace
        token = _token(house, shown.credentials) if shown else None
        if token is None:
            raise HTTPException(401, "no token in force was shown", {"WWW-Authenticate": "Bearer"})
        if pace.too_fast(token, now=house.clock()):
            raise HTTPException(429, f"more than {pace.a_minute} questions a minute", {"Retry-After": "60"})
        if not self._allow(house, token):
            if self.action is not None:
                _record_refusal(house, token, self.action, request.scope["route"].name)
            raise HTTPException(403, f"what is shown for {token.name} does not allow this; nothing was done")
        return Asked(house=house, name=token.name, recipient=token.recipient or "")

    def _allow(self, house: House, token: Token) -> bool:
        if self.dialler or token.recipient is not None:
            return self.dialler and token.recipient is not None
        seen = sees(house.settings, token.name, self.fields)
        return seen and (self.action is None or may(house.settings, token.name, self.action))


def _token(house: House, kept: str) -> Token | None:
    with house.ledger.engine.connect() as connection:
        return whose(connection, kept, now=house.clock())


def _record_refusal(house: House, token: Token, action: Action, entry: str) -> None:
    detail = {"action": action.english}
    record(house.ledger, actor=token.name, action="refused at the console", subject=entry, detail=detail)
