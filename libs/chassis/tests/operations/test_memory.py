"""Memory that was freed goes back to the system."""

import sys

import psutil
import pytest

from chassis import memory


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc keeps it so")
def test_what_was_freed_is_given_back() -> None:
    if memory._trim() is None:
        pytest.skip("this C library has no malloc_trim")
    held = [bytes(2_000) for _ in range(50_000)]
    kept = held[::50]  # in the midst of it: so no end of the heap is free, which glibc gives back
    held.clear()
    before = psutil.Process().memory_info().rss
    memory.give_back()
    assert psutil.Process().memory_info().rss < before - 50_000_000
    assert kept
