"""Notices a server that neither answers nor refuses, such as one that was halted.

The limits that PostgreSQL keeps (statement_timeout and its like) are kept by the server: where it hangs, it
keeps none, and its sockets stay open. So it is the client who looks: where no word comes for ``PATIENCE``,
the server is asked to let somebody else in. If it does, or says why it does not, the statement works long or
waits for a lock, and is waited for; if it says nothing within ``LETS_IN``, or cannot be reached, the
connection is given up as if the server had broken it off.
"""

import threading
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import psycopg
from psycopg import waiting
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, event

PATIENCE = 1.0
"""Seconds without a word."""
LETS_IN = 3
"""Seconds that connecting may take; libpq counts whole ones, from 2 on."""
_NOT_REACHED = ("Is the server running", "failed to resolve host")
"""What libpq and psycopg say where they reached no server: in English, as Python leaves LC_MESSAGES alone.
What a server says is in the server's language."""


def notice_silence(engine: Engine) -> None:
    """Has every connection of the engine given up where the server is silent; what fails then is an
    OperationalError, within ``2 * PATIENCE + LETS_IN``. However many wait, one at a time asks, once in
    ``PATIENCE``: the others take its answer, and while the server stays silent are refused at once.
    """
    line = _Line()

    def connect(_: object, __: object, arguments: tuple[Any, ...], told: dict[str, Any]) -> "_Watched":
        return line.connect(*arguments, **{**told, "connect_timeout": LETS_IN})

    event.listen(engine, "do_connect", connect)


@dataclass
class _Line:
    """Whether the server is silent, as all connections of an engine have found it; ``_found``: when last.

    A server that was found to speak within ``PATIENCE`` is not asked again.
    """

    silent: bool = False
    _found: float = 0.0
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def connect(self, *arguments: Any, **told: Any) -> "_Watched":
        """A connection. Raises psycopg.OperationalError where there is none to be had."""
        if not self.silent:
            return self._connected(*arguments, **told)
        if monotonic() - self._found < PATIENCE or not self._asking.acquire(blocking=False):
            raise psycopg.OperationalError("the server is silent, and was asked just now")
        try:
            return self._connected(*arguments, **told)
        finally:
            self._asking.release()

    def speaks(self, *arguments: Any, **told: Any) -> bool:
        """Whether the server lets somebody in just now, or says why not."""
        if self.silent:
            return False
        with self._asking:
            if monotonic() - self._found < PATIENCE:
                return not self.silent
            try:
                with closing(self._connected(*arguments, **told)):
                    return True
            except psycopg.OperationalError as error:
                return not self.silent and _was_said(error)

    def _connected(self, *arguments: Any, **told: Any) -> "_Watched":
        try:
            made = _Watched.connect(*arguments, **told)
        except psycopg.OperationalError as error:
            if isinstance(error, psycopg.errors.ConnectionTimeout):
                self._find(silent=True)
            elif _was_said(error):
                self._find(silent=False)
            # Its traceback keeps the socket open, and a server that comes to itself takes it for a client.
            raise error.with_traceback(None) from None
        made.line, made.asked_by = self, (arguments, told)
        self._find(silent=False)
        return made

    def _find(self, *, silent: bool) -> None:
        self.silent, self._found = silent, monotonic()


def _was_said(error: psycopg.OperationalError) -> bool:
    """Whether a server was reached, and refused. Of several addresses the last one's error counts."""
    last = str(error).strip().rpartition("\n")[2]
    return not any(words in last for words in _NOT_REACHED)


class _Watched(psycopg.Connection[Any]):
    """A connection that is given up where its server lets nobody in."""

    line: _Line
    asked_by: tuple[tuple[Any, ...], dict[str, Any]]

    def wait(self, gen: PQGen[RV], *limits: Any, **told: Any) -> RV:
        """As psycopg waits for all that takes a word of the server. Raises psycopg.OperationalError."""
        return super().wait(self._watched(gen), *limits, **told)

    def _watched(self, gen: PQGen[RV]) -> Generator[waiting.Wait, waiting.Ready | int, RV]:
        heard = monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready != waiting.READY_NONE:
                    heard = monotonic()
                elif monotonic() - heard > PATIENCE:
                    self._give_up_where_silent()
                    heard = monotonic()
                wanted = gen.send(ready)
        except StopIteration as end:
            value: RV = end.value
            return value

    def _give_up_where_silent(self) -> None:
        arguments, told = self.asked_by
        if not self.line.speaks(*arguments, **told):
            self.pgconn.finish()
            raise psycopg.OperationalError("the server is silent; its connection was given up")
