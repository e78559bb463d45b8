"""Approvals as the bank signs them, of whatever bytes a test hands over."""

import hashlib
from datetime import date, datetime, timedelta, timezone
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from outreach.deliver import Approval, make_approval


def approval(content: bytes, *, recipient: str, key: Ed25519PrivateKey, **changes: Any) -> bytes:
    """A person's approval of ``content``, signed with ``key``."""
    told: dict[str, Any] = {
        "recipient": recipient,
        "as_of": date(2026, 7, 1),
        "attempt": 1,
        "sha256": hashlib.sha256(content).hexdigest(),
        "author": "release job",
        "approver": "王敏",
        "approved_at": datetime(2026, 7, 1, 22, tzinfo=timezone(timedelta(hours=8))),
        "approved_attempt": 1,
        "limits": None,
    }
    return make_approval(Approval(**{**told, **changes}), key=key)
