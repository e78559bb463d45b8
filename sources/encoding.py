"""Whether a text file is in the encoding that was agreed, and which one it is in if not."""

import codecs
from collections.abc import Callable, Iterator
from pathlib import Path

from base.errors import SourceError

_CHUNK = 1 << 22
_LIKELY = ("utf-8", "gb18030", "big5")


def check_encoding(path: Path, file: str, *, declared: str) -> None:
    """Raises SourceError naming the encoding found, the one declared and the first row that gives it away.

    Text in a GB encoding is practically never valid UTF-8, so text that is valid UTF-8 is taken for that.
    """
    try:
        wanted = codecs.lookup(declared).name
    except LookupError:
        raise SourceError(
            f"{file}: the declared encoding {declared!r} does not exist; try utf-8 or gb18030"
        ) from None
    looks_utf8, first = wanted != "utf-8", None
    for row, lines in _lines_beyond_ascii(path):
        if not _decodes(lines, wanted):
            bad = _first(lines, lambda line: not _decodes(line, wanted))
            raise _wrong(file, declared, _guess(lines), row + bad)
        looks_utf8 = looks_utf8 and _decodes(lines, "utf-8")
        if first is None:
            first = row + _first(lines, lambda line: not line.isascii())
    if looks_utf8 and first is not None:
        raise _wrong(file, declared, "utf-8", first)


def _wrong(file: str, declared: str, found: str, row: int) -> SourceError:
    place = "the header" if row == 0 else f"row {row:,}"
    return SourceError(
        f"{file}: declared as {declared}, but {place} is {found}; declare encoding {found!r} for "
        "this extract or have it written as agreed"
    )


def _lines_beyond_ascii(path: Path) -> Iterator[tuple[int, bytes]]:
    """Stretches of whole lines that hold more than ASCII, each with the row its first line is (header: 0)."""
    row, rest = 0, b""
    with path.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            block, newline, rest = (rest + chunk).rpartition(b"\n")
            if not block.isascii():
                yield row, block
            row += block.count(b"\n") + bool(newline)
    if not rest.isascii():
        yield row, rest


def _decodes(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _first(lines: bytes, is_it: Callable[[bytes], bool]) -> int:
    return next(place for place, line in enumerate(lines.split(b"\n")) if is_it(line))


def _guess(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in raw[:64]:
        return "utf-16"
    return next((name for name in _LIKELY if _decodes(raw, name)), "in no encoding known here")
