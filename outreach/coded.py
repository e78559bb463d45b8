"""Text columns as integers, and luck that depends on their words alone, never on the order of rows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text column as integers: ``codes`` one a row (-1 for null), ``words`` what they stand for."""

    codes: Ints
    words: tuple[str, ...]


def words(column: pa.ChunkedArray) -> Words:
    """The column, coded in the order in which its words first appear."""
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    return Words(codes=codes, words=tuple(encoded.dictionary.to_pylist()))


def in_order(column: Words) -> Words:
    """The same, coded in the order of the words themselves, whatever the order of rows."""
    order = sorted(range(len(column.words)), key=column.words.__getitem__)
    places = np.empty(len(order) + 1, dtype=np.int64)
    places[order], places[-1] = np.arange(len(order)), -1
    return Words(codes=places[column.codes], words=tuple(column.words[at] for at in order))


def luck_of(customer: Words, salt: str) -> Bits:
    """A number a row that depends on customer and salt alone."""
    return mixed(hashed(customer.words) ^ hashed((salt,))[0])[customer.codes]


def luck_of_touch(customer: Words, strategy: Words, step: Ints, salt: str) -> Bits:
    """A number a row that depends on customer, strategy, step and salt alone."""
    touch = mixed(hashed(strategy.words)[strategy.codes] + step.astype(np.uint64))
    return mixed(luck_of(customer, salt) ^ touch)


def hashed(words: tuple[str, ...]) -> Bits:
    """A number a word."""
    return pd.util.hash_array(np.array(words, dtype=object), categorize=False)


def mixed(bits: Bits) -> Bits:
    """SplitMix64's finaliser (Steele, Lea, Flood 2014): every input bit reaches every output bit."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
