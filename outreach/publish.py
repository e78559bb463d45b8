"""Files that appear whole or not at all: written aside, flushed to the disk, then renamed."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path


def publish_file(path: Path, chunks: Iterable[bytes], *, mode: int = 0o644) -> None:
    """Puts ``chunks`` at ``path`` in one step; what stood there before stays until then.

    Raises OSError as the system gave it; nothing is left behind but what was there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    try:
        _write(draft, chunks, mode=mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _flush_folder(path.parent)


def publish_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Puts a folder holding exactly ``files`` at ``folder``.

    A folder that already holds these very bytes is left alone. One with other bytes is moved aside before
    the new one takes its place; killed between the two moves, the next call starts from an absent folder,
    never from a mixed one. Raises OSError as the system gave it.
    """
    if _holds(folder, files):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft, former = (folder.with_name(f".{folder.name}.{word}") for word in ("draft", "former"))
    for leftover in (draft, former):
        shutil.rmtree(leftover, ignore_errors=True)
    try:
        draft.mkdir(mode=0o755)
        for name, content in files.items():
            _write(draft / name, [content], mode=0o644)
        _flush_folder(draft)
        if folder.exists():
            folder.rename(former)
        draft.rename(folder)
    finally:
        for leftover in (draft, former):
            shutil.rmtree(leftover, ignore_errors=True)
    _flush_folder(folder.parent)


def _holds(folder: Path, files: Mapping[str, bytes]) -> bool:
    if not folder.is_dir() or {path.name for path in folder.iterdir()} != set(files):
        return False
    return all((folder / name).read_bytes() == content for name, content in files.items())


def _write(path: Path, chunks: Iterable[bytes], *, mode: int) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(handle, "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
