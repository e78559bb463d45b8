"""One sealed file a recipient and night: signed by the bank, encrypted to the recipient.

Inside: a tar, compressed with zstd, of ``manifest.json``, ``manifest.sig`` and the files that the manifest
names by hash. Encryption keeps out readers and refuses a changed bit; it does not say who the sender is, so
the manifest is signed.
"""

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

import pyarrow as pa
import pyrage

from base.errors import SealError
from outreach.deliver import sm4
from outreach.deliver.approvals import APPROVAL, check_approval
from outreach.deliver.keys import OpeningKeys, SealingKeys
from outreach.deliver.manifest import MANIFEST, check_manifest
from outreach.deliver.signed import check, sign

SIGNATURE = "manifest.sig"
_LARGEST = 4 << 30  # bytes unpacked, so that a small file cannot fill the memory


@dataclass(frozen=True, kw_only=True)
class Package:
    """A sealed file on its way, and the signed approval that goes before it.

    ``name`` says recipient, night and attempt, and so is its idempotency key.
    """

    recipient: str
    as_of: date
    attempt: int
    name: str
    content: bytes
    sha256: str
    approval: bytes

    @classmethod
    def of(cls, content: bytes, *, approval: bytes, recipient: str, as_of: date, attempt: int) -> Self:
        """Names sealed bytes; the same again for the same night and attempt."""
        return cls(
            recipient=recipient,
            as_of=as_of,
            attempt=attempt,
            name=package_name(recipient, as_of=as_of, attempt=attempt),
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            approval=approval,
        )

    @property
    def files(self) -> dict[str, bytes]:
        """What is laid down by name, in this order: whoever sees the sealed file finds its approval."""
        return {f"{self.name}{APPROVAL}": self.approval, self.name: self.content}


def package_name(recipient: str, *, as_of: date, attempt: int) -> str:
    """Under which name the recipient finds the sealed file."""
    return f"{recipient}-{as_of.isoformat()}-{attempt}.sealed"


def seal(files: Mapping[str, bytes], *, keys: SealingKeys) -> bytes:
    """``files``, of which one is the manifest, as one sealed file. Never the same bytes twice.

    Raises SealError where the manifest is missing.
    """
    if MANIFEST not in files:
        raise SealError(f"files without {MANIFEST} are not sealed")
    signature = sign("manifest", files[MANIFEST], key=keys.signing)
    lists = {name: content for name, content in files.items() if name != MANIFEST}
    packed = _packed({MANIFEST: files[MANIFEST], SIGNATURE: signature, **lists})
    if keys.shared is not None:
        key_id, key = keys.shared
        return sm4.encrypt(packed, key_id=key_id, key=key)
    sealed: bytes = pyrage.encrypt(packed, [pyrage.x25519.Recipient.from_str(key) for key in keys.public])
    return sealed


def unseal(
    content: bytes, *, approval: bytes, recipient: str, keys: OpeningKeys, now: datetime
) -> dict[str, bytes]:
    """The files, manifest included, of a file that the bank sealed to ``recipient``; ``now`` with its zone.

    Raises SealError when it was changed or cut, is another's, not of the bank, expired, or when ``approval``
    is not the bank's signed approval of these very bytes.
    """
    files = _unpacked(_decrypted(content, keys))
    try:
        manifest, signature = files[MANIFEST], files.pop(SIGNATURE)
    except KeyError as error:
        raise SealError(f"the sealed file lacks {error.args[0]}: it is not of the bank") from error
    check("manifest", manifest, signature=signature, keys=keys.bank)
    lists = {name: listed for name, listed in files.items() if name != MANIFEST}
    check_manifest(manifest, lists, recipient=recipient, now=now)
    check_approval(approval, content, recipient=recipient, keys=keys.bank)
    return files


def _decrypted(content: bytes, keys: OpeningKeys) -> bytes:
    if keys.shared:
        return sm4.decrypt(content, keys=keys.shared)
    try:
        identities = [pyrage.x25519.Identity.from_str(key) for key in keys.identities]
        plain: bytes = pyrage.decrypt(content, identities)
    except pyrage.DecryptError as error:
        raise SealError(
            "the sealed file does not open: it was changed or cut on its way, or is sealed to another key"
        ) from error
    return plain


def _packed(files: Mapping[str, bytes]) -> bytes:
    sink = pa.BufferOutputStream()
    with (
        pa.CompressedOutputStream(sink, "zstd") as compressed,
        tarfile.open(fileobj=compressed, mode="w|", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _unpacked(packed: bytes) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    room = _LARGEST
    try:
        with (
            pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as plain,
            tarfile.open(fileobj=plain, mode="r|") as tar,
        ):
            for entry in tar:
                room -= entry.size
                if room < 0 or entry.name in files or not entry.isreg():
                    raise SealError("the sealed file holds what no list of the bank does; it is not read")
                reader = tar.extractfile(entry)
                files[entry.name] = reader.read() if reader else b""
    except (tarfile.TarError, OSError, EOFError) as error:
        raise SealError("the sealed file opens, but holds no files; it is not of the bank") from error
    return files
