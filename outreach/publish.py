"""Files that appear whole or not at all: written aside, flushed to the disk, then renamed."""

import os
from collections.abc import Iterable
from fcntl import LOCK_EX, flock
from pathlib import Path


def publish_file(path: Path, chunks: Iterable[bytes], *, mode: int = 0o644) -> None:
    """Puts ``chunks`` at ``path`` in one step; what stood there before stays until then.

    Of two who publish at once one waits for the other, so neither writes into what the other has put in
    place. Raises OSError as the system gave it; nothing is left behind but what was there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with os.fdopen(_held(draft, mode), "wb") as file:
        try:
            file.truncate(0)  # what somebody left who was killed
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    _flush_folder(path.parent)


def _held(draft: Path, mode: int) -> int:
    """The draft, opened and locked until it is closed, once it is still the file of that name by then."""
    while True:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, mode)
        flock(handle, LOCK_EX)
        if draft.exists() and os.path.samestat(draft.stat(), os.fstat(handle)):
            os.fchmod(handle, mode)
            return handle
        os.close(handle)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
