"""A watermark that names recipient and night from any hundred rows, whatever else was cut out of them.

Every row says until when it may be used. Of the 600 seconds before that moment, a secret draws about half for
each recipient and night (as Kirchenbauer et al. 2023 draw words), and each row's moment is moved back to one
of them: earlier, so that no row lives longer than it may. Who holds rows of unknown origin counts how many of
their distinct seconds are of each recipient's half: for the wrong one every other is, for the right one all
are. Neither the order of rows nor other columns matter.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy import special

from base.errors import ReleaseError

SPAN = 600  # seconds: of a half of them 100 rows show about 85, and another half fits once in 2**85
CARRIER = "expires_at"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ](\d\d):(\d\d):(\d\d)")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Whose list it is. ``error``: the probability that rows of another origin look like it, over all lists
    it was compared with; ``moments``: how many distinct ones were found, ``fitting`` how many of them fit."""

    recipient: str
    as_of: date
    moments: int
    fitting: int
    error: float


def mark(rows: pa.Table, *, recipient: str, as_of: date, key: bytes) -> pa.Table:
    """``rows`` with each ``expires_at`` (ISO 8601 text, on a full ten minutes) up to ten minutes earlier.

    The same for the same rows in the same order. Raises ReleaseError where the column is missing or a moment
    is not on a full ten minutes.
    """
    if CARRIER not in rows.column_names:
        raise ReleaseError(f"the list for {recipient} has no column {CARRIER}, which carries its watermark")
    moments = rows[CARRIER].combine_chunks().dictionary_encode()
    seconds = np.flatnonzero(_half(recipient, as_of, key))
    forms = [text for moment in moments.dictionary.to_pylist() for text in _earlier(moment, seconds)]
    drawn = np.random.default_rng(list(_secret(recipient, as_of, key)))
    chosen = drawn.integers(0, len(seconds), rows.num_rows)
    places = moments.indices.to_numpy(zero_copy_only=False).astype(np.int64) * len(seconds) + chosen
    marked = pa.array(forms, pa.string()).take(pa.array(places))
    return rows.set_column(rows.schema.get_field_index(CARRIER), CARRIER, marked)


def trace(
    text: str, *, candidates: Iterable[tuple[str, date]], key: bytes, error: float = 1e-6
) -> tuple[Finding, ...]:
    """Whose lists of which nights ``text`` holds rows of, the surest first; empty when it cannot tell.

    ``text``: anything with moments in it. A file mixed from two lists names both. Only findings at most
    ``error`` likely to be wrong are given: the binomial tail (Bonferroni over all candidates).
    """
    seen = np.array(sorted({_seconds_before(found) for found in _MOMENT.findall(text)}), dtype=np.int64)
    lists = sorted(set(candidates))
    fitting = np.array([_half(*one, key)[seen].sum() for one in lists], dtype=np.int64)
    errors = np.minimum(1.0, special.bdtrc(fitting - 1, len(seen), 0.5) * len(lists))
    findings = [
        Finding(recipient=recipient, as_of=as_of, moments=len(seen), fitting=int(fits), error=float(chance))
        for (recipient, as_of), fits, chance in zip(lists, fitting, errors, strict=True)
        if chance <= error
    ]
    return tuple(sorted(findings, key=lambda finding: finding.error))


def _earlier(moment: str, seconds: npt.NDArray[np.int64]) -> list[str]:
    last = datetime.fromisoformat(moment)
    if last.minute * 60 % SPAN or last.second or last.microsecond:
        raise ReleaseError(f"{CARRIER} {moment} is not on a full ten minutes, so it cannot carry a mark")
    return [(last - timedelta(seconds=int(second))).isoformat() for second in seconds]


def _seconds_before(found: tuple[str, str, str]) -> int:
    hours, minutes, seconds = map(int, found)
    return -(hours * 3600 + minutes * 60 + seconds) % SPAN


def _half(recipient: str, as_of: date, key: bytes) -> npt.NDArray[np.bool_]:
    """Which of the seconds are this list's: a coin for each, thrown by the secret."""
    coins = hashlib.shake_256(_secret(recipient, as_of, key)).digest(-(-SPAN // 8))
    return np.unpackbits(np.frombuffer(coins, np.uint8))[:SPAN].astype(np.bool_)


def _secret(recipient: str, as_of: date, key: bytes) -> bytes:
    return hmac.digest(key, f"watermark|{recipient}|{as_of.isoformat()}".encode(), hashlib.sha256)
