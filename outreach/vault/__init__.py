"""Where identities live: tokens stand for them outside, and each look inside is put on record."""

from outreach.vault.purposes import FULL_VIEWS, PURPOSES, FullView, Purpose, require_matter
from outreach.vault.tokens import KINDS, TOKEN_LENGTH, Kind
from outreach.vault.vault import Vault

__all__ = [
    "FULL_VIEWS",
    "KINDS",
    "PURPOSES",
    "TOKEN_LENGTH",
    "FullView",
    "Kind",
    "Purpose",
    "Vault",
    "require_matter",
]
