"""Compiled loops over many entries, a part of them on every processor."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

# Small calls stay on one thread: starting others costs more than they save.
_ROWS_A_THREAD = 20_000


def in_parts(rows: int, work: Callable[[int, int], None]) -> None:
    """Calls ``work(first, last)`` for parts that make up ``rows``; it must release the interpreter's lock."""
    parts = max(1, min(os.cpu_count() or 1, rows // _ROWS_A_THREAD))
    with ThreadPoolExecutor(parts) as threads:
        edges = pairwise(rows * part // parts for part in range(parts + 1))
        list(threads.map(lambda edge: work(*edge), edges))
