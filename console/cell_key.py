"""Counts by which nobody can be singled out: the cell-key method of statistical offices.

Every customer has a key that looks random, and a selection's key is the sum of its members', mixed. It
decides which way the count is rounded to tens: the same customers always tell the same, however the rule is
written, while one customer more or less may turn it either way. Source: Fraser and Wooton, "A proposed method
for confidentialising tabular output to protect against differencing", UNECE work session, 2005.
"""

import numpy as np
from numpy.typing import NDArray

from evaluation.suppress import SMALLEST

_TENS = 10
_BITS = 2**64

Words = NDArray[np.uint64]


def summed(bits: Words, keys: Words) -> tuple[NDArray[np.int64], Words]:
    """How many each selection holds, and the sums of their keys, wrapped at 64 bits.

    ``bits``: selections x words, row i in bit i % 64 of word i // 64; ``keys``: one for each row.
    """
    rows = np.unpackbits(bits.view(np.uint8), axis=1, count=len(keys), bitorder="little").view(np.bool_)
    sums = [keys[own].sum(dtype=np.uint64) for own in rows]
    return rows.sum(axis=1, dtype=np.int64), np.array(sums, np.uint64)


def told(count: int, key: int) -> int | None:
    """The count to tens as it may be told; null where it is nobody, or too few.

    Fewer than ten are never told, twenty always; between them the key decides as it does of the rounding,
    so that there is no number at which one customer more surely makes a count appear.
    """
    found = rounded(count, key)
    return found if found > SMALLEST else None


def rounded(count: int, key: int) -> int:
    """The count to tens, up or down by the key: over all keys it is right on average.

    4,997 becomes 5,000 for seven keys of ten, and 4,990 for three. ``key``: the sum of the members' keys.
    """
    over = count % _TENS
    return count - over + (_TENS if _mixed(key) * _TENS < over * _BITS else 0)


def _mixed(key: int) -> int:
    """64 bits each of which depends on all of the key's (the end of SplitMix64, Steele et al., 2014)."""
    key = (key ^ (key >> 30)) * 0xBF58476D1CE4E5B9 % _BITS
    key = (key ^ (key >> 27)) * 0x94D049BB133111EB % _BITS
    return key ^ (key >> 31)
