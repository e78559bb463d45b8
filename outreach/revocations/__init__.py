"""What was released and may no longer be used: told to recipients in the order in which it was decided."""

from outreach.revocations.feed import Cursor, Page, Revocation, check, read_page
from outreach.revocations.released import enter_released, forget_released, withdraw_released

__all__ = [
    "Cursor",
    "Page",
    "Revocation",
    "check",
    "enter_released",
    "forget_released",
    "read_page",
    "withdraw_released",
]
