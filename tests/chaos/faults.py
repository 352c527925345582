"""What is done to processes: killed with all their children, put to sleep, woken, held back."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator

import psutil

from edu.embedded.process import Child


def kill(child: Child) -> None:
    """End a process and all its children at once, as a machine ends them: nobody says goodbye."""
    root = psutil.Process(child.pid)
    for process in (root, *root.children(recursive=True)):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    child.wait(10)


@contextlib.contextmanager
def asleep(child: Child) -> Iterator[None]:
    """Stop a process in the middle of whatever it does, and let it go on after the block."""
    os.kill(child.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGCONT)


def pause(seconds: float) -> None:
    """Let a fault last: the one thing here that is meant to take its time."""
    time.sleep(seconds)
