"""Tells another program over HTTP what must not stay in this house alone: alerts and checkpoints."""

import logging
from collections.abc import Mapping
from typing import Any

_SECONDS = 3.0
_log = logging.getLogger(__name__)


def post(address: str, told: Mapping[str, Any]) -> bool:
    """Sends one JSON document; whether it was taken. What fails is logged: it never stops the work."""
    import httpx  # a fifth of a second, which commands that tell nothing need not wait

    try:
        httpx.post(address, json=dict(told), timeout=_SECONDS).raise_for_status()
    except httpx.HTTPError as error:
        _log.warning("the webhook did not take what it was told (%s)", type(error).__name__)
        return False
    return True
