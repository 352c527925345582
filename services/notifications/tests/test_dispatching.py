"""The loop itself: what it does when turns fail, calls fail, or it is told to stop."""

import asyncio
from collections.abc import Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from edu.testing import eventually, running
from notifications.dispatching import Dispatcher


class Database:
    """Stands for transactions, some of which fail."""

    def __init__(self) -> None:
        self.fail = 0
        self.commits = asyncio.Event()
        self.commits.set()

    @asynccontextmanager
    async def transaction(self) -> Any:
        yield None
        await self.commits.wait()
        if self.fail:
            self.fail -= 1
            raise OSError("away")


class Work:
    """Numbers to be doubled."""

    def __init__(self, *numbers: int) -> None:
        self.waiting = list(numbers)
        self.recorded: list[tuple[int, int]] = []
        self.most = 0
        self.closed = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def turn(
        self,
        _: Any,
        finished: Sequence[tuple[int, int]],
        running: Collection[int],
        room: int,
    ) -> Sequence[int]:
        self.recorded += finished
        self.most = max(self.most, len(running))
        taken, self.waiting = self.waiting[:room], self.waiting[room:]
        return taken

    async def perform(self, job: int) -> int:
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            return -1
        if job < 0:
            raise ValueError("negative")
        return job * 2

    async def close(self) -> None:
        self.closed = True


def dispatcher(work: Work, database: Database | None = None) -> Dispatcher[int, int]:
    return Dispatcher(database or Database(), work, concurrency=3)  # type: ignore[arg-type]


async def test_everything_is_called_a_few_at_a_time_and_recorded() -> None:
    work = Work(*range(20))
    async with running(dispatcher(work).run()):
        await eventually(lambda: len(work.recorded) == 20)
    assert dict(work.recorded) == {number: number * 2 for number in range(20)}
    assert work.most <= 3


async def test_a_result_is_recorded_again_when_nobody_knows_whether_it_was() -> None:
    work, database = Work(1), Database()
    work.gate.clear()
    loop = dispatcher(work, database)
    async with running(loop.run()):
        await eventually(lambda: not work.waiting)
    # It was stopped: the call was cancelled, and its last word recorded.
    assert work.recorded == [(1, -1)]

    work = Work(2)
    loop = dispatcher(work, database)
    loop._finished.append((7, 14))
    database.fail = 1
    with pytest.raises(OSError, match="away"):
        await loop.run()
    assert loop._finished == [(7, 14)]
    async with running(loop.run()):
        await eventually(lambda: len(work.recorded) >= 2)
    assert work.recorded[:2] == [(7, 14), (7, 14)]


async def test_a_call_that_fails_against_its_promise_stops_no_other() -> None:
    work = Work(1, -1, 2)
    async with running(dispatcher(work).run()):
        await eventually(lambda: len(work.recorded) == 2)
    assert dict(work.recorded) == {1: 2, 2: 4}


@pytest.mark.parametrize("held", ["its call", "the commit of its lease"])
async def test_what_is_leased_gets_a_moment_when_it_is_told_to_stop(held: str) -> None:
    work, database = Work(1), Database()
    gate = work.gate if held == "its call" else database.commits
    gate.clear()
    task = asyncio.ensure_future(dispatcher(work, database).run())
    await eventually(lambda: not work.waiting)
    task.cancel()
    await asyncio.sleep(0)
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.recorded == [(1, 2)]
    assert work.closed
