"""How far a long piece of work is: a bar for people, a line at every tenth for a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int], None]


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """Show the work of the block; it calls what it is given with how much more is done."""
    if sys.stderr.isatty():
        yield from _bar(title, total)
    else:
        yield from _lines(title, total)


def _bar(title: str, total: int) -> Iterator[Advance]:
    # A tenth of a second to load, which only whoever looks at it pays.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )

    class Rate(ProgressColumn):
        def render(self, task: Task) -> str:
            return f"{task.speed or 0:,.0f}/s"

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(title, total=total)
        yield lambda more: shown.advance(task, more)


def _lines(title: str, total: int) -> Iterator[Advance]:
    began = time.monotonic()
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        tenth, done = done * 10 // max(total, 1), done + more
        if done * 10 // max(total, 1) > tenth:
            seconds = max(time.monotonic() - began, 0.001)
            left = seconds * (total - done) / done
            rate = f"{done / seconds:,.0f}/s, {left:.0f} s left"
            print(f"{title}: {done:,} of {total:,}, {rate}", file=sys.stderr, flush=True)

    yield advance
