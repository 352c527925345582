"""Memory that was freed is kept for what comes next, or goes back to the system."""

import subprocess
import sys

import psutil
import pytest

from chassis import memory

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or memory._function("malloc_trim") is None,
    reason="only glibc keeps and gives back",
)

BATCHES = """
from resource import RUSAGE_SELF, getrusage
from chassis import memory

def new_pages():
    before = getrusage(RUSAGE_SELF).ru_minflt
    for _ in range(100):
        [b"x" * size for size in range(2**20, 2**20 + 10)]
    return getrusage(RUSAGE_SELF).ru_minflt - before

before = new_pages()
memory.keep()
print(before, new_pages())
"""
"""Prints how many pages a hundred batches of 10 MiB take from the system, before and after."""


def test_what_was_freed_is_kept_for_the_next_batch() -> None:
    shown = subprocess.check_output([sys.executable, "-c", BATCHES], text=True)
    before, after = map(int, shown.split())
    assert before > 20_000
    assert after < before / 10


def test_what_was_freed_is_given_back() -> None:
    held = [bytes(2_000) for _ in range(50_000)]
    kept = held[::50]  # in the midst of it: so no end of the heap is free, which glibc gives back
    held.clear()
    before = psutil.Process().memory_info().rss
    memory.give_back()
    assert psutil.Process().memory_info().rss < before - 50_000_000
    assert kept
