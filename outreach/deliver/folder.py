"""Delivery into a folder that both sides reach."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from base.errors import DeliveryError
from outreach.deliver.package import Package
from outreach.deliver.transport import RECEIPT, Receipt, Transport, read_receipt
from outreach.publish import publish_file


class FolderTransport(Transport):
    """The file appears whole, by a rename, and is on the disk when ``deliver`` returns."""

    def __init__(self, folder: Path, *, keys: Sequence[Ed25519PublicKey]) -> None:
        self._folder = folder
        self._keys = keys

    def deliver(self, package: Package) -> None:
        path = self._folder / package.name
        try:
            if path.exists():
                refuse_other(path.read_bytes(), package)
                return
            publish_file(path, [package.content])
        except OSError as error:
            raise DeliveryError(
                f"{package.name}: not written into the folder of {package.recipient} ({error.strerror}); "
                "make room or mend the folder, then run release again"
            ) from error

    def receipt(self, package: Package) -> Receipt | None:
        try:
            content = (self._folder / f"{package.name}{RECEIPT}").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DeliveryError(f"{package.name}: its receipt cannot be read ({error.strerror})") from error
        return read_receipt(content, package=package, keys=self._keys)


def refuse_other(found: bytes, package: Package) -> None:
    """Raises DeliveryError unless what lies there under the package's name is the package."""
    if hashlib.sha256(found).hexdigest() != package.sha256:
        raise DeliveryError(
            f"{package.name}: other bytes lie at {package.recipient} under this name, and are left there; "
            "find out who put or changed them, move them aside, then run release again"
        )
