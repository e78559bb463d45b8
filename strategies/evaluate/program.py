"""A compiled book of rules: what it reads, and whom each of its rules selects."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from strategies.evaluate.values import ThreeWay, reckon
from strategies.tree import Value

INSIDE, OUTSIDE, MISSING = range(3)
ALL, ANY = range(2)

Words = npt.NDArray[np.uint64]

# So many rows at a time that the bit sets of a book stay in the processor's cache.
_CHUNK = 2_048
# And so many, whole chunks, of which values are reckoned at a time: few calls, and memory that is used again.
_PIECE = 8 * _CHUNK
# Comparisons that arrays make while the compiler of the loops is loaded, and less.
_LOADING = 2**22


@dataclass(frozen=True, kw_only=True, eq=False)
class Program:
    """Many rules, compiled by ``compile_rules``; may be pickled and sent to an engine's workers.

    ``columns``: the columns it reads, sorted. Leaf i asks whether the value ``values[slots[i]]`` is INSIDE or
    OUTSIDE [``low[i]``, ``high[i]``], or MISSING (``tests[i]``). Joint j is ALL or ANY (``joints[j]``) of the
    leaves and earlier joints ``parts[bounds[j]:bounds[j + 1]]``, joints counted on from the leaves. Rule r is
    true where ``roots[r]`` is.
    """

    columns: tuple[str, ...]
    values: tuple[Value | ThreeWay, ...]
    words: tuple[str, ...]
    as_of: date
    slots: npt.NDArray[np.int32]
    tests: npt.NDArray[np.int8]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    joints: npt.NDArray[np.int8]
    bounds: npt.NDArray[np.int32]
    parts: npt.NDArray[np.int32]
    roots: npt.NDArray[np.int32]

    def bits(self, batch: pa.RecordBatch) -> Words:
        """Whom each rule selects, rules x words: row i of the batch is bit i % 64 of word i // 64."""
        return self._of_rules(self._evaluated(batch))

    def bits_of_few(self, batch: pa.RecordBatch) -> Words:
        """The same, as fast for a few rules, without the compiled loops, whose compiler takes 90 MiB and half
        a second to load."""
        return self._of_rules(self._by_arrays(worths, rows) for worths, rows in self._reckoned(batch))

    def bits_soonest(self, batch: pa.RecordBatch) -> Words:
        """The same, by whichever of the two is there sooner."""
        few = self.slots.size * batch.num_rows < _LOADING
        return self.bits_of_few(batch) if few else self.bits(batch)

    def pairs(self, batch: pa.RecordBatch) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Every (row, rule) where the rule selects the row: rows ascending, and rules within them."""
        from strategies.evaluate.kernel import pair

        found = [pair(bits, self.roots, chunk * _CHUNK) for chunk, bits in enumerate(self._evaluated(batch))]
        none = np.zeros(0, dtype=np.int32)
        rows, rules = zip((none, none), *found, strict=True)
        return np.concatenate(rows), np.concatenate(rules)

    def _of_rules(self, found: Iterable[Words]) -> Words:
        own = [bits[self.roots] for bits in found]
        return np.concatenate([np.zeros((self.roots.size, 0), dtype=np.uint64), *own], axis=1)

    def _evaluated(self, batch: pa.RecordBatch) -> Iterator[Words]:
        """Chunk by chunk, the sets of all leaves and joints."""
        for worths, rows in self._reckoned(batch):
            for start in range(0, rows, _CHUNK):
                yield self._chunk(worths, start, min(_CHUNK, rows - start))

    def _reckoned(self, batch: pa.RecordBatch) -> Iterator[tuple[npt.NDArray[np.float64], int]]:
        """Piece by piece, the values and the number of rows."""
        for first in range(0, batch.num_rows, _PIECE):
            piece = batch.slice(first, _PIECE)
            yield reckon(self.values, piece, words=self.words, as_of=self.as_of), piece.num_rows

    def _chunk(self, worths: npt.NDArray[np.float64], start: int, rows: int) -> Words:
        from strategies.evaluate.kernel import compare, join

        bits = np.empty((self.slots.size + self.joints.size, -(-rows // 64)), dtype=np.uint64)
        compare(worths, self.slots, self.tests, self.low, self.high, start, bits)
        join(self.joints, self.bounds, self.parts, self.slots.size, bits)
        return _without_others(bits, rows)

    def _by_arrays(self, worths: npt.NDArray[np.float64], rows: int) -> Words:
        bits = np.empty((self.slots.size + self.joints.size, -(-rows // 64)), dtype=np.uint64)
        for leaf, slot in enumerate(self.slots):
            numbers, least, most = worths[slot], self.low[leaf], self.high[leaf]
            if self.tests[leaf] == INSIDE:
                passed = (numbers >= least) & (numbers <= most)
            elif self.tests[leaf] == OUTSIDE:
                passed = (numbers < least) | (numbers > most)
            else:
                passed = np.isnan(numbers)
            bits[leaf] = np.packbits(passed, bitorder="little").view(np.uint64)
        for joint, kind in enumerate(self.joints):
            parts = bits[self.parts[self.bounds[joint] : self.bounds[joint + 1]]]
            joined = np.bitwise_and if kind == ALL else np.bitwise_or
            bits[self.slots.size + joint] = joined.reduce(parts, axis=0)
        return _without_others(bits, rows)


def _without_others(bits: Words, rows: int) -> Words:
    """Nobody is after the last row."""
    bits[:, -1] &= np.uint64(2 ** (rows - 64 * (bits.shape[1] - 1)) - 1)
    return bits
