"""Delivery into a folder that both sides reach."""

from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from base.errors import DeliveryError
from outreach.deliver.package import Package
from outreach.deliver.transport import RECEIPT, Receipt, Transport, read_receipt
from outreach.publish import publish_file


class FolderTransport(Transport):
    """Each file appears whole, by a rename, and both are on the disk when ``deliver`` returns."""

    def __init__(self, folder: Path, *, keys: Sequence[Ed25519PublicKey]) -> None:
        self._folder = folder
        self._keys = keys

    def deliver(self, package: Package) -> None:
        try:
            for name, content in package.files.items():
                path = self._folder / name
                if path.exists():
                    refuse_other(path.read_bytes(), content, name=name, package=package)
                else:
                    publish_file(path, [content])
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


def refuse_other(found: bytes, content: bytes, *, name: str, package: Package) -> None:
    """Raises DeliveryError unless what lies there under the name of one of the package's files is that."""
    if found != content:
        raise DeliveryError(
            f"{name}: other bytes lie at {package.recipient} under this name, and are left there; "
            "find out who put or changed them, move them aside, then run release again"
        )
