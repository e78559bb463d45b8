"""Where identities live: tokens stand for them outside, and each look inside is put on record.

Everything under ``<home>/vault`` is inside. Keys lie in ``vault/keys`` (0600). Identities lie in
``vault/identities``, one file a business date, sealed as a whole with AES-256-GCM, so that a flipped bit, a
swapped date or a cut file is refused.
"""

import hashlib
import os
import secrets
import struct
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from base.errors import VaultError
from base.settings import Settings
from lake.tables.intake import IDENTITIES
from lake.tables.words import RECIPIENTS
from ledger import audit
from ledger.database import Ledger
from outreach.publish import publish_file

Kind = Literal["customer", "phone", "dial", "contact"]
"""Which field a token stands for, and to which end: ``phone`` joins people who share a number, ``dial`` is
what a recipient sends back to place a call; the two never match each other."""

TOKEN_LENGTH = 12
_VERSION = "a"
_BLOCK = 64  # of SHA-256, in bytes
_FRAME_ROWS = 500_000
_NONCE = 12
_HEADER = struct.Struct(">Q")


@dataclass(frozen=True, kw_only=True)
class Purpose:
    """A reason to see identities: which fields it opens, and to whom."""

    fields: tuple[str, ...]
    recipients: tuple[str, ...]


PURPOSES = {
    "contact list": Purpose(
        fields=("customer_no", "name", "phone", "id_number", "generated"), recipients=RECIPIENTS
    ),
    "dial": Purpose(fields=("customer_no",), recipients=("source",)),
    "holdout": Purpose(fields=("customer_no",), recipients=("outside_diallers",)),
}


class Vault:
    """The identities of one home folder.

    Raises VaultError when its keys are gone while sealed identities remain: tokens made with new keys would
    match nothing, so the keys have to be restored.
    """

    def __init__(self, settings: Settings) -> None:
        self._keys = settings.vault_folder / "keys"
        self._identities = settings.vault_folder / "identities"

    def tokens(self, kind: Kind, values: pa.Array | pa.ChunkedArray) -> pa.StringArray:
        """Tokens of ``values``, null for null, 12 characters: version letter and 11 of base64url (64 bits).

        HMAC-SHA256 (RFC 2104) under a key of its own for each kind. Equal values get equal tokens.
        """
        whole = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
        distinct = whole.cast(pa.string()).dictionary_encode()
        digests = _hmac_heads(self._field_key(kind), distinct.dictionary.cast(pa.binary()).to_pylist())
        return _token_text(digests).take(distinct.indices)

    def put(self, as_of: date, identities: pa.Table) -> None:
        """Keeps the identities delivered for ``as_of``, in place of earlier ones; columns of that table.

        Raises VaultError when they cannot be written; those kept before then stay.
        """
        table = identities.select(list(IDENTITIES.names)).cast(_SCHEMA)
        try:
            publish_file(self._path(as_of), self._seal(as_of, table), mode=0o600)
        except OSError as error:
            raise VaultError(
                f"vault, identities of {as_of}: not written ({error.strerror}); make room, then run ingest"
            ) from error

    def take(
        self,
        as_of: date,
        customers: pa.Array | pa.ChunkedArray,
        *,
        purpose: str,
        recipient: str,
        ledger: Ledger,
    ) -> pa.Table:
        """Identities of ``customers`` (tokens) as of that date, in their order; unknown ones are left out.

        Columns: customer and the fields that ``purpose`` opens. One audit record a call, refusals too.
        Raises VaultError when purpose or recipient is not allowed, or the identities cannot be read.
        """
        detail = {"as_of": as_of.isoformat(), "recipient": recipient, "customers": len(customers)}
        try:
            fields = _allowed_fields(purpose, recipient)
            found = self._read(as_of, customers, fields)
        except VaultError as refusal:
            audit.record(
                ledger,
                actor=purpose,
                action="vault.refused",
                subject=recipient,
                detail={**detail, "why": str(refusal)},
            )
            raise
        audit.record(
            ledger,
            actor=purpose,
            action="vault.take",
            subject=recipient,
            detail={**detail, "rows": found.num_rows},
        )
        return found

    def _read(self, as_of: date, customers: pa.Array | pa.ChunkedArray, fields: tuple[str, ...]) -> pa.Table:
        wanted = customers.combine_chunks() if isinstance(customers, pa.ChunkedArray) else customers
        columns = ["customer", *fields]
        frames = [
            frame.filter(pc.is_in(frame["customer"], value_set=wanted)).select(columns)
            for frame in self._unseal(as_of)
        ]
        found = pa.concat_tables(frames).combine_chunks()
        places = pc.index_in(wanted, value_set=found["customer"])
        return found.take(places.drop_null())

    def _seal(self, as_of: date, table: pa.Table) -> Iterator[bytes]:
        cipher = AESGCM(self._key("seal"))
        starts = range(0, max(table.num_rows, 1), _FRAME_ROWS)
        for index, start in enumerate(starts):
            nonce = secrets.token_bytes(_NONCE)
            plain = _packed(table.slice(start, _FRAME_ROWS))
            sealed = cipher.encrypt(nonce, plain, _binding(as_of, index, last=index == len(starts) - 1))
            yield _HEADER.pack(_NONCE + len(sealed)) + nonce + sealed

    def _unseal(self, as_of: date) -> Iterator[pa.Table]:
        path = self._path(as_of)
        if not path.exists():
            raise VaultError(f"vault: no identities of {as_of} are kept; run ingest for that date first")
        cipher = AESGCM(self._key("seal"))
        with path.open("rb") as file:
            size, index = path.stat().st_size, 0
            while file.tell() < size or index == 0:
                head = file.read(_HEADER.size)
                frame = file.read(_HEADER.unpack(head)[0]) if len(head) == _HEADER.size else b""
                last = file.tell() == size
                try:
                    plain = cipher.decrypt(frame[:_NONCE], frame[_NONCE:], _binding(as_of, index, last=last))
                except (InvalidTag, ValueError) as error:
                    raise VaultError(
                        f"vault: the identities of {as_of} were changed or cut; run that date's ingest again"
                    ) from error
                yield pa.ipc.open_file(pa.py_buffer(plain)).read_all()
                index += 1

    def _field_key(self, kind: Kind) -> bytes:
        return hashlib.sha256(b"longreach token\0" + kind.encode() + b"\0" + self._key("token")).digest()

    def _key(self, use: str) -> bytes:
        path = self._keys / f"{use}.{_VERSION}"
        if not path.exists():
            if any(self._identities.glob("*.sealed")):
                raise VaultError(
                    f"vault: key {path.name} is gone but identities remain; restore it from its backup"
                )
            _make_key(path)
        return path.read_bytes()

    def _path(self, as_of: date) -> Path:
        self._identities.mkdir(parents=True, exist_ok=True)
        self._identities.parent.chmod(0o700)
        return self._identities / f"{as_of.isoformat()}.sealed"


_SCHEMA = pa.schema([field.with_nullable(True) for field in IDENTITIES.arrow_schema()])


def _allowed_fields(purpose: str, recipient: str) -> tuple[str, ...]:
    known = PURPOSES.get(purpose)
    if known is None:
        raise VaultError(
            f"vault: {purpose!r} is no purpose identities are given for; there are: {', '.join(PURPOSES)}"
        )
    if recipient not in known.recipients:
        raise VaultError(
            f"vault: {recipient!r} receives nothing for purpose {purpose!r}; "
            f"there are: {', '.join(known.recipients)}"
        )
    return known.fields


def _hmac_heads(key: bytes, messages: list[bytes | None]) -> bytes:
    """The first 8 bytes of each HMAC-SHA256, end to end.

    Both padded keys are hashed once and copied, which is 2.5 times as fast as ``hmac`` for short messages.
    """
    padded = key.ljust(_BLOCK, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded)).copy
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded)).copy
    heads = bytearray()
    for message in messages:
        first, second = inner(), outer()
        first.update(message or b"")
        second.update(first.digest())
        heads += second.digest()[:8]
    return bytes(heads)


def _token_text(heads: bytes) -> pa.StringArray:
    digests = np.frombuffer(heads, dtype=np.uint8).reshape(-1, 8)
    padded = np.zeros(
        (len(digests), 9), dtype=np.uint8
    )  # 9 bytes are 12 base64 characters; the 12th says nothing
    padded[:, :8] = digests
    encoded = np.frombuffer(urlsafe_b64encode(padded.tobytes()), dtype=np.uint8).reshape(-1, TOKEN_LENGTH)
    text = np.empty((len(digests), TOKEN_LENGTH), dtype=np.uint8)
    text[:, 0] = ord(_VERSION)
    text[:, 1:] = encoded[:, : TOKEN_LENGTH - 1]
    offsets = np.arange(len(digests) + 1, dtype=np.int32) * TOKEN_LENGTH
    return pa.StringArray.from_buffers(len(digests), pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))


def _packed(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _binding(as_of: date, index: int, *, last: bool) -> bytes:
    """What a frame is sealed to: its date, its place, and whether another follows."""
    return f"{as_of.isoformat()}|{index}|{'last' if last else 'more'}".encode()


def _make_key(path: Path) -> None:
    """A new random key, also when two processes make it at once: the first one's stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in (path.parent.parent, path.parent):
        folder.chmod(0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    publish_file(draft, [secrets.token_bytes(32)], mode=0o600)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
