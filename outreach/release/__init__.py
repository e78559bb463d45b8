"""How lists leave: made and sealed outside any lock, frozen in the ledger, approved, handed over once."""

from outreach.release.approval import approve, approve_by_limits, withdraw
from outreach.release.content import left, strategies_of
from outreach.release.drafts import Draft, kin_of
from outreach.release.handover import take_receipts
from outreach.release.lists import (
    LISTED,
    build_lists,
    contact_day,
    contact_lists,
    expires_at,
    recipients_of,
)
from outreach.release.night import Carrier
from outreach.release.origins import Origin, origins_of
from outreach.release.pack import Packer
from outreach.release.states import (
    ACTOR,
    LEFT,
    Release,
    expire,
    is_fixed,
    moves_of,
    newest,
    plan,
    releases_of,
)
from outreach.release.words import Words

__all__ = [
    "ACTOR",
    "LEFT",
    "LISTED",
    "Carrier",
    "Draft",
    "Origin",
    "Packer",
    "Release",
    "Words",
    "approve",
    "approve_by_limits",
    "build_lists",
    "contact_day",
    "contact_lists",
    "expire",
    "expires_at",
    "is_fixed",
    "kin_of",
    "left",
    "moves_of",
    "newest",
    "origins_of",
    "plan",
    "recipients_of",
    "releases_of",
    "strategies_of",
    "take_receipts",
    "withdraw",
]
