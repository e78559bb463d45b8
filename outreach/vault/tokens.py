"""Tokens: keyed hashes of identifiers, apart by field and purpose, versioned by their first letter."""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from numpy.typing import NDArray

Kind = Literal["customer", "phone", "document", "dial", "contact"]
Algorithm = Literal["sha256", "sm3"]

TOKEN_LENGTH = 12
VERSIONS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BLOCK = 64  # of SHA-256 and of SM3, in bytes


@dataclass(frozen=True, kw_only=True)
class TokenKind:
    """What a token stands for and to which end: two kinds never match each other, equal values or not.

    ``lasting`` tokens join the house's tables over the years, so whoever has one keeps it when the token key
    changes.
    """

    field: str
    purpose: str
    lasting: bool


KINDS: dict[Kind, TokenKind] = {
    "customer": TokenKind(field="customer_no", purpose="join", lasting=True),
    "phone": TokenKind(field="phone", purpose="join", lasting=True),
    "document": TokenKind(field="id_number", purpose="same person", lasting=True),
    "dial": TokenKind(field="contact", purpose="place a call", lasting=False),
    "contact": TokenKind(field="contact", purpose="report an outcome", lasting=False),
}


@dataclass(frozen=True, kw_only=True)
class TokenKey:
    """One version of the key that all tokens are made with."""

    version: str
    algorithm: Algorithm
    secret: bytes

    def heads(self, kind: Kind, messages: list[bytes]) -> NDArray[np.int64]:
        """The first 64 bits of each message's HMAC (RFC 2104), under a key derived for the kind (HKDF)."""
        told = KINDS[kind]
        info = f"longreach token|{told.field}|{told.purpose}".encode()
        derived = HKDF(SHA256(), length=32, salt=None, info=info).derive(self.secret)
        return hmac_heads(derived, messages, algorithm=self.algorithm)

    def text(self, heads: NDArray[np.int64]) -> pa.StringArray:
        """Twelve characters a token: the version's letter and 11 of base64url."""
        padded = np.zeros((len(heads), 9), dtype=np.uint8)
        padded[:, :8] = heads.view(np.uint8).reshape(-1, 8)
        # Nine bytes are twelve characters, of which the last says nothing.
        encoded = np.frombuffer(urlsafe_b64encode(padded.tobytes()), dtype=np.uint8)
        text = np.empty((len(heads), TOKEN_LENGTH), dtype=np.uint8)
        text[:, 0] = ord(self.version)
        text[:, 1:] = encoded.reshape(-1, TOKEN_LENGTH)[:, : TOKEN_LENGTH - 1]
        offsets = np.arange(len(heads) + 1, dtype=np.int32) * TOKEN_LENGTH
        return pa.StringArray.from_buffers(len(heads), pa.py_buffer(offsets), pa.py_buffer(text.tobytes()))


def hmac_heads(key: bytes, messages: list[bytes], *, algorithm: Algorithm = "sha256") -> NDArray[np.int64]:
    """The first 8 bytes of each message's HMAC, as they lie.

    Both padded keys are hashed once and copied, which is 2.5 times as fast as ``hmac`` for short messages.
    """
    padded = key.ljust(_BLOCK, b"\0")
    inner = hashlib.new(algorithm, bytes(byte ^ 0x36 for byte in padded)).copy
    outer = hashlib.new(algorithm, bytes(byte ^ 0x5C for byte in padded)).copy
    heads = bytearray()
    for message in messages:
        first, second = inner(), outer()
        first.update(message)
        second.update(first.digest())
        heads += second.digest()[:8]
    return np.frombuffer(bytes(heads), dtype=np.int64)
