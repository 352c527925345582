"""Keeping memory that was freed for what comes next, and giving it back.

Both are settings of glibc; another C library has its own ways, and nothing is done.
"""

import ctypes
from functools import cache
from typing import Any

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
"""As ``malloc.h`` has them."""


@cache
def _function(name: str) -> Any:
    try:
        return getattr(ctypes.CDLL(None), name)
    except (AttributeError, OSError, TypeError):
        return None


def keep() -> None:
    """Keep megabytes that were freed for those that are taken next, in this process from now on.

    For work in large batches: else each of them begins with pages that the system has to make
    anew, which was a twentieth of the time of counting a log.
    """
    if (mallopt := _function("mallopt")) is not None:
        mallopt(_M_MMAP_THRESHOLD, 4 * 2**20)
        mallopt(_M_TRIM_THRESHOLD, 16 * 2**20)


def give_back() -> None:
    """Return what is free to the system: some tens of milliseconds, so after much was done.

    glibc keeps what large batches took: of the 378 MB that counting a tenth of a year held, 225
    were free, and the system had none of them.
    """
    if (malloc_trim := _function("malloc_trim")) is not None:
        malloc_trim(0)
