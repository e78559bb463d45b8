"""Who was in which segment before, and is in which now: counted by token, and only the counts kept."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pandas.util import hash_array

from evaluation.cross_table import hidden_both_ways
from lake.glance import Glance
from lake.tables import CUSTOMER_SEGMENTS

OUTSIDE = "outside"
"""Not in the long tail."""

_ONE = threading.Lock()
"""Counted for one reader at a time: the others wait, and find it counted."""


@dataclass(frozen=True, kw_only=True)
class Moves:
    """Customers by where they were and where they are now, ``OUTSIDE`` among the places.

    ``counts``: null where few, or where few could be worked out from it; places nobody moved between are
    left out.
    """

    before: date
    after: date
    counts: Mapping[tuple[str, str], int | None]


def moves(lake: Glance, *, before: date, after: date) -> Moves:
    """Moves of all customers between two nights."""
    with _ONE:
        key = ("moves", before, after)
        return lake.remembered(key, (CUSTOMER_SEGMENTS,), partial(_counted, lake, before, after))


def _counted(lake: Glance, before: date, after: date) -> Moves:
    old, old_places = placed(lake, before)
    new, new_places = placed(lake, after)
    names = sorted({*old_places, *new_places, OUTSIDE})
    number = {name: place for place, name in enumerate(names)}
    was, now = _joined(
        (old[0], _renamed(old[1], old_places, number)),
        (new[0], _renamed(new[1], new_places, number)),
        outside=number[OUTSIDE],
    )
    pairs = was.astype(np.int64) * len(names) + now
    table = np.bincount(pairs, minlength=len(names) ** 2).reshape(len(names), len(names))
    hidden = hidden_both_ways(table)
    return Moves(
        before=before,
        after=after,
        counts={
            (names[row], names[column]): None if hidden[row, column] else int(table[row, column])
            for row, column in np.argwhere(table)
        },
    )


Keys = NDArray[np.uint64]
Numbers = NDArray[np.int16]


def keys_of(tokens: pa.StringArray) -> Keys:
    """64 bits of each token: they tell a million customers apart in a quarter of the room."""
    return hash_array(tokens.to_numpy(zero_copy_only=False), categorize=False)


def placed(lake: Glance, as_of: date) -> tuple[tuple[Keys, Numbers], list[str]]:
    """Every customer's key, ascending, with the number of his segment in the list."""
    keys, numbers = [np.zeros(0, np.uint64)], [np.zeros(0, np.int16)]
    names: dict[str, int] = {}
    for batch in lake.batches(CUSTOMER_SEGMENTS, as_of=as_of, columns=("customer", "segment")):
        coded = batch["segment"].dictionary_encode()
        own = [names.setdefault(name, len(names)) for name in coded.dictionary.to_pylist()]
        numbers.append(np.array(own, np.int16)[coded.indices.to_numpy()])
        keys.append(keys_of(batch["customer"]))
    every = np.concatenate(keys)
    order = np.argsort(every)
    return (every[order], np.concatenate(numbers)[order]), list(names)


def _renamed(numbers: Numbers, names: list[str], number: Mapping[str, int]) -> Numbers:
    return np.array([number[name] for name in names], dtype=np.int16)[numbers] if names else numbers


def _joined(old: tuple[Keys, Numbers], new: tuple[Keys, Numbers], *, outside: int) -> tuple[Numbers, Numbers]:
    """Where each customer of either night was, and is."""
    of_new = np.full(len(new[0]), outside, np.int16)
    places = np.minimum(np.searchsorted(old[0], new[0]), max(len(old[0]) - 1, 0))
    known = old[0][places] == new[0] if len(old[0]) else np.zeros(len(new[0]), bool)
    of_new[known] = old[1][places[known]]
    left = np.ones(len(old[0]), bool)
    left[places[known]] = False
    gone = old[1][left]
    return np.concatenate([of_new, gone]), np.concatenate([new[1], np.full(len(gone), outside, np.int16)])
