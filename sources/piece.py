"""Some rows of a delivered file, typed, with what could not be read of them; and what no file may hold."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from base.errors import SourceError
from sources.extract import Extract

_NAME = re.compile(r"(?!.*\d{4})[^\W\d][\w .-]{0,39}")
_CREDENTIAL = re.compile(
    r"pass ?(w(or)?d|code)|(?<![a-z])(pwd|cv[vcn]2?|pin|iris|retina)(?![a-z])|pin ?block|track ?[12](?![0-9])"
    r"|mag ?stripe|biometric|(finger|face|voice|palm) ?(print|template)|face ?id(?![a-z])"
    r"|密码|口令|验证码|安全码|卡片?有效期|磁道|指纹|掌纹|人脸|声纹|虹膜|生物特征"
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
    credentials = [name for name in names if _CREDENTIAL.search(_spelt_out(name))]
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


def _spelt_out(name: str) -> str:
    """``cardCvv``, ``card_cvv`` and ``card-cvv`` as ``card cvv``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return re.sub(r"[\s_.-]+", " ", words).lower()
