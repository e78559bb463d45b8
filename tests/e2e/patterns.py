"""An exact search for millions of byte strings at once.

At every byte the few bytes from there on are looked up among the beginnings of all that is searched for;
where one begins, all of it is compared. So none is missed, and it takes some seconds a gigabyte.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numba
import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]
Places = npt.NDArray[np.int64]

_PIECE = 1 << 22  # bytes looked through at once
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 divided by the golden ratio (Knuth, TAOCP 6.4)
_SIEVE = 25  # bits of a hash: what the processor holds at hand


@dataclass(frozen=True, kw_only=True)
class Patterns:
    """Byte strings that are looked for, all of ``begin`` bytes at least, and how each is told.

    ``sieve``: a bit for every hash of a beginning; ``beginnings``: all, sorted; ``by_length``: for the
    strings of each length their beginnings, their hashes and which of ``hows``, the last two sorted by hash.
    """

    begin: int
    sieve: npt.NDArray[np.bool_]
    beginnings: Words
    by_length: dict[int, tuple[Words, Places, Places]]
    hows: list[str]

    @classmethod
    def of(cls, given: Iterable[tuple[str, bytes]], *, begin: int) -> Self:
        """``given``: how it is told, and the bytes. ``begin``: 8 bytes at most."""
        hows: dict[str, int] = {}
        strings: dict[int, tuple[set[bytes], array[int], array[int]]] = {}
        for how, string in given:
            begins, hashes, told = strings.setdefault(len(string), (set(), array("q"), array("q")))
            begins.add(string[:begin])
            hashes.append(hash(string))
            told.append(hows.setdefault(how, len(hows)))
        by_length = {}
        for length, (begins, hashes, told) in strings.items():
            every, which = np.array(hashes), np.array(told)
            order = np.argsort(every)
            words = np.sort(np.array([int.from_bytes(one) for one in begins], np.uint64))
            by_length[length] = words, every[order], which[order]
        every_word = [words for words, _, _ in by_length.values()]
        beginnings = np.unique(np.concatenate([np.empty(0, np.uint64), *every_word]))
        sieve = np.zeros(1 << _SIEVE, dtype=np.bool_)
        sieve[(beginnings * _SPREAD) >> np.uint64(64 - _SIEVE)] = True
        return cls(begin=begin, sieve=sieve, beginnings=beginnings, by_length=by_length, hows=list(hows))

    def found_in(self, content: bytes) -> Iterator[tuple[int, int, str]]:
        """Start, end and how it is told of each that stands in ``content``."""
        for start in range(0, len(content), _PIECE):
            piece = np.frombuffer(content[start : start + _PIECE + self.begin - 1], np.uint8)
            places, words = _begun(piece, self.begin, self.sieve)
            begun = _among(self.beginnings, words)
            if begun.any():
                yield from self._whole(content, places[begun] + start, words[begun])

    def _whole(self, content: bytes, places: Places, words: Words) -> Iterator[tuple[int, int, str]]:
        for length, (begins, hashes, told) in self.by_length.items():
            at = places[_among(begins, words)].tolist()
            seen = np.array([hash(content[place : place + length]) for place in at], np.int64)
            found = _among(hashes, seen)
            which = told[np.searchsorted(hashes, seen[found])].tolist()
            for place, how in zip(np.array(at)[found].tolist(), which, strict=True):
                yield place, place + length, self.hows[how]


@numba.njit(cache=True)
def _begun(piece: Any, begin: Any, sieve: Any) -> Any:
    """Where a beginning may be, and the bytes there as a number."""
    places = np.empty(len(piece), np.int64)
    words = np.empty(len(piece), np.uint64)
    mask = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - 8 * begin)
    count, word = 0, np.uint64(0)
    for at in range(len(piece)):
        word = ((word << np.uint64(8)) | np.uint64(piece[at])) & mask
        if at >= begin - 1 and sieve[(word * _SPREAD) >> np.uint64(64 - _SIEVE)]:
            places[count], words[count] = at - begin + 1, word
            count += 1
    return places[:count], words[:count]


def _among(known: Any, given: Any) -> npt.NDArray[np.bool_]:
    """Which of the given are among the known, which are sorted."""
    if not len(known):
        return np.zeros(len(given), np.bool_)
    at = np.minimum(np.searchsorted(known, given), len(known) - 1)
    return np.asarray(known[at] == given)
