"""Rings where a revocation was committed: PostgreSQL tells one listener, who wakes all that wait."""

import asyncio
import logging

import psycopg
from sqlalchemy import Engine

CHANNEL = "longreach_revocations"
_AGAIN_SECONDS = 1.0
_log = logging.getLogger(__name__)


class Bell:
    """Counts the rings, so that none is missed between a look at the feed and the wait that follows it."""

    def __init__(self) -> None:
        self.rings = 0
        self._rung = asyncio.Condition()

    async def ring(self) -> None:
        async with self._rung:
            self.rings += 1
            self._rung.notify_all()

    async def wait(self, *, since: int, seconds: float) -> None:
        """Until it has rung more than ``since`` times, or the seconds are over."""

        async def rung() -> None:
            async with self._rung:
                await self._rung.wait_for(lambda: self.rings > since)

        try:
            await asyncio.wait_for(rung(), seconds)
        except TimeoutError:
            return

    async def listen(self, engine: Engine) -> None:
        """Rings for every notification; where the line breaks it connects again, and rings too."""
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(address, autocommit=True) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    await self.ring()
                    async for _ in connection.notifies():
                        await self.ring()
            except psycopg.OperationalError as error:
                _log.warning("the feed lost PostgreSQL (%s) and asks for it again", type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
