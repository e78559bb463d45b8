"""Outcome files as recipients hand them in: the data, then beside it a signed statement of what it is."""

import hashlib
import io
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from stat import S_ISREG
from typing import Any

import pyarrow as pa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pyarrow import parquet

from base.errors import SealError
from base.settings import Settings
from outreach.deliver.signed import make_statement, read_statement
from outreach.publish import publish_file
from sources.answers import SUFFIXES

STATEMENT = ".statement"
"""What is added to a file's name to name its statement."""

_LONGEST_STATEMENT = 1 << 16
_LONGEST_FILE = 1 << 28  # some four million answers; more come in several files
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d([._-]?)(?:0[1-9]|1[0-2])\1(?:0[1-9]|[12]\d|3[01])(?!\d)")
_LONG_NUMBER = re.compile(r"\d(?:[._-]?\d){7}")


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a recipient says of a file. ``last``: no more answers to the night's list will follow, as far as
    the recipient knows; refusals and complaints may still come later, and are taken."""

    recipient: str
    file: str
    sha256: str
    rows: int
    as_of: date
    last: bool


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A statement in the arrivals of one recipient, with the file it speaks of beside it."""

    recipient: str
    path: Path

    @property
    def statement_path(self) -> Path:
        return self.path.with_name(f"{self.path.name}{STATEMENT}")


def arrivals_folder(settings: Settings, recipient: str) -> Path:
    """Where the recipient, and nobody else, may lay files."""
    return settings.home / "inbox" / "arrivals" / recipient


def arrivals(settings: Settings) -> Iterator[Arrival]:
    """What waits, by recipient and name.

    A file without its statement is not whole yet, and waits on; a name that begins with a dot is a draft's.
    """
    for path in sorted(arrivals_folder(settings, "").glob(f"*/[!.]*{STATEMENT}")):
        yield Arrival(recipient=path.parent.name, path=path.with_name(path.name.removesuffix(STATEMENT)))


def read_arrival(arrival: Arrival, *, keys: Sequence[Ed25519PublicKey]) -> tuple[Statement, bytes]:
    """The statement, its ``file`` as ``recorded_name`` gives it, and the very bytes it speaks of.

    Raises SealError when it is not signed by one of ``keys``, is another's, or speaks of other bytes; when
    one of the two is no regular file, or too long.
    """
    stated = read_statement(
        "outcomes", _read(arrival.statement_path, what="statement", most=_LONGEST_STATEMENT), keys=keys
    )
    statement = _statement(stated)
    if (statement.recipient, statement.file) != (arrival.recipient, arrival.path.name):
        raise SealError("the statement is about another file, or another recipient's, than it lies beside")
    if arrival.path.suffix not in SUFFIXES:
        raise SealError(f"outcome files end in {' or '.join(SUFFIXES)}")
    content = _read(arrival.path, what="file that the statement is about", most=_LONGEST_FILE)
    if hashlib.sha256(content).hexdigest() != statement.sha256:
        raise SealError(
            "the file is not the one the statement is about: it was changed, or the statement came before "
            "the file was whole; hand both in again, the statement last"
        )
    # Two nights may be answered by the same bytes, such as none.
    of_night = hashlib.sha256(f"{statement.as_of} {statement.sha256}".encode()).hexdigest()
    return replace(statement, file=recorded_name(statement.file, of_night)), content


def content_hash(arrival: Arrival) -> str:
    """SHA-256 of the file; that of nothing where it cannot be read."""
    try:
        content = _read(arrival.path, what="file", most=_LONGEST_FILE)
    except SealError:
        content = b""
    return hashlib.sha256(content).hexdigest()


def recorded_name(name: str, sha256: str) -> str:
    """``name`` where a record that is never changed may hold it, else one by ``sha256``, of what is in it.

    A name may say of whom the file is, and a hash of it would tell too, to whoever tries all numbers.
    """
    if _PLAIN.fullmatch(name) and not _LONG_NUMBER.search(_DATE.sub("date", name)):
        return name
    suffix = Path(name).suffix
    return f"unnamed-{sha256[:16]}{suffix if suffix in SUFFIXES else ''}"


def hand_in(
    settings: Settings,
    answers: pa.Table,
    *,
    recipient: str,
    as_of: date,
    name: str,
    last: bool,
    key: Ed25519PrivateKey,
) -> None:
    """Hands in ``answers`` (columns of ANSWERS) as the recipient does: the file, then its statement.

    Raises OSError as the system gave it.
    """
    sink = io.BytesIO()
    parquet.write_table(answers, sink)
    content = sink.getvalue()
    stated = {
        "recipient": recipient,
        "file": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows": answers.num_rows,
        "as_of": as_of.isoformat(),
        "last": last,
    }
    path = arrivals_folder(settings, recipient) / name
    publish_file(path, [content])
    publish_file(path.with_name(f"{name}{STATEMENT}"), [make_statement("outcomes", stated, key=key)])


def _read(path: Path, *, what: str, most: int) -> bytes:
    """The bytes of a regular file: whoever lays files here may lay folders, links and pipes as well."""
    try:
        with open(path, "rb", opener=_without_following) as file:
            content = file.read(most + 1) if S_ISREG(os.fstat(file.fileno()).st_mode) else None
    except FileNotFoundError as error:
        raise SealError(f"the {what} is not there; lay it before its statement") from error
    except OSError as error:
        raise SealError(f"the {what} cannot be read as a file ({error.strerror})") from error
    if content is None:
        raise SealError(f"the {what} is no regular file")
    if len(content) > most:
        raise SealError(f"the {what} is longer than {most:,} bytes; hand it in as several")
    return content


def _without_following(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK)


def _statement(stated: Mapping[str, Any]) -> Statement:
    kinds = {"recipient": str, "file": str, "sha256": str, "rows": int, "as_of": str, "last": bool}
    wrong = [name for name, kind in kinds.items() if type(stated.get(name)) is not kind]
    try:
        as_of = date.fromisoformat(stated["as_of"])
    except (KeyError, TypeError, ValueError):
        wrong.append("as_of")
    if wrong:
        raise SealError(
            f"the statement lacks, or gives in another type: {', '.join(sorted(set(wrong)))}; "
            f"it holds {json.dumps({name: kind.__name__ for name, kind in kinds.items()})}"
        )
    return Statement(**{**{name: stated[name] for name in kinds}, "as_of": as_of})
