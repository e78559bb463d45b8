"""One pass over units, cut into a few runs that threads share."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

import numpy as np

from outreach.arbitrate.problem import Ints

Found = TypeVar("Found")
Each = TypeVar("Each")

_FEW = 4_096  # units that one run holds


def added(part: Callable[[int, int], tuple[Ints, ...]], *, units: int, threads: int) -> tuple[Ints, ...]:
    """What ``part`` finds in each run of units, added up."""
    return total(each_run(part, units=units, threads=threads))


def total(found: Sequence[tuple[Ints, ...]]) -> tuple[Ints, ...]:
    """Arrays by place, added up."""
    return tuple(sum(sums[1:], start=sums[0]) for sums in zip(*found, strict=True))


def each_run(part: Callable[[int, int], Found], *, units: int, threads: int) -> list[Found]:
    """What ``part`` finds in each of a few runs of units."""
    bounds = np.linspace(0, units, (4 * threads if units > _FEW else 1) + 1).astype(np.int64).tolist()
    return on_threads(lambda run: part(*run), list(pairwise(bounds)), threads=threads)


def on_threads(work: Callable[[Each], Found], over: Sequence[Each], *, threads: int) -> list[Found]:
    """What ``work`` finds for each, in order; by itself where there is but one."""
    return [work(over[0])] if len(over) == 1 else list(_pool(threads).map(work, over))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """One pool for all passes: starting threads anew costs a small night more than its passes do."""
    return ThreadPoolExecutor(threads, thread_name_prefix="arbitrate")


os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has none of its threads
