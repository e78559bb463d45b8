"""Values of rules for whole batches of customers: the fast twin of ``truth.worth``.

Every kind becomes a double, NaN where missing: flags are 0 and 1, dates the days since 1970, texts the place
of the word among ``words`` and -1 for any other.
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from strategies.tree import (
    Arithmetic,
    AsOf,
    Day,
    DaysBetween,
    Name,
    Negative,
    Number,
    Shifted,
    Text,
    Value,
)

Doubles = npt.NDArray[np.float64]

_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class ThreeWay:
    """How two values that both change from customer to customer stand: -1, 0 or 1; of texts 0 or 1."""

    left: Value
    right: Value


def reckon(
    wanted: Sequence[Value | ThreeWay], batch: pa.RecordBatch, *, words: Sequence[str], as_of: date
) -> Doubles:
    """The wanted values, values x rows; ``batch`` has the columns they name.

    After the last row come others, missing, up to a multiple of 64.
    """
    reckoner = _Reckoner(batch, words, as_of)
    rows = batch.num_rows
    table = np.empty((len(wanted), -(-rows // 64) * 64))
    table[:, rows:] = np.nan
    with np.errstate(all="ignore"):
        for place, value in enumerate(wanted):
            table[place, :rows] = reckoner.worth(value)
    return table


def constant(value: Value, *, words: Sequence[str], as_of: date) -> float:
    """What a value that names no column comes to, for every customer."""
    with np.errstate(all="ignore"):
        return float(_Reckoner(pa.record_batch({}), words, as_of).worth(value))


class _Reckoner:
    def __init__(self, batch: pa.RecordBatch, words: Sequence[str], as_of: date) -> None:
        self._batch = batch
        self._words = words
        self._as_of = as_of
        self._columns: dict[str, Doubles] = {}

    def worth(self, value: Value | ThreeWay) -> Any:
        """A double a row, or one double for all where nothing is named."""
        match value:
            case Number(number):
                return np.float64(number)
            case Text(word):
                return np.float64(self._words.index(word))
            case Day(day):
                return np.float64((day - _EPOCH).days)
            case AsOf():
                return np.float64((self._as_of - _EPOCH).days)
            case Name(name):
                return self._column(name)
            case Negative(of):
                return -self.worth(of)
            case Shifted(of, days):
                return self.worth(of) + days
            case DaysBetween(end, start):
                return self.worth(end) - self.worth(start)
            case Arithmetic("/", left, right):
                divisor = self.worth(right)
                return self.worth(left) / np.where(divisor == 0, np.nan, divisor)
            case Arithmetic(operation, left, right):
                return _OPERATIONS[operation](self.worth(left), self.worth(right))
            case ThreeWay(Name(left, "text"), Name(right, "text")):
                first, second = (self._batch[name].cast(pa.string()) for name in (left, right))
                return _doubles(pc.not_equal(first, second), self._words)
            case ThreeWay(left, right):
                first, second = self.worth(left), self.worth(right)
                # An infinity less itself is missing, but is equal to itself.
                return np.where(first == second, 0.0, np.sign(first - second))

    def _column(self, name: str) -> Doubles:
        if name not in self._columns:
            self._columns[name] = _doubles(self._batch[name], self._words)
        return self._columns[name]


def _doubles(column: pa.Array, words: Sequence[str]) -> Doubles:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    elif pa.types.is_date(column.type):
        column = column.cast(pa.int32())
    elif not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        column = _places(column, words)
    doubles: Doubles = column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    return doubles


def _places(column: pa.Array, words: Sequence[str]) -> pa.Array:
    texts = column.cast(pa.string())
    places = pc.index_in(texts, pa.array(words, pa.string())).fill_null(-1)
    return pc.if_else(texts.is_null(), None, places)
