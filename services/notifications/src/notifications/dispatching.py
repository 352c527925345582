"""Calls to the outside that no transaction waits for: leased rows, bounded, recorded at once.

One loop for letters and for webhooks. A *turn* is one short transaction, which records what the
last calls came to and leases new rows; then the calls are made, many at a time, with no connection
and no transaction held. While one turn runs other calls end, so under load a turn records many.

A call's row is committed as begun before the call, and as ended after it. When this process dies
between the two, the lease runs out and the next turn, of whatever process, finds the row open.
"""

import asyncio
from collections.abc import Collection, Sequence
from typing import Generic, Protocol, TypeVar

import structlog

from chassis.database import Database, Session

Job = TypeVar("Job")
Done = TypeVar("Done")

_IDLE_SECONDS = 0.5
_GRACE_SECONDS = 3.0

_log = structlog.get_logger("notifications.dispatching")


class Work(Protocol[Job, Done]):
    """What is dispatched."""

    async def turn(
        self,
        session: Session,
        finished: Sequence[tuple[Job, Done]],
        running: Collection[Job],
        room: int,
    ) -> Sequence[Job]:
        """Record ``finished`` and lease at most ``room`` new jobs, in this transaction.

        The same ``finished`` may come again when nobody knows whether the transaction committed.
        """

    async def perform(self, job: Job) -> Done:
        """Make one call and say what it came to; never raise, and when cancelled say that too."""

    async def close(self) -> None:
        """Let connections go; nothing is called any more."""


class Dispatcher(Generic[Job, Done]):
    """Makes the calls of one kind of work."""

    def __init__(self, database: Database, work: Work[Job, Done], *, concurrency: int) -> None:
        """``concurrency`` calls are made at a time."""
        self._database = database
        self._work = work
        self._concurrency = concurrency
        self._running: dict[asyncio.Task[Done], Job] = {}
        self._finished: list[tuple[Job, Done]] = []

    async def run(self) -> None:
        """Go on until cancelled; what runs then gets a moment to end, and is recorded."""
        try:
            while True:
                await self._whole_turn(self._concurrency - len(self._running))
                await self._wait()
        except asyncio.CancelledError:
            await self._wind_up()
            raise

    async def _whole_turn(self, room: int) -> None:
        """Do a turn that ends also where this is cancelled: nobody would call what it leased."""
        turn = asyncio.create_task(self._turn(room))
        try:
            await asyncio.shield(turn)
        except asyncio.CancelledError:
            await asyncio.wait([turn], timeout=_GRACE_SECONDS)
            turn.cancel()
            raise

    async def _turn(self, room: int) -> None:
        if not room and not self._finished:
            return
        finished = list(self._finished)
        async with self._database.transaction() as session:
            jobs = await self._work.turn(session, finished, self._running.values(), room)
        del self._finished[: len(finished)]
        for job in jobs:
            self._running[asyncio.create_task(self._work.perform(job))] = job

    async def _wait(self) -> None:
        """Return when a call has ended, or when new rows may be there."""
        full = len(self._running) >= self._concurrency
        if self._running:
            await asyncio.wait(
                self._running,
                timeout=None if full else _IDLE_SECONDS,
                return_when=asyncio.FIRST_COMPLETED,
            )
        else:
            await asyncio.sleep(_IDLE_SECONDS)
        self._collect()

    def _collect(self) -> None:
        for task in [task for task in self._running if task.done()]:
            job = self._running.pop(task)
            if task.cancelled() or (error := task.exception()) is not None:
                # Its row stays open, so the lease decides, as after a crash.
                _log.error("a call ended without a result", error=repr(error))
                continue
            self._finished.append((job, task.result()))

    async def _wind_up(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=_GRACE_SECONDS)
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)
        self._collect()
        await self._work.close()
        try:
            await self._turn(0)
        except Exception as error:  # noqa: BLE001 - whatever it is, we are leaving
            _log.warning("the last results are not recorded", error=repr(error))
