"""A real HTTPS server with a certificate of its own making: a recipient's webhook."""

import hashlib
import hmac
import ipaddress
import socket
import threading
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from base.errors import SealError
from base.settings.recipients import Https
from outreach.deliver.approvals import check_approval
from outreach.deliver.signed import make_statement

SECRET = b"a secret of the two of us"


@dataclass
class Webhook:
    """What the recipient's server holds, and how it behaves next: ``moods`` are used up one a request."""

    home: Path
    key: Ed25519PrivateKey
    bank: Ed25519PublicKey
    moods: list[str] = field(default_factory=list)
    taken: dict[str, bytes] = field(default_factory=dict)
    approvals: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    port: int = 0

    def way(self, **changes: object) -> Https:
        given: dict[str, object] = {
            "kind": "https",
            "url": f"https://127.0.0.1:{self.port}/lists",
            "secret_file": self.home / "secret",
            "ca_file": self.home / "server.pem",
            "timeout": 10,
        }
        return Https.model_validate({**given, **changes})

    async def take(self, request: Request) -> Response:
        mood = self.moods.pop(0) if self.moods else "well"
        name = request.headers["Idempotency-Key"]
        self.requests.append(f"{mood} {name}")
        if mood == "ill":
            return Response(status_code=500)
        if mood == "moved":
            return RedirectResponse("https://127.0.0.1:1/elsewhere", status_code=307)
        if mood == "silent":
            await request.body()
            await request.receive()  # comes when the client hangs up
            return Response()
        pieces = []
        async for piece in request.stream():
            pieces.append(piece)
            if mood == "half":
                return self._receipt(name, piece)
        body = b"".join(pieces)
        if not self._is_signed(request, hashlib.sha256(body).hexdigest()):
            return Response(status_code=401)
        approval = b64decode(request.headers["Longreach-Approval"])
        if not self._is_approved(approval, name, body):
            return Response(status_code=403)
        if self.taken.setdefault(name, body) != body:
            return Response(status_code=409)
        self.approvals[name] = approval
        return self._receipt(name, body)

    async def tell(self, request: Request) -> Response:
        body = self.taken.get(request.path_params["name"])
        if body is None:
            return Response(status_code=404)
        return self._receipt(request.path_params["name"], body)

    def _receipt(self, name: str, body: bytes) -> Response:
        stated = {
            "recipient": _recipient(name),
            "name": name,
            "sha256": hashlib.sha256(body).hexdigest(),
            "received_at": "2026-07-01T22:00:00+08:00",
        }
        return Response(make_statement("receipt", stated, key=self.key), media_type="application/json")

    def _is_approved(self, approval: bytes, name: str, body: bytes) -> bool:
        try:
            check_approval(approval, body, recipient=_recipient(name), keys=[self.bank])
        except SealError:
            return False
        return True

    def _is_signed(self, request: Request, digest: str) -> bool:
        said = request.headers
        text = f"{said['Longreach-Timestamp']}\n{said['Idempotency-Key']}\n{digest}"
        return hmac.compare_digest(
            hmac.new(SECRET, text.encode(), "sha256").hexdigest(), said["Longreach-Signature"]
        )

    @contextmanager
    def serve(self) -> Iterator[None]:
        """Serves until left, each time on the same port."""
        app = Starlette(
            routes=[
                Route("/lists", self.take, methods=["POST"]),
                Route("/lists/{name}", self.tell, methods=["GET"]),
            ]
        )
        config = uvicorn.Config(
            app,
            ssl_certfile=self.home / "server.pem",
            ssl_keyfile=self.home / "server.key",
            log_level="critical",
            lifespan="off",
        )
        server = uvicorn.Server(config)
        # Bound and listening before it starts: whoever connects meanwhile waits in line.
        with socket.create_server(("127.0.0.1", self.port)) as listening:
            self.port = listening.getsockname()[1]
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
            thread.start()
            try:
                yield
            finally:
                server.should_exit = True
                thread.join()


def _recipient(name: str) -> str:
    return name.rsplit("-", 4)[0]


def make_webhook(home: Path, *, key: Ed25519PrivateKey, bank: Ed25519PublicKey) -> Webhook:
    """Certificate and secret below ``home``."""
    home.mkdir(parents=True)
    (home / "secret").write_bytes(SECRET)
    _make_certificate(home)
    return Webhook(home=home, key=key, bank=bank)


def _make_certificate(home: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "recipient of a test")])
    now = datetime.now(UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    (home / "server.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (home / "server.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
