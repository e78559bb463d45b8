"""Where chance comes from: independent, named streams, and numbers that belong to one customer on one day."""

import zlib
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def stream(seed: int, name: str, *keys: int) -> np.random.Generator:
    """A generator of its own for every seed, name and keys: one table's draws never move another's."""
    return np.random.Generator(np.random.SFC64([seed, zlib.crc32(name.encode()), *keys]))


def chance(seed: int, name: str, *, index: Ints, day: Ints | int) -> Floats:
    """One number in [0, 1) for each customer ``index`` on ``day``, whatever else is asked (SplitMix64)."""
    key = np.uint64(seed & 0xFFFFFFFFFFFFFFFF) ^ (np.uint64(zlib.crc32(name.encode())) << np.uint64(32))
    with np.errstate(over="ignore"):
        # Mixed before the index is added, or a neighbouring seed would shift luck by one customer.
        mixed = _mix(
            _mix(index.astype(np.uint64) + _mix(np.array(key)))
            + np.asarray(day, dtype=np.int64).astype(np.uint64)
        )
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def _mix(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"."""
    value = value + _GOLDEN
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


def day_number(day: date) -> int:
    """Days since 1970-01-01, as Arrow counts dates."""
    return day.toordinal() - 719_163


def each_day(start: date, count: int) -> tuple[date, ...]:
    """``count`` days in a row."""
    return tuple(start + timedelta(days=offset) for offset in range(count))
