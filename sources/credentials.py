"""Credentials told by what cells hold, whatever their column is called (JR/T 0171-2020, class C3).

Only what has a shape of its own is known: a password in plain words, a PIN or a check number that stands
alone looks like any other word or number.
"""

import re
from collections.abc import Collection, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from base.errors import SourceError
from sources.extract import Extract
from sources.piece import Piece

_CARD = r"[2-9]\d{3}(?:[ -]?\d{4}){2}[ -]?\d{1,7}"
# ISO/IEC 19794 records begin with FMR, FIR, FAC or IIR and a zero byte; so do they in base64 and in hex.
_TEMPLATE = r"^(?:Rk1SA|RklSA|RkFDA|SUlSA|464[Dd]5200|46495200|46414300|49495200)[A-Za-z0-9+/]{56}"
_STRIPE = "the data of a card's magnetic stripe"
# Year, month and service code, as ISO/IEC 7813 has them on a stripe.
_EXPIRY = r"\d\d(?:0[1-9]|1[0-2])[125679][024][0-7]"
_SECOND_TRACK = r"(?:^|[^0-9])([2-9]\d{12,18})"
_SHAPES: Mapping[str, str] = {
    _STRIPE: rf"B\d{{12,19}}\^[^\^]{{2,26}}\^{_EXPIRY}",
    "private keys": (
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY|AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{20}|PuTTY-User-Key-File-\d:"
    ),
    "password hashes": (
        r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}|\$argon2(?:id|i|d)\$|\$?scrypt[$:]\d|\$pbkdf2|\{PBKDF2"
        r"|\$(?:1|5|6|7|y|gy|apr1|md5|sha1)\$(?:[^$ ]*\$){1,3}[./A-Za-z0-9]{20}"
        r"|\bpbkdf2[_:$-]+(?:hmac[_-]?)?(?:sha|md5|sm3)|\{(?:SSHA|SHA|SMD5|CRYPT)\d*\}[$./+=A-Za-z0-9]{13}"
    ),
    "biometric templates": _TEMPLATE,
}
_WITH_CHECK_NUMBER = rf"^{_CARD}[ ,;:|/]+(?:(?:\d{{4}}|\d\d[/-]\d\d(?:\d\d)?)[ ,;:|/]+)?\d{{3,4}}$"
_BLOB = r"^[A-Za-z0-9+/_\r\n-]+={0,2}\s*$"
_LONG_BLOB = 512
_SHORTEST = 16
"""No cell shorter than this matches anything here, so that columns of words cost next to nothing."""


def refuse_credentials(piece: Piece, extract: Extract) -> None:
    """Raises SourceError where cells of a text column look like credentials; no cell is quoted."""
    for column in extract.delivered:
        if column.type == "string" and (kind := credentials_in(piece.batch.column(column.name))):
            raise SourceError(
                f"{piece.file}: column {extract.theirs(column.name)} holds what looks like {kind}: that is a "
                "credential and is refused; take it out of the extract"
            )


def credentials_in(cells: pa.Array) -> str | None:
    """Which kind of credential some of the cells look like, or None. ``cells``: text."""
    longest = pc.max(pc.binary_length(cells)).as_py()
    if longest is None or longest < _SHORTEST:
        return None
    for kind, shape in _SHAPES.items():
        if pc.any(pc.match_substring_regex(cells, shape)).as_py():
            return kind
    if _second_tracks(cells):
        return _STRIPE
    if _cards_with_check_number(cells):
        return "card numbers with their check numbers"
    if longest >= _LONG_BLOB and _blobs(cells):
        return "biometric templates"
    return None


def _second_tracks(cells: pa.Array) -> bool:
    if any(map(_last_digit_fits, _found(cells, rf"{_SECOND_TRACK}={_EXPIRY}"))):
        return True
    # References of debits have a D there too, behind a moment.
    shaped = _found(cells, rf"{_SECOND_TRACK}D\d{{7}}")
    dated = _found(cells, rf"{_SECOND_TRACK}D{_EXPIRY}")
    return _most_fit(shaped, sum(map(_last_digit_fits, dated)))


def _found(cells: pa.Array, shape: str) -> set[str]:
    """What the shape's group holds wherever the shape is in the cells."""
    shaped = cells.filter(pc.match_substring_regex(cells, shape))
    return {found for cell in shaped.to_pylist() for found in re.findall(shape, cell)}


def _cards_with_check_number(cells: pa.Array) -> bool:
    shaped = cells.filter(pc.match_substring_regex(cells, _WITH_CHECK_NUMBER))
    found = pc.struct_field(pc.extract_regex(shaped, rf"^(?P<card>{_CARD})[ ,;:|/]"), "card")
    cards = found.unique().to_pylist()
    return _most_fit(cards, sum(map(_last_digit_fits, cards)))


def _most_fit(shaped: Collection[str], right: int) -> bool:
    """One in ten numbers has a right last digit by chance: several must, and most of those so shaped."""
    return right >= 3 and 2 * right > len(shaped)


def _last_digit_fits(card: str) -> bool:
    """By ISO/IEC 7812-1, annex B (Luhn)."""
    digits = [int(sign) for sign in reversed(card) if sign.isdecimal()]
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


def _blobs(cells: pa.Array) -> bool:
    long = cells.filter(pc.greater_equal(pc.binary_length(cells), _LONG_BLOB))
    for shape in (_BLOB, "[a-z]", "[A-Z]", "[0-9]"):
        long = long.filter(pc.match_substring_regex(long, shape))
    return len(long) > 0
