"""Checkpoints of the audit chain, kept outside the database, where whoever bends it does not reach.

A line of ``checkpoints.jsonl`` says: so many lines, this hash, at this time; signed with Ed25519 (RFC 8032).
The file only grows. The same line goes to the webhook of the settings, if there is one: a place that neither
the database's owner nor the owner of this machine writes to.
"""

import fcntl
import json
import logging
import os
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError

from base.errors import LedgerError
from base.settings import Settings
from ledger.audit.chain import head
from ledger.database import Ledger
from ledger.post import post
from ledger.schema import AUDIT_CHAIN

FILE, PRIVATE_KEY, PUBLIC_KEY = "checkpoints.jsonl", "checkpoint.key", "checkpoint.pub"
_LINE = 512  # bytes; a checkpoint takes less
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """The chain had ``number`` lines and its last hash was ``hash``, at that time."""

    number: int
    hash: bytes
    at: str


def folder_of(settings: Settings) -> Path:
    """Where the checkpoints of this house are kept."""
    return settings.watch.checkpoints or settings.home / "audit"


def checkpoint(ledger: Ledger, *, least: int = 1) -> Checkpoint | None:
    """Keeps a checkpoint of all lines committed, if ``least`` have come since the last one; else None.

    Raises LedgerError where the last checkpoint contradicts the chain: a bent trail is not sealed anew.
    """
    folder = folder_of(ledger.settings)
    with ledger.engine.connect() as connection:
        number, found = head(connection)
    before = _last(folder / FILE)
    if number - (before.number if before else 0) in range(least):
        return None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / FILE).open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = _last(folder / FILE)  # another process may have added one
        with ledger.engine.connect() as connection:
            number, found = head(connection)
            _refuse_contradiction(connection, before)
        if number - (before.number if before else 0) < least:
            return None
        made = Checkpoint(number=number, hash=found, at=datetime.now(UTC).isoformat(timespec="milliseconds"))
        line = _signed(made, _signer(folder))
        file.write(json.dumps(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    if ledger.settings.watch.webhook:
        post(ledger.settings.watch.webhook, {"kind": "audit_checkpoint", **line})
    return made


def checkpoint_at_the_end(ledger: Ledger) -> None:
    """What a program does last. A checkpoint that cannot be kept is logged; the work done stands."""
    try:
        checkpoint(ledger, least=ledger.settings.watch.checkpoint_lines)
    except (LedgerError, OSError, SQLAlchemyError) as error:
        words = str(error) if isinstance(error, LedgerError | OSError) else type(error).__name__
        _log.error("no checkpoint of the audit was kept: %s", words)


def read_checkpoints(path: Path, *, public_key: Path, newest: int | None = None) -> list[Checkpoint]:
    """The checkpoints of a file, each with a signature that holds; ``newest``: only so many of them.

    No file and no key: there were none yet. Raises LedgerError where a signature does not hold, and where the
    file or the key is missing.
    """
    if not path.exists():
        if public_key.exists():
            raise LedgerError(
                f"{path}: the checkpoints are gone, though there were some; bring them back, or verify "
                "against a copy from elsewhere with --checkpoints"
            )
        return []
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public_key.read_text(encoding="ascii")))
    except (OSError, ValueError) as error:
        raise LedgerError(
            f"{public_key}: is no public key of checkpoints ({type(error).__name__}); restore its copy"
        ) from None
    lines = list(enumerate(path.read_bytes().splitlines(), start=1))
    wanted = lines if newest is None else lines[-newest:]
    return [_read(line, key, where=f"{path.name}, line {place}") for place, line in wanted]


def _read(line: bytes, key: Ed25519PublicKey, *, where: str) -> Checkpoint:
    try:
        told = json.loads(line)
        found = Checkpoint(number=int(told["number"]), hash=bytes.fromhex(told["hash"]), at=str(told["at"]))
        key.verify(b64decode(told["signature"]), _statement(found))
    except (ValueError, KeyError, TypeError, InvalidSignature):
        raise LedgerError(
            f"{where}: is no checkpoint signed here: the file was changed. "
            "Verify against a copy from elsewhere with --checkpoints"
        ) from None
    return found


def _signed(made: Checkpoint, key: Ed25519PrivateKey) -> dict[str, str | int]:
    signature = b64encode(key.sign(_statement(made))).decode()
    return {**asdict(made), "hash": made.hash.hex(), "signature": signature}


def _statement(made: Checkpoint) -> bytes:
    return f"longreach audit checkpoint\n{made.number}\n{made.hash.hex()}\n{made.at}".encode()


def _refuse_contradiction(connection: Connection, before: Checkpoint | None) -> None:
    if before is None:
        return
    there = select(AUDIT_CHAIN.c.hash).where(AUDIT_CHAIN.c.number == before.number)
    if connection.execute(there).scalar() != before.hash:
        raise LedgerError(
            f"the audit trail contradicts its checkpoint at line {before.number:,}; it was changed, or this "
            "is another database: longreach audit verify says where"
        )


def _last(path: Path) -> Checkpoint | None:
    """The newest checkpoint of the file, its signature not looked at."""
    if not path.exists() or path.stat().st_size == 0:
        return None
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _LINE), os.SEEK_END)
        newest = file.read().splitlines()[-1]
    try:
        told = json.loads(newest)
        return Checkpoint(number=told["number"], hash=bytes.fromhex(told["hash"]), at=told["at"])
    except (ValueError, KeyError, TypeError):
        raise LedgerError(
            f"{path}: its last line is no checkpoint; take the torn line out, and verify the audit"
        ) from None


def _signer(folder: Path) -> Ed25519PrivateKey:
    """The key of this house, made at first use; call it with the file locked."""
    path = folder / PRIVATE_KEY
    if not path.exists():
        made = Ed25519PrivateKey.generate()
        public = b64encode(made.public_key().public_bytes_raw()).decode("ascii")
        (folder / PUBLIC_KEY).write_text(f"{public}\n", encoding="ascii")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(made.private_bytes_raw())
    return Ed25519PrivateKey.from_private_bytes(path.read_bytes())
