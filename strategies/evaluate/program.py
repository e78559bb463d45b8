"""A compiled book of rules: what it reads, and whom each of its rules selects."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from strategies.evaluate import kernel
from strategies.evaluate.values import ThreeWay, reckon
from strategies.tree import Value

# So many rows at a time that the bit sets of a book stay in the processor's cache.
_CHUNK = 2_048
# And so many, whole chunks, of which values are reckoned at a time: few calls, and memory that is used again.
_PIECE = 8 * _CHUNK


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

    def bits(self, batch: pa.RecordBatch) -> npt.NDArray[np.uint64]:
        """Whom each rule selects, rules x words: row i of the batch is bit i % 64 of word i // 64."""
        found = [bits[self.roots] for bits in self._evaluated(batch)]
        return np.concatenate([np.zeros((self.roots.size, 0), dtype=np.uint64), *found], axis=1)

    def pairs(self, batch: pa.RecordBatch) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Every (row, rule) where the rule selects the row: rows ascending, and rules within them."""
        found = [
            kernel.pair(bits, self.roots, chunk * _CHUNK) for chunk, bits in enumerate(self._evaluated(batch))
        ]
        none = np.zeros(0, dtype=np.int32)
        rows, rules = zip((none, none), *found, strict=True)
        return np.concatenate(rows), np.concatenate(rules)

    def _evaluated(self, batch: pa.RecordBatch) -> Iterator[npt.NDArray[np.uint64]]:
        """Chunk by chunk, the sets of all leaves and joints."""
        for first in range(0, batch.num_rows, _PIECE):
            piece = batch.slice(first, _PIECE)
            worths = reckon(self.values, piece, words=self.words, as_of=self.as_of)
            for start in range(0, piece.num_rows, _CHUNK):
                yield self._chunk(worths, start, min(_CHUNK, piece.num_rows - start))

    def _chunk(self, worths: npt.NDArray[np.float64], start: int, rows: int) -> npt.NDArray[np.uint64]:
        bits = np.empty((self.slots.size + self.joints.size, -(-rows // 64)), dtype=np.uint64)
        kernel.compare(worths, self.slots, self.tests, self.low, self.high, start, bits)
        kernel.join(self.joints, self.bounds, self.parts, self.slots.size, bits)
        bits[:, -1] &= np.uint64(2 ** (rows - 64 * (bits.shape[1] - 1)) - 1)  # nobody is after the last row
        return bits
