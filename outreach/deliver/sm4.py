"""SM4-GCM in frames, for recipients who ask for Chinese ciphers.

One line names the key and a salt; HKDF-SM3 (RFC 5869) derives from both a key for this file alone, so the
line cannot be changed. Frames follow the STREAM construction (Hoang et al. 2015), as age's do: a frame's
nonce is its place and whether it is the last, so frames cannot be swapped, cut off or added.
"""

import re
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from base.errors import SealError

_LINE = re.compile(rb"longreach-sm4/1 ([A-Za-z0-9_.\-]{1,64}) ([0-9a-f]{32})\n")
_FRAME = 1 << 20
_TAG = 16


def encrypt(plain: bytes, *, key_id: str, key: bytes) -> bytes:
    """``plain`` under ``key`` (32 bytes), which the recipient knows as ``key_id``."""
    line = f"longreach-sm4/1 {key_id} {secrets.token_hex(16)}\n".encode()
    if _LINE.fullmatch(line) is None:
        raise SealError(f"{key_id!r} does not name a key: letters, digits, dot, dash and underscore do")
    own = _file_key(key, line)
    starts = range(0, max(len(plain), 1), _FRAME)
    sealed = [line]
    for index, start in enumerate(starts):
        nonce = _nonce(index, last=index == len(starts) - 1)
        encryptor = Cipher(SM4(own), GCM(nonce)).encryptor()
        sealed += [
            encryptor.update(plain[start : start + _FRAME]),
            encryptor.finalize(),
            encryptor.tag,
        ]
    return b"".join(sealed)


def decrypt(content: bytes, *, keys: Mapping[str, bytes]) -> bytes:
    """What was encrypted under one of ``keys``, which are given by their names.

    Raises SealError when it was not, or was changed or cut since.
    """
    line = _LINE.match(content)
    if line is None:
        raise SealError("this is no file sealed with SM4: its first line is another")
    key = keys.get(line[1].decode())
    if key is None:
        raise SealError(f"the file is sealed with a key that is not here; there are: {', '.join(keys)}")
    own, size = _file_key(key, line[0]), _FRAME + _TAG
    starts = range(line.end(), max(len(content), line.end() + 1), size)
    return b"".join(
        _frame(content[start : start + size], own, _nonce(index, last=index == len(starts) - 1))
        for index, start in enumerate(starts)
    )


def _frame(frame: bytes, key: bytes, nonce: bytes) -> bytes:
    try:
        decryptor = Cipher(SM4(key), GCM(nonce, frame[-_TAG:])).decryptor()
        return decryptor.update(frame[:-_TAG]) + decryptor.finalize()
    except (InvalidTag, ValueError) as error:
        raise SealError("the file was changed or cut on its way; ask for it again") from error


def _file_key(key: bytes, line: bytes) -> bytes:
    return HKDF(SM3(), length=16, salt=None, info=line).derive(key)


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(11) + bytes([last])
