"""The approval that goes with a sealed file: the bank's signed word on who let these very bytes go."""

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from base.errors import SealError
from outreach.deliver.signed import make_statement, read_statement

APPROVAL = ".approval"
"""What is added to a sealed file's name to lay its approval beside it."""


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who approved a list, and which bytes that holds for.

    ``sha256``: of the sealed file. ``approved_attempt``: the one that was looked at; a later ``attempt`` only
    left rows out. ``limits``: those it was within, by name, where limits and no person approved it.
    """

    recipient: str
    as_of: date
    attempt: int
    sha256: str
    author: str
    approver: str
    approved_at: datetime
    approved_attempt: int
    limits: Mapping[str, float] | None


def make_approval(approval: Approval, *, key: Ed25519PrivateKey) -> bytes:
    """The approval as it leaves, signed with the bank's key; the same bytes for the same approval."""
    told = {
        **asdict(approval),
        "as_of": approval.as_of.isoformat(),
        "approved_at": approval.approved_at.isoformat(),
    }
    return make_statement("approval", told, key=key)


def check_approval(
    content: bytes, sealed: bytes, *, recipient: str, keys: Sequence[Ed25519PublicKey]
) -> Approval:
    """The approval of ``sealed``. Raises SealError unless one of ``keys``, the bank's, signed it for these
    bytes and this recipient, and approver and author are two."""
    try:
        approval = _approval(read_statement("approval", content, keys=keys))
    except (KeyError, ValueError, TypeError) as error:
        raise SealError("the approval does not say who approved which file; it is not of the bank") from error
    if approval.recipient != recipient:
        raise SealError(f"the approval is for {approval.recipient}, not for {recipient}")
    if approval.sha256 != hashlib.sha256(sealed).hexdigest():
        raise SealError("the approval is of another file: nobody approved this one, do not use it")
    if _one_name(approval.approver) == _one_name(approval.author):
        raise SealError("the list was approved by its own author; do not use it, and tell the bank")
    return approval


def _one_name(name: str) -> str:
    """However wide, spaced or cased it is written."""
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _approval(told: Mapping[str, Any]) -> Approval:
    return Approval(
        **{
            **told,
            "as_of": date.fromisoformat(told["as_of"]),
            "approved_at": datetime.fromisoformat(told["approved_at"]),
        }
    )
