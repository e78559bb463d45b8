"""The long-tail customers of a night in memory, so that any number of rules can be tried on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.catalogue import FEATURES
from lake.tables.words import CHANNELS, PRODUCTS
from models.curve import Curve
from models.portrait import BASIS
from outreach.dry_run.collect import verdict_name

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]

FREE = 127
"""The verdict where no policy rule forbids: above every rule's place."""

PIECE = 65_536
"""Customers that one thread takes at a time: whole words of 64."""

# Enough customers to know a feature's shape; evenly spread over them all.
_CURVE_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text column as integers: ``codes`` one a customer (-1 for none), ``words`` what they stand for."""

    codes: Ints
    words: tuple[str, ...]

    def among(self, word: str) -> Flags:
        """Whose word it is."""
        return self.codes == self.words.index(word) if word in self.words else np.zeros(len(self.codes), bool)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The contact that the night chose for each customer: whose, by what, worth what (CNY; -inf for none)."""

    strategy: Words
    channel: Words
    net: Floats
    treated: Flags


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The long-tail customers of ``as_of``; every array holds one place a customer, in one order.

    ``known``: FEATURES and ``segment``. ``verdicts``: by channel and kind the place of the first policy rule
    that forbids a first touch, FREE where none does. ``journey``: the strategy whose journey a customer is
    in. ``opened``: by product, who took it up within ``collect.OPENING_DAYS``. ``begun``: by strategy, who
    may not begin it any more. ``traits``: the features of ``models.portrait.BASIS`` in rows, scaled to mean 0
    and standard deviation 1 (``models.curve``), so that differences compare.
    """

    as_of: date
    known: pa.RecordBatch
    segment: Words
    verdicts: Mapping[tuple[str, str], Bytes]
    journey: Words
    opened: Mapping[str, Flags]
    planned: Planned
    begun: Mapping[str, Ints]
    traits: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return int(self.known.num_rows)

    def batches(self) -> tuple[pa.RecordBatch, ...]:
        """``known`` in pieces of ``PIECE`` customers, the last one shorter."""
        return tuple(self.known.slice(start, PIECE) for start in range(0, len(self), PIECE))

    def values(self, feature: str) -> Floats:
        """A feature as doubles, NaN where missing; flags are 0 and 1."""
        return _doubles(self.known[feature])


def audience(customers: pa.Table, *, begun: pa.Table, as_of: date) -> Audience:
    """``customers`` as ``collect`` gathers them; ``begun``: customer and strategy, who may not begin what."""
    table = customers.combine_chunks()
    features = table.select([*FEATURES, "segment"])
    known = features.to_batches()[0] if len(features) else pa.RecordBatch.from_pylist([], features.schema)
    return Audience(
        as_of=as_of,
        known=known,
        segment=_words(table["segment"]),
        verdicts={
            (channel, kind): _verdict(table[verdict_name(channel, kind)])
            for channel in CHANNELS
            for kind in PRODUCTS
        },
        journey=_words(table["journey"]),
        opened={product: _flags(table[f"opened_{product}"]) for product in PRODUCTS},
        planned=Planned(
            strategy=_words(table["planned_strategy"]),
            channel=_words(table["planned_channel"]),
            net=table["planned_net"].fill_null(-np.inf).to_numpy(),
            treated=_flags(table["planned_treated"]),
        ),
        begun=_begun(begun, table["customer"]),
        traits=np.stack([_scaled(_doubles(known[name])) for name in BASIS]),
    )


def _words(column: pa.ChunkedArray) -> Words:
    encoded: Any = column.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Words(codes=codes, words=tuple(encoded.dictionary.to_pylist()))


def _verdict(column: pa.ChunkedArray) -> Bytes:
    places: Bytes = column.cast(pa.int8()).fill_null(FREE).to_numpy()
    return places


def _flags(column: pa.ChunkedArray) -> Flags:
    found: Flags = column.fill_null(False).to_numpy()
    return found


def _doubles(column: pa.Array) -> Floats:
    numbers: Floats = column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return numbers


def _scaled(values: Floats) -> npt.NDArray[np.float32]:
    curve = Curve.fit(values[:: 1 + len(values) // _CURVE_ROWS])
    return curve.scale(values).astype(np.float32)


def _begun(begun: pa.Table, customers: pa.ChunkedArray) -> dict[str, Ints]:
    """Places of the customers who have begun each strategy."""
    places = pc.index_in(begun["customer"].combine_chunks(), value_set=customers.combine_chunks())
    strategy = _words(begun["strategy"])
    still_here = places.is_valid().to_numpy(zero_copy_only=False)
    at = places.fill_null(-1).to_numpy(zero_copy_only=False)[still_here]
    codes = strategy.codes[still_here]
    order = np.argsort(codes, kind="stable")
    parts = np.split(at[order], np.cumsum(np.bincount(codes, minlength=len(strategy.words)))[:-1])
    return dict(zip(strategy.words, parts, strict=True)) if strategy.words else {}
