"""Lists that recipients hold, and the feed that calls contacts off, served as it is in earnest."""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import httpx
import pyarrow as pa
import uvicorn
from sqlalchemy import Engine

from base.settings import Settings
from ledger.database import Ledger
from outreach.deliver import answering_key, opening_keys
from outreach.deliver.signed import read_statement, sign
from outreach.opt_outs import Whom, enter
from outreach.revocations import enter_released
from outreach.revocations.app import make_app, question

NIGHT = date(2026, 7, 1)
BEIJING = timezone(timedelta(hours=8))
EVENING = datetime(2199, 7, 2, 20, tzinfo=BEIJING)
"""Far from now: the lists of these tests do not expire by the clock of the machine."""


def holds(
    engine: Engine,
    rows: list[dict[str, str | None]],
    *,
    recipient: str = "ai_dialler",
    as_of: date = NIGHT,
    expires_at: datetime = EVENING,
) -> None:
    """Lets the recipient hold these contacts, each at least with a contact and a customer."""
    filled = [
        {
            "address": f"d-{row['contact']}",
            "number": None,
            "strategy": "s",
            "channel": "ai_call",
            "caller": None,
            **row,
        }
        for row in rows
    ]
    table = pa.Table.from_pylist(filled, schema=_HELD)
    with engine.begin() as connection:
        enter_released(connection, table, recipient=recipient, as_of=as_of, expires_at=expires_at)


_HELD = pa.schema(
    [
        (name, pa.string())
        for name in ("contact", "address", "customer", "number", "strategy", "channel", "caller")
    ]
)


def opts_out(engine: Engine, *whom: Whom, channel: str = "all") -> int:
    with engine.begin() as connection:
        return enter(connection, whom, channel=channel, source="hotline", actor="agent", reason="said so")


@dataclass(frozen=True, kw_only=True)
class Dialler:
    """A recipient that asks the feed over HTTP and believes only what the bank signed."""

    settings: Settings
    address: str
    recipient: str = "ai_dialler"

    def headers(
        self, path: str, query: str, *, nonce: str | None = None, at: datetime | None = None
    ) -> dict[str, str]:
        nonce = nonce or secrets.token_urlsafe(16)
        time = (at or datetime.now(UTC)).isoformat()
        asked = question(path, query, self.recipient, time, nonce)
        signature = sign("question", asked, key=answering_key(self.settings, self.recipient))
        return {
            "Longreach-Recipient": self.recipient,
            "Longreach-Time": time,
            "Longreach-Nonce": nonce,
            "Longreach-Signature": signature.decode(),
        }

    def ask(self, path: str, query: str, **told: str) -> httpx.Response:
        headers = {**self.headers(path, query), **told}
        return httpx.get(f"{self.address}{path}?{query}", headers=headers, timeout=60)

    def page(self, after: str = "0", *, wait: float = 0) -> dict[str, object]:
        path, query = "/revocations", f"after={after}&wait={wait}"
        headers = self.headers(path, query)
        response = httpx.get(f"{self.address}{path}?{query}", headers=headers, timeout=60)
        assert response.status_code == 200, response.text
        told = read_statement(
            "answer", response.content, keys=opening_keys(self.settings, self.recipient).bank
        )
        assert (told["recipient"], told["nonce"]) == (self.recipient, headers["Longreach-Nonce"])
        return told

    def revoked(self, after: str = "0", *, wait: float = 0) -> list[str]:
        return [one["contact"] for one in self.page(after, wait=wait)["revocations"]]  # type: ignore[attr-defined]

    def check(self, address: str) -> dict[str, object]:
        response = self.ask("/revocations/check", f"address={address}")
        assert response.status_code == 200, response.text
        return dict(json.loads(json.loads(response.content)["statement"]))


@contextmanager
def served(
    settings: Settings, ledger: Ledger, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[str]:
    """The feed on a port of its own, by the server it runs on in earnest; gives its address."""
    app = make_app(settings, ledger, clock=clock)
    config = uvicorn.Config(app, port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
