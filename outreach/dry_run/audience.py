"""The long-tail customers of a night in memory, so that any number of rules can be tried on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features.catalogue import FEATURES
from lake.tables.words import CHANNELS, PRODUCTS
from models.curve import Curve
from models.portrait import BASIS
from outreach.dry_run.begun import Touches, touches_of
from outreach.dry_run.collect import verdict_name

Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int32]
Bytes = npt.NDArray[np.int8]
Floats = npt.NDArray[np.float64]

FREE = 127
"""The verdict where no policy rule forbids: above every rule's place."""

# Enough customers to know a feature's shape; evenly spread over them all.
_CURVE_ROWS = 100_000


@dataclass(frozen=True, kw_only=True)
class Words:
    """A text column as integers: ``codes`` one a customer (-1 for none), ``words`` what they stand for."""

    codes: Ints
    words: tuple[str, ...]

    def code(self, word: str) -> int:
        """The word's code; one that nobody has where there is no such word."""
        return self.words.index(word) if word in self.words else len(self.words)


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The contact that the night chose for each customer: whose, by what, worth what (CNY; -inf for none).

    ``left``: of that, when its room is paid for. ``margin``: what that is more than his next best by another
    channel, or than nothing. By channel, of the contact passed over that came nearest: ``short_by`` (inf for
    none), and ``short_of``, whose it is.
    """

    strategy: Words
    channel: Words
    net: Floats
    left: Floats
    margin: Floats
    treated: Flags
    short_by: Mapping[str, Floats]
    short_of: Mapping[str, Words]


@dataclass(frozen=True, kw_only=True)
class Audience:
    """The long-tail customers of ``as_of``; every array holds one place a customer, in one order.

    ``known``: FEATURES and ``segment``. ``unread``: who chose that nothing be read to choose them; of them
    nothing is known. ``verdicts``: by channel and kind the place of the first policy rule
    that forbids a first touch, FREE where none does. ``journey``: the strategy whose journey a customer is
    in. ``hour``: at which he is best reached. ``opened``: by product, who took it up within
    ``collect.OPENING_DAYS``. ``touches``: by strategy, all that have been made. ``scaled``: the features of
    ``models.portrait.BASIS`` in rows, with mean 0 and standard deviation about 1 (``models.curve``), so that
    differences compare; ``means``: of the same as they are, features x segments, of customers of whom they
    are known, and ``known_of``, of how many.
    """

    as_of: date
    known: pa.RecordBatch
    unread: Flags
    segment: Words
    verdicts: Mapping[tuple[str, str], Bytes]
    journey: Words
    hour: Ints
    opened: Mapping[str, Flags]
    planned: Planned
    touches: Mapping[str, Touches]
    scaled: npt.NDArray[np.float32]
    means: Floats
    known_of: Floats

    def __len__(self) -> int:
        return int(self.known.num_rows)

    def values(self, feature: str, places: Ints) -> Floats:
        """A feature of the customers at ``places`` as doubles, NaN where missing; flags are 0 and 1."""
        return _doubles(self.known[feature].take(pa.array(places)))


def audience(customers: pa.Table, *, touches: pa.Table, as_of: date) -> Audience:
    """``customers``, at least one, as ``collect`` gathers them; ``touches``: as POSITIONS has them."""
    table = customers.combine_chunks()
    (known,) = table.select([*FEATURES, "segment"]).to_batches()
    segment = _words(table["segment"])
    basis = [_doubles(known[name]) for name in BASIS]
    sums, counts = zip(*(_by_segment(values, segment) for values in basis), strict=True)
    return Audience(
        as_of=as_of,
        known=known,
        unread=_flags(table["unread"]),
        segment=segment,
        verdicts={
            (channel, kind): _verdict(table[verdict_name(channel, kind)])
            for channel in CHANNELS
            for kind in PRODUCTS
        },
        journey=_words(table["journey"]),
        hour=table["hour"].to_numpy(),
        opened={product: _flags(table[f"opened_{product}"]) for product in PRODUCTS},
        planned=Planned(
            strategy=_words(table["planned_strategy"]),
            channel=_words(table["planned_channel"]),
            net=_planned(table["planned_net"]),
            left=_planned(table["planned_left"]),
            margin=_planned(table["planned_margin"]),
            treated=_flags(table["planned_treated"]),
            short_by={name: _planned(table[f"short_by_{name}"], none=np.inf) for name in CHANNELS},
            short_of={name: _words(table[f"short_of_{name}"]) for name in CHANNELS},
        ),
        touches=touches_of(touches, table["customer"]),
        scaled=np.stack([_scaled(values) for values in basis]),
        means=np.stack(sums) / np.maximum(counts, 1),
        known_of=np.stack(counts),
    )


def _words(column: pa.ChunkedArray) -> Words:
    encoded: Any = column.combine_chunks().dictionary_encode()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Words(codes=codes, words=tuple(encoded.dictionary.to_pylist()))


def _verdict(column: pa.ChunkedArray) -> Bytes:
    places: Bytes = column.cast(pa.int8()).fill_null(FREE).to_numpy()
    return places


def _planned(column: pa.ChunkedArray, *, none: float = -np.inf) -> Floats:
    yuan: Floats = column.fill_null(none).to_numpy()
    return yuan


def _flags(column: pa.ChunkedArray) -> Flags:
    found: Flags = column.fill_null(False).to_numpy()
    return found


def _doubles(column: pa.Array) -> Floats:
    numbers: Floats = column.cast(pa.float64()).fill_null(np.nan).to_numpy(zero_copy_only=False)
    return numbers


def _by_segment(values: Floats, segment: Words) -> tuple[Floats, Floats]:
    """Sum and number of the known values, by segment."""
    known = ~np.isnan(values)
    many = len(segment.words)
    sums, counts = (
        np.bincount(segment.codes, weights=weights, minlength=many).astype(np.float64)
        for weights in (np.where(known, values, 0.0), known)
    )
    return sums, counts


def _scaled(values: Floats) -> npt.NDArray[np.float32]:
    curve = Curve.fit(values[:: 1 + len(values) // _CURVE_ROWS])
    scaled = curve.scale(values)
    return np.asarray(scaled - scaled.mean(), dtype=np.float32)
