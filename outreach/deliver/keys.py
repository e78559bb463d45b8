"""The keys lists are sealed and answers are checked with: given by settings, else made on first use.

Made keys lie in ``<home>/vault/recipients`` and serve trying out: there the bank holds the recipient's secret
halves too, and simulated recipients open and answer with them.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from base.errors import SettingsError
from base.settings import Recipient, Settings
from outreach.publish import publish_file

_SHARED_KEY = 32


@dataclass(frozen=True, kw_only=True)
class SealingKeys:
    """What the bank seals one recipient's files with: its own signing key, and either of the other two."""

    signing: Ed25519PrivateKey
    public: tuple[str, ...] = ()
    shared: tuple[str, bytes] | None = None


@dataclass(frozen=True, kw_only=True)
class OpeningKeys:
    """What a recipient opens files with: the bank's public keys, its own age identities or shared keys."""

    bank: tuple[Ed25519PublicKey, ...]
    identities: tuple[str, ...] = ()
    shared: Mapping[str, bytes]


def recipient_of(settings: Settings, name: str) -> Recipient:
    """What is set for the recipient, or the defaults."""
    return settings.recipients.get(name, Recipient())


def has_own_keys(recipient: Recipient) -> bool:
    """Whether lists are sealed, and answers checked, with keys that were agreed and not made on first use."""
    return bool((recipient.public_keys or recipient.shared_keys) and recipient.answer_keys)


def bank_key(settings: Settings) -> Ed25519PrivateKey:
    """The key the bank signs manifests and approvals with; its public half lies beside it."""
    signing = _signing_key(_folder(settings) / "bank.signing.pem")
    _show_public(signing, _folder(settings) / "bank.signing.pub.pem")
    return signing


def sealing_keys(settings: Settings, name: str) -> SealingKeys:
    """Raises SettingsError naming a key file that cannot be read."""
    recipient, signing = recipient_of(settings, name), bank_key(settings)
    if recipient.cipher == "sm4":
        return SealingKeys(signing=signing, shared=_shared_key(_shared_paths(settings, name)[0]))
    public = recipient.public_keys or (str(_age_identity(settings, name).to_public()),)
    return SealingKeys(signing=signing, public=public)


def opening_keys(settings: Settings, name: str) -> OpeningKeys:
    """Those of a recipient simulated here, whose keys were made here."""
    bank = (_signing_key(_folder(settings) / "bank.signing.pem").public_key(),)
    if recipient_of(settings, name).cipher == "sm4":
        return OpeningKeys(bank=bank, shared=dict(map(_shared_key, _shared_paths(settings, name))))
    return OpeningKeys(bank=bank, identities=(str(_age_identity(settings, name)),), shared={})


def answer_keys(settings: Settings, name: str) -> tuple[Ed25519PublicKey, ...]:
    """The keys that sign this recipient's receipts and outcome files.

    Raises SettingsError naming a key file that cannot be read.
    """
    given = recipient_of(settings, name).answer_keys
    return tuple(map(_public_key, given)) or (answering_key(settings, name).public_key(),)


def answering_key(settings: Settings, name: str) -> Ed25519PrivateKey:
    """The key a recipient simulated here answers with."""
    return _signing_key(_folder(settings) / f"{name}.answers.pem")


def marks_key(settings: Settings) -> bytes:
    """The secret (32 bytes) that watermarks and canaries are drawn from."""
    return _made(_folder(settings) / "marks.key", lambda: secrets.token_bytes(_SHARED_KEY))


def _folder(settings: Settings) -> Path:
    return settings.vault_folder / "recipients"


def _age_identity(settings: Settings, name: str) -> pyrage.x25519.Identity:
    path = _folder(settings) / f"{name}.age.key"
    text = _made(path, lambda: str(pyrage.x25519.Identity.generate()).encode())
    return pyrage.x25519.Identity.from_str(text.decode())


def _shared_paths(settings: Settings, name: str) -> tuple[Path, ...]:
    given = recipient_of(settings, name).shared_keys
    if given:
        return given
    path = _folder(settings) / f"{name}-1.sm4"
    _made(path, lambda: secrets.token_hex(_SHARED_KEY).encode())
    return (path,)


def _shared_key(path: Path) -> tuple[str, bytes]:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise SettingsError(_unreadable(path, "32 bytes in hexadecimal")) from error
    if len(key) != _SHARED_KEY:
        raise SettingsError(_unreadable(path, "32 bytes in hexadecimal"))
    return path.stem, key


def _signing_key(path: Path) -> Ed25519PrivateKey:
    made = _made(path, lambda: _as_pem(Ed25519PrivateKey.generate()))
    key = load_pem_private_key(made, password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(_unreadable(path, "an Ed25519 private key as PEM"))
    return key


def _public_key(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(_unreadable(path, "an Ed25519 public key as PEM")) from error
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(_unreadable(path, "an Ed25519 public key as PEM"))
    return key


def _as_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _show_public(key: Ed25519PrivateKey, path: Path) -> None:
    """Lays down what is handed to recipients, who check with it that a list is the bank's."""
    _made(path, lambda: key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _made(path: Path, make: Callable[[], bytes]) -> bytes:
    """The content of ``path``, made if it is not there; of two who make it at once, the first one's stays."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        for folder in (path.parent.parent, path.parent):
            folder.chmod(0o700)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        publish_file(draft, [make()], mode=0o600)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()


def _unreadable(path: Path, expected: str) -> str:
    return f"key file {path.name} of a recipient is not readable as {expected}; mend settings.recipients"
