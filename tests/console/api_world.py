"""Programs that ask the served console over HTTP."""

from datetime import UTC, datetime

import httpx

from console.entrance import tokens
from tests.console.desk import UNENCRYPTED, Desk


def given(desk: Desk, name: str, *, recipient: str | None = None, days: int = 1) -> str:
    """A token for a program that acts as ``name``."""
    with desk.ledger.engine.begin() as connection:
        return tokens.add(
            connection, name, recipient=recipient, days=days, actor="test", now=datetime.now(UTC)
        )


def program(desk: Desk, kept: str | None) -> httpx.Client:
    """A program that shows the token; nothing where none is given."""
    shown = {"authorization": f"Bearer {kept}"} if kept is not None else {}
    return httpx.Client(
        base_url=f"{desk.address}/api", headers=shown, timeout=30, verify=UNENCRYPTED, trust_env=False
    )
