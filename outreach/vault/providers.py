"""Who keeps the master keys: a folder, the environment, or HashiCorp Vault's transit engine."""

import os
import re
import secrets
from base64 import b64decode
from pathlib import Path
from typing import Any, Protocol

import httpx

from base.errors import VaultError
from base.settings import Settings, Transit
from outreach.publish import publish_file

KEY_BYTES = 32


class KeyProvider(Protocol):
    """Keeps master keys of 32 bytes, one a version. All three raise VaultError in words to act on."""

    def make(self, version: str) -> bytes:
        """Sees to it that the key of ``version`` exists; returns what it takes to fetch it again."""
        ...

    def fetch(self, version: str, reference: bytes) -> bytes:
        """The key; ``reference`` is what ``make`` returned."""
        ...

    def destroy(self, version: str, reference: bytes) -> None:
        """Sees to it that nobody fetches this version again; done twice, it is done."""
        ...


def provider_of(name: str, settings: Settings) -> KeyProvider:
    """The provider ``name``. Raises VaultError where settings do not say how to reach it."""
    told = settings.vault
    if name == "file":
        return FileKeys(told.keys_folder or settings.vault_folder / "keys")
    if name == "environment":
        return EnvironmentKeys()
    if told.transit is None:
        raise VaultError("vault: a master key is kept by transit; say where it is in vault.transit.address")
    return TransitKeys(told.transit)


class FileKeys:
    """Keys as files of 0600 in a folder of 0700."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, version: str) -> bytes:
        """A new random key, also when two processes make it at once: the first one's stays."""
        path = self._path(version)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(0o700)
            draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
            publish_file(draft, [secrets.token_bytes(KEY_BYTES)], mode=0o600)
            try:
                os.link(draft, path)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        except OSError as error:
            raise VaultError(f"vault: key {path} was not made ({error.strerror}); make room there") from error
        return b""

    def fetch(self, version: str, reference: bytes) -> bytes:  # noqa: ARG002 - the file's name says it all
        path = self._path(version)
        try:
            key = path.read_bytes()
        except OSError as error:
            raise VaultError(
                f"vault: key {path.name} is not in {path.parent} ({error.strerror}); "
                "restore it from its backup"
            ) from error
        return _whole(key, path.name)

    def destroy(self, version: str, reference: bytes) -> None:  # noqa: ARG002
        self._path(version).unlink(missing_ok=True)

    def _path(self, version: str) -> Path:
        return self._folder / f"master.{version}"


class EnvironmentKeys:
    """Keys as 64 hexadecimal digits in the environment, where a secret store puts them."""

    def make(self, version: str) -> bytes:
        self.fetch(version, b"")
        return b""

    def fetch(self, version: str, reference: bytes) -> bytes:  # noqa: ARG002
        name = _variable(version)
        given = os.environ.get(name, "")
        if not re.fullmatch(r"[0-9a-fA-F]{64}", given):
            raise VaultError(
                f"vault: {name} must hold a key of 64 hexadecimal digits "
                f"({'it holds something else' if given else 'it is not set'}); openssl rand -hex 32 makes one"
            )
        return bytes.fromhex(given)

    def destroy(self, version: str, reference: bytes) -> None:  # noqa: ARG002
        if _variable(version) in os.environ:
            raise VaultError(
                f"vault: take {_variable(version)} out of the environment and of the store it comes from, "
                "then destroy it again"
            )


class TransitKeys:
    """Data keys of HashiCorp Vault's transit engine: Longreach keeps each as transit's own ciphertext.

    https://developer.hashicorp.com/vault/api-docs/secret/transit. The token's policy must allow ``rotate``,
    ``datakey/plaintext``, ``decrypt`` and, to destroy a version, ``config`` of the key.
    """

    def __init__(self, told: Transit) -> None:
        self._told = told

    def make(self, version: str) -> bytes:  # noqa: ARG002 - transit numbers its own versions
        # A version of transit's own for each of ours, so that ours can be destroyed one by one.
        self._post(f"keys/{self._told.key}/rotate", {})
        answer = self._post(f"datakey/plaintext/{self._told.key}", {"bits": KEY_BYTES * 8})
        return str(answer["ciphertext"]).encode()

    def fetch(self, version: str, reference: bytes) -> bytes:
        answer = self._post(f"decrypt/{self._told.key}", {"ciphertext": reference.decode()})
        return _whole(b64decode(str(answer["plaintext"])), f"master {version}")

    def destroy(self, version: str, reference: bytes) -> None:  # noqa: ARG002
        below = int(reference.decode().split(":")[1].removeprefix("v")) + 1
        self._post(f"keys/{self._told.key}/config", {"min_decryption_version": below})

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        told = self._told
        address = f"{told.address.rstrip('/')}/v1/{told.mount}/{path}"
        try:
            answer = httpx.post(
                address, json=body, headers={"X-Vault-Token": self._token()}, timeout=told.seconds
            )
        except httpx.HTTPError as error:
            raise VaultError(
                f"vault: the key provider at {told.address} does not answer ({type(error).__name__}); "
                "nothing was changed: see that it runs and is unsealed, then run again"
            ) from error
        if answer.is_error:
            raise VaultError(
                f"vault: the key provider refuses {told.mount}/{path} (HTTP {answer.status_code}); "
                "nothing was changed: see that the key exists and the token's policy allows it"
            )
        return dict(answer.json().get("data") or {}) if answer.content else {}

    def _token(self) -> str:
        told = self._told
        try:
            held = (
                told.token_file.read_text() if told.token_file else os.environ.get(told.token_variable, "")
            ).strip()
        except OSError as error:
            raise VaultError(f"vault: {told.token_file} does not read ({error.strerror})") from error
        if not held or not held.isascii() or not held.isprintable():
            raise VaultError(
                f"vault: no access token for the key provider; set {told.token_variable}, or "
                "vault.transit.token_file"
            )
        return held


def _variable(version: str) -> str:
    return f"LONGREACH_VAULT_KEY_{version}"


def _whole(key: bytes, name: str) -> bytes:
    if len(key) != KEY_BYTES:
        raise VaultError(
            f"vault: key {name} holds {len(key)} bytes, not {KEY_BYTES}; restore it from its backup"
        )
    return key
