"""What carries a sealed file to its recipient, and brings the receipt back."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from base.errors import DeliveryError, SealError
from outreach.deliver.package import Package
from outreach.deliver.signed import make_statement, read_statement

RECEIPT = ".receipt"
"""What a recipient adds to a file's name to lay its receipt beside it."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The recipient's signed word that it holds a file whole and could open it."""

    recipient: str
    name: str
    sha256: str
    received_at: datetime


class Transport(ABC):
    """One way to one recipient."""

    @abstractmethod
    def deliver(self, package: Package) -> None:
        """Brings the package there whole, its approval not after it; the same one again is harmless.

        Raises DeliveryError when it is not known to have arrived, or other bytes lie there under its name.
        """

    @abstractmethod
    def receipt(self, package: Package) -> Receipt | None:
        """The recipient's receipt, or None while there is none.

        Raises DeliveryError when there is one that is not of the recipient, or of other bytes.
        """


def make_receipt(package: Package, *, at: datetime, key: Ed25519PrivateKey) -> bytes:
    """A receipt as the recipient writes it."""
    stated = {
        "recipient": package.recipient,
        "name": package.name,
        "sha256": package.sha256,
        "received_at": at.isoformat(),
    }
    return make_statement("receipt", stated, key=key)


def read_receipt(content: bytes, *, package: Package, keys: Sequence[Ed25519PublicKey]) -> Receipt:
    """Raises DeliveryError unless ``content`` is the recipient's receipt for this very package."""
    expected = {"recipient": package.recipient, "name": package.name, "sha256": package.sha256}
    try:
        stated = read_statement("receipt", content, keys=keys)
        receipt = _receipt(stated)
    except (SealError, KeyError, ValueError, TypeError) as error:
        raise DeliveryError(f"{package.name}: what came as its receipt is none: {error}") from error
    if any(stated[name] != value for name, value in expected.items()):
        raise DeliveryError(f"{package.name}: the receipt is for another file; ask {package.recipient} why")
    return receipt


def _receipt(stated: Mapping[str, Any]) -> Receipt:
    at = datetime.fromisoformat(stated["received_at"])
    return Receipt(
        recipient=stated["recipient"], name=stated["name"], sha256=stated["sha256"], received_at=at
    )
