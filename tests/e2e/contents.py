"""What is inside of what a night wrote: packed, pickled, stored by column, drawn or sealed."""

import base64
import bz2
import csv
import gzip
import io
import lzma
import pickletools
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pyrage

Numbers = npt.NDArray[np.int64]
Inside = Iterator[tuple[str, bytes | Numbers]]
Keys = Mapping[str, str]
"""By recipient, the age identity that opens what is sealed to it."""

OWED = {"sms_gateway": "number"}
"""By recipient, the column of plain phones in its lists: a gateway of messages has to know where to send."""

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LEAST = 10**7  # an identifier has eight digits at least
_PICTURE = re.compile(rb"data:[\w/+.-]+;base64,([A-Za-z0-9+/]+=*)")


class SealedError(Exception):
    """A sealed file that no given key opens, or that gives its recipient more than it is owed."""


def opened(name: str, content: bytes, *, keys: Keys) -> Inside:
    """``name, bytes`` of everything that can be opened inside of the content, as deep as it goes; numbers
    where it stores numbers. Raises SealedError.
    """
    for inner, inside in _inside(content, keys):
        yield f"{name}, {inner}", inside
        if isinstance(inside, bytes):
            yield from opened(f"{name}, {inner}", inside, keys=keys)


def columns_of(table: pa.Table) -> Inside:
    """All values of each column once, texts one a line; moments left out, which are all digits."""
    for column, values in zip(table.column_names, table.columns, strict=True):
        yield from _leaves(f"column {column}", values)


def _inside(content: bytes, keys: Keys) -> Inside:
    for magic, unpack in _BY_MAGIC.items():
        if content.startswith(magic):
            yield from _as_far_as_it_goes(unpack, content)
    if content.startswith(b"age-encryption.org/"):
        yield from _sealed(content, keys)
    if content[257:262] == b"ustar":
        yield from _as_far_as_it_goes(_tar, content)
    if content[:1] == b"\x80" and content[1:2] in b"\2\3\4\5":
        yield from _as_far_as_it_goes(_pickled, content)
    for number, picture in enumerate(_PICTURE.findall(content), start=1):
        yield f"picture {number}", base64.b64decode(picture + b"=" * (-len(picture) % 4))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "UTF-16", content.decode("utf-16", errors="replace").encode()
    elif _is_gb18030(content):
        yield "GB18030", content.decode("gb18030").encode()


def _as_far_as_it_goes(unpack: Callable[[bytes], Inside], content: bytes) -> Inside:
    """What only looks packed, or is cut short, is searched as it is."""
    try:
        yield from unpack(content)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError):
        return


def _one(name: str, unpack: Callable[[bytes], bytes]) -> Callable[[bytes], Inside]:
    return lambda content: iter([(name, unpack(content))])


def _zstd(content: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
        return bytes(stream.read())


def _zip(content: bytes) -> Inside:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def _tar(content: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        for entry in archive:
            yield entry.name, b""
            reader = archive.extractfile(entry) if entry.isreg() else None
            if reader is not None:
                yield entry.name, reader.read()


def _parquet(content: bytes) -> Inside:
    yield from columns_of(pq.ParquetFile(io.BytesIO(content)).read())


def _arrow(content: bytes) -> Inside:
    yield from columns_of(pa.ipc.open_file(pa.py_buffer(content)).read_all())


def _png(content: bytes) -> Inside:
    """Texts that go with a picture, unpacked; those that are not packed stand in the file as they are."""
    at = 8
    while at + 8 <= len(content):
        size, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        chunk = content[at + 8 : at + 8 + size]
        if kind in (b"zTXt", b"iTXt"):
            packed = chunk.find(b"\x78")
            if packed >= 0:
                yield "text", zlib.decompressobj().decompress(chunk[packed:])
        at += 12 + size


def _pickled(content: bytes) -> Inside:
    """Strings and numbers of a pickle, which is not run; of bytes, as numpy keeps arrays, the numbers."""
    said, numbers = [], []
    for _, value, _ in pickletools.genops(content):
        if isinstance(value, str):
            said.append(value.encode(errors="replace"))
        elif isinstance(value, int | float) and abs(value) < 2**63:
            numbers.append(whole_numbers(np.array([value])))
        elif isinstance(value, bytes | bytearray) and len(value) % 8 == 0:
            numbers += [whole_numbers(np.frombuffer(value, kind)) for kind in ("<i8", "<f8")]
    yield "pickled", b"\n".join(said)
    yield "pickled", np.concatenate([np.empty(0, np.int64), *numbers])


def _sealed(content: bytes, keys: Keys) -> Inside:
    """The files in a sealed list, as its recipient sees them, without the plain phones that it is owed."""
    for recipient, key in keys.items():
        try:
            plain = pyrage.decrypt(content, [pyrage.x25519.Identity.from_str(key)])
        except pyrage.DecryptError:
            continue
        for name, listed in _tar(_zstd(plain)):
            owed = OWED.get(recipient)
            yield f"sealed {name}", _without(listed, owed) if owed and name.endswith(".csv") else listed
        return
    raise SealedError("is sealed, and no key here opens it")


def _without(listed: bytes, column: str) -> bytes:
    """The list without its column of phones. Raises SealedError where anything else stands in that."""
    rows = list(csv.reader(io.StringIO(listed.decode())))
    if not rows:
        return b""
    at = rows[0].index(column)
    if not all(_MOBILE.fullmatch(row[at]) for row in rows[1:]):
        raise SealedError(f"has more than a mobile in its column {column}")
    sink = io.StringIO()
    csv.writer(sink).writerows(row[:at] + row[at + 1 :] for row in rows)
    return sink.getvalue().encode()


def _leaves(name: str, values: pa.ChunkedArray | pa.Array) -> Inside:
    kind = values.type
    if isinstance(values, pa.ChunkedArray) and pa.types.is_nested(kind):
        values = values.combine_chunks()
    if pa.types.is_struct(kind):
        for field, inner in zip(kind, values.flatten(), strict=True):
            yield from _leaves(f"{name}.{field.name}", inner)
    elif pa.types.is_map(kind):
        yield from _leaves(name, values.keys)
        yield from _leaves(name, values.items)
    elif pa.types.is_nested(kind):
        yield from _leaves(name, values.flatten())
    elif pa.types.is_floating(kind) or pa.types.is_integer(kind):
        yield name, whole_numbers(values.unique().drop_null().to_numpy())
    elif not pa.types.is_temporal(kind):
        once = values.unique().drop_null()
        whole = once.cast(pa.binary()) if _is_text(kind) else once.cast(pa.string()).cast(pa.binary())
        yield name, b"\n".join(whole.to_pylist())


def _is_text(kind: pa.DataType) -> bool:
    of = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(
        test(of)
        for test in (
            *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
            *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary),
        )
    )


def whole_numbers(numbers: "np.ndarray[Any, np.dtype[Any]]") -> Numbers:
    """The whole parts, without sign, of those numbers that are large enough, once each."""
    with np.errstate(invalid="ignore"):
        size = np.abs(numbers.astype(np.float64))
    return np.unique(np.abs(numbers[(size >= _LEAST) & (size < 2**63)].astype(np.int64)))


def _is_gb18030(content: bytes) -> bool:
    if b"\0" in content:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding == "gb18030"
    return False


_BY_MAGIC: dict[bytes, Callable[[bytes], Inside]] = {
    b"\x1f\x8b": _one("unpacked", gzip.decompress),
    b"\x78": _one("unpacked", zlib.decompress),
    b"BZh": _one("unpacked", bz2.decompress),
    b"\xfd7zXZ": _one("unpacked", lzma.decompress),
    b"\x28\xb5\x2f\xfd": _one("unpacked", _zstd),
    b"PK\3\4": _zip,
    b"PAR1": _parquet,
    b"ARROW1": _arrow,
    b"\x89PNG\r\n\x1a\n": _png,
}
