"""An HTTP server that keeps the part of HashiCorp Vault's transit interface that Longreach calls.

https://developer.hashicorp.com/vault/api-docs/secret/transit
"""

import json
import secrets
import tempfile
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Transit:
    """One key ``longreach`` with its versions; ``right`` is the access token, in the file ``token``."""

    right = "s.right"

    def __init__(self, folder: Path) -> None:
        self.keys = [AESGCM(secrets.token_bytes(32))]
        self.least = 1
        self.token = folder / "token"
        self.token.write_text(self.right + "\n")
        self.address = ""

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, Any] | None]:
        if path == "/v1/transit/keys/longreach/rotate":
            self.keys.append(AESGCM(secrets.token_bytes(32)))
            return 200, {}
        if path == "/v1/transit/datakey/plaintext/longreach":
            plain, nonce = secrets.token_bytes(body["bits"] // 8), secrets.token_bytes(12)
            sealed = b64encode(nonce + self.keys[-1].encrypt(nonce, plain, None)).decode()
            told = {"plaintext": b64encode(plain).decode(), "ciphertext": f"vault:v{len(self.keys)}:{sealed}"}
            return 200, told
        if path == "/v1/transit/decrypt/longreach":
            _, version, sealed = body["ciphertext"].split(":")
            if int(version[1:]) < self.least:
                return 400, None
            raw = b64decode(sealed)
            plain = self.keys[int(version[1:]) - 1].decrypt(raw[:12], raw[12:], None)
            return 200, {"plaintext": b64encode(plain).decode()}
        if path == "/v1/transit/keys/longreach/config":
            if body["min_decryption_version"] > len(self.keys):
                return 400, None
            self.least = body["min_decryption_version"]
            return 204, None
        return 404, None

    def call(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-Vault-Token": self.right}
        answer = httpx.post(f"{self.address}/v1/transit/{path}", json=body, headers=headers)
        return dict(answer.raise_for_status().json()["data"])

    def refuses(self, ciphertext: str) -> bool:
        return self.answer("/v1/transit/decrypt/longreach", {"ciphertext": ciphertext})[0] == 400


@contextmanager
def transit_server() -> Iterator[Transit]:
    """The server on a free port of this machine, for as long as the block runs."""
    with tempfile.TemporaryDirectory() as folder:
        transit = Transit(Path(folder))

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                allowed = self.headers["X-Vault-Token"] == transit.right
                status, data = transit.answer(self.path, body) if allowed else (403, None)
                content = b"" if status == 204 else json.dumps({"data": data}).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        transit.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield transit
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
