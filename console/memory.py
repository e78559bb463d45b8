"""How the server's process keeps its memory small: it lives for months and is asked from many threads."""

import ctypes
import gc
from contextlib import suppress

import pyarrow as pa

_OFTEN = (700, 10, 10)
"""How often garbage is looked for, as by Python itself: commands, which end soon, do so less often."""
_ARENAS, _MAPPED_FROM = -8, -3  # M_ARENA_MAX and M_MMAP_THRESHOLD of glibc's malloc.h


def hold_little() -> None:
    """Has what is freed go back to the system: else each thread keeps a heap of its own, and Arrow another.

    Only glibc can be told so; elsewhere nothing changes but Arrow's pool. To be called before threads begin.
    """
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_ARENAS, 2)
        libc.mallopt(_MAPPED_FROM, 2**20)
    pa.set_memory_pool(pa.system_memory_pool())
    gc.set_threshold(*_OFTEN)
