"""Delivery to an HTTPS webhook: the sealed bytes as the body, signed, answered by a receipt.

Their approval goes in a header, in base64. It needs no place in the request's signature: the bank signed it,
and it holds for these bytes alone.
"""

import hmac
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from base.errors import DeliveryError
from base.settings.recipients import Https
from outreach.deliver.package import Package
from outreach.deliver.transport import Receipt, Transport, read_receipt

_PIECE = 1 << 20
_LONGEST_RECEIPT = 1 << 16


class HttpsTransport(Transport):
    """``POST`` to the address with the package's name as idempotency key; ``GET`` below it for the receipt.

    ``clock``: seconds since 1970, told in the signature so that a request overheard is of no use later.
    """

    def __init__(
        self, way: Https, *, keys: Sequence[Ed25519PublicKey], clock: Callable[[], float] = time.time
    ) -> None:
        self._way = way
        self._keys = keys
        self._clock = clock

    def deliver(self, package: Package) -> None:
        status, answer = self._ask("POST", self._way.url, package, content=package.content)
        if status == httpx.codes.CONFLICT:
            raise DeliveryError(
                f"{package.name}: {package.recipient} holds other bytes under this name and keeps them; find "
                "out who put them there, then run release again"
            )
        if not httpx.codes.is_success(status):
            raise self._failed(package, f"it answered {status}")
        read_receipt(answer, package=package, keys=self._keys)

    def receipt(self, package: Package) -> Receipt | None:
        status, answer = self._ask("GET", f"{self._way.url}/{package.name}", package)
        if status == httpx.codes.NOT_FOUND:
            return None
        if status != httpx.codes.OK:
            raise self._failed(package, f"it answered {status}")
        return read_receipt(answer, package=package, keys=self._keys)

    def _ask(self, method: str, url: str, package: Package, content: bytes = b"") -> tuple[int, bytes]:
        try:
            trusted = ssl.create_default_context(cafile=self._way.ca_file)
            with (
                httpx.Client(
                    verify=trusted, timeout=self._way.timeout, follow_redirects=False, trust_env=False
                ) as client,
                client.stream(
                    method,
                    url,
                    content=_pieces(content) if content else None,
                    headers=self._headers(package, content),
                ) as response,
            ):
                return response.status_code, _short(response)
        except httpx.HTTPError as error:
            raise self._failed(package, str(error) or type(error).__name__) from error
        except OSError as error:
            raise self._failed(
                package, f"the secret or the authority's file cannot be read: {error.strerror}"
            ) from error

    def _headers(self, package: Package, content: bytes) -> dict[str, str]:
        at = str(int(self._clock()))
        secret = self._way.secret_file.read_bytes().strip()
        size = {"Content-Length": str(len(content))} if content else {}
        return {
            **size,
            "Content-Type": "application/octet-stream",
            "Idempotency-Key": package.name,
            "Longreach-Timestamp": at,
            "Longreach-Approval": b64encode(package.approval).decode(),
            "Longreach-Sha256": package.sha256,
            "Longreach-Signature": signature(secret, at=at, name=package.name, digest=package.sha256),
        }

    def _failed(self, package: Package, why: str) -> DeliveryError:
        return DeliveryError(
            f"{package.name}: not known to be at {self._way.url} ({why}); see that the server is up and "
            "its certificate and secret are those that were agreed, then run release again"
        )


def signature(secret: bytes, *, at: str, name: str, digest: str) -> str:
    """HMAC-SHA256, in hexadecimal, of time, idempotency key and the body's SHA-256, a line each."""
    return hmac.new(secret, f"{at}\n{name}\n{digest}".encode(), sha256).hexdigest()


def _pieces(content: bytes) -> Iterator[bytes]:
    view = memoryview(content)
    return (bytes(view[start : start + _PIECE]) for start in range(0, len(content), _PIECE))


def _short(response: httpx.Response) -> bytes:
    """The answer's body; of one longer than a receipt can be, its beginning."""
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) > _LONGEST_RECEIPT:
            break
    return body
