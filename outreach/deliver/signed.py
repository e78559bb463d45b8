"""Ed25519 signatures, and statements: small signed JSON documents that go back and forth."""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from base.errors import SealError

Kind = Literal["manifest", "approval", "receipt", "outcomes", "question", "answer"]


def sign(kind: Kind, content: bytes, *, key: Ed25519PrivateKey) -> bytes:
    """The signature (64 bytes, as base64) of ``content`` as that kind of thing and no other."""
    return b64encode(key.sign(_named(kind, content)))


def check(kind: Kind, content: bytes, *, signature: bytes, keys: Sequence[Ed25519PublicKey]) -> None:
    """Raises SealError unless one of ``keys`` made ``signature`` for ``content``."""
    try:
        raw = b64decode(signature, validate=True)
    except ValueError:
        raw = b""
    if b64encode(raw) != signature or not any(_is_by(key, raw, _named(kind, content)) for key in keys):
        raise SealError(
            f"the {kind} is not signed by a key that is known here: it was changed, or is not of the sender "
            "it names; where the sender has a new key, enter it beside the old one"
        )


def make_statement(kind: Kind, document: Mapping[str, Any], *, key: Ed25519PrivateKey) -> bytes:
    """``{"statement": <the document as JSON text>, "signature": <of that text>}``."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    signature = sign(kind, text.encode(), key=key).decode()
    return json.dumps({"statement": text, "signature": signature}, ensure_ascii=False).encode()


def read_statement(kind: Kind, content: bytes, *, keys: Sequence[Ed25519PublicKey]) -> dict[str, Any]:
    """The document of a statement. Raises SealError when it is none, or not signed by one of ``keys``."""
    try:
        outer = json.loads(content)
        text, signature = outer["statement"].encode(), outer["signature"].encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SealError(f"the {kind} is no signed statement; docs/recipients.md says how it looks") from error
    check(kind, text, signature=signature, keys=keys)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise SealError(f"the {kind} states nothing: a JSON object is expected")
    return document


def _named(kind: Kind, content: bytes) -> bytes:
    return f"longreach {kind}/1\n".encode() + content


def _is_by(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
