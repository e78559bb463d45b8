"""Some rows of a delivered file, typed, with what could not be read of them; and what no file may hold."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from base.errors import SourceError
from sources.extract import Extract

_NAME = re.compile(r"(?!.*\d{4})[^\W\d][\w .-]{0,39}")
_CREDENTIAL = re.compile(
    r"passw(or)?d|passwd|\bpwd\b|passcode|\bcvv2?\b|\bcvc2?\b|\bcvn2?\b|\bpin\b|pinblock|track[12]\b|magstripe"
    r"|biometric|fingerprint|faceprint|voiceprint|face_?template|密码|口令|磁道|指纹|人脸|声纹|虹膜|生物特征"
)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Rows of one file. ``batch`` has a column for each agreed column, under our names.

    ``rows`` are the numbers of its rows in the file (the first is 1); ``unreadable`` masks cells that did not
    read as their type; ``torn`` are the numbers of rows that could not be cut into cells and are left out.
    """

    file: str
    batch: pa.RecordBatch
    rows: Sequence[int]
    unreadable: Mapping[str, pa.Array] = field(default_factory=dict)
    torn: tuple[int, ...] = ()

    @property
    def delivered(self) -> int:
        """Rows that the file spent on this piece."""
        return int(self.batch.num_rows) + len(self.torn)


def check_header(names: Sequence[str], extract: Extract, *, file: str, count_rows: Callable[[], int]) -> None:
    """Compares a file's columns with what was agreed.

    Raises SourceError for a missing column, one that was not agreed (nobody said how delicate it is), one
    that is there twice, and before all for a credential: passwords, card check numbers, PINs and biometrics
    are never taken in (JR/T 0171-2020, class C3).
    """
    credentials = [name for name in names if any(map(_CREDENTIAL.search, _spellings(name)))]
    agreed = [extract.theirs(column.name) for column in extract.delivered]
    missing = [name for name in agreed if name not in names]
    surplus = [name for name in names if name not in agreed and name not in extract.ignored]
    twice = [name for name in agreed if names.count(name) > 1]
    if len(missing) == len(agreed):
        raise SourceError(
            f"{file} ({count_rows():,} rows): none of the agreed columns is there, and the first row "
            f"does not look like a header; expected {', '.join(agreed)}"
        )
    if credentials:
        wrong, mend = _printable(credentials), "is a credential and is refused; take it out of the extract"
    elif missing:
        wrong, mend = missing, f"is missing; the file has {', '.join(_printable(names))}"
    elif surplus:
        wrong, mend = (
            _printable(surplus),
            "was not agreed, so nobody said how delicate it is; declare it as ignored or take it out",
        )
    elif twice:
        wrong, mend = twice, "is there more than once; leave one"
    else:
        return
    raise SourceError(f"{file} ({count_rows():,} rows): column {', '.join(wrong)} {mend}")


def _printable(names: Sequence[str]) -> list[str]:
    """Names as a message may quote them: what may be a row that slipped into the header stays unsaid."""
    return [name if _NAME.fullmatch(name) else "(not shown: does not look like a name)" for name in names]


def _spellings(name: str) -> tuple[str, str]:
    lower = name.lower()
    return lower, lower.replace("_", " ").replace("-", " ")
