"""The parts of one running aggregator, made together because they share its memory."""

import asyncio
from contextlib import suppress

from chassis import memory
from chassis.database import Database
from chassis.health import Part
from ioc_aggregator.feed.reader import Reader
from ioc_aggregator.feed.writer import Writer
from ioc_aggregator.intake.streams import TOPICS
from ioc_aggregator.rollups.days import Days
from ioc_aggregator.rollups.follower import Follower
from ioc_aggregator.rollups.history import History
from ioc_aggregator.rollups.projector import Folding

_IDLE_SECONDS = 0.5
"""How soon what other processes have committed is seen."""

_ROUND_SECONDS = 0.05
"""The shortest time between two rounds: changes of one number within it become one entry."""

_TURNS_BEHIND = 9
"""While a backlog is read, so many times as long as a turn took nobody turns."""


class Engine:
    """State, projector, feed writer and feed reader of one process."""

    def __init__(self, database: Database, *, writes_feed: bool, feed_kept: int) -> None:
        """Wire them; nothing is read before :meth:`follow` runs or the chassis loads."""
        self.database = database
        self.follower = Follower(TOPICS)
        self.projector = Folding(database, self.follower)
        self.feed = Reader(database)
        self.history = History(database, self.follower)
        self.exporting = asyncio.Lock()
        """Files are made one at a time: together they would slow down all that is done here."""
        self._writer = Writer(database, self.follower, kept=feed_kept) if writes_feed else None
        self._days = Days(database, self.follower) if writes_feed else None

    async def look(self, part: Part) -> None:
        """Report whether there are numbers to answer from: a probe of ``/readyz``."""
        if self.follower.loaded:
            part.ok(f"generation {self.follower.generation}")
        else:
            part.failing("the numbers are not read yet; they follow the database by themselves")

    async def follow(self) -> None:
        """Keep state, feed and snapshots up to date until cancelled."""
        time = asyncio.get_running_loop().time
        while True:
            began = time()
            self.follower.woken.clear()
            await self.turn()
            # Others need the time, too: a third as much, and far more of it who catches up. Nobody
            # waits then for a number that is about to change again.
            taken = time() - began
            await asyncio.sleep(max(_ROUND_SECONDS - taken, taken / 3))
            if not self.projector.caught_up.is_set():
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.projector.caught_up.wait(), taken * _TURNS_BEHIND)
                memory.give_back()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.follower.woken.wait(), _IDLE_SECONDS)

    async def turn(self) -> None:
        """Do it once: publish what this process has committed, or else what it reads of others."""
        published = self.follower.loaded and await self._publish()
        await self.refresh()
        if not published:
            await self._publish()
        if self._days is not None:
            await self._days.turn()
        await self.history.refresh()
        await self.follower.snapshot_when_due(self.database)

    async def _publish(self) -> bool:
        """Write a round where there is something new, for its readers here too; tell whether."""
        if self._writer is None or not await self._writer.round():
            return False
        async with self.database.reading() as session:
            await self.feed.refresh(session)
        return True

    async def refresh(self) -> None:
        """Read whatever was committed, by other processes too.

        The feed's head is read in the snapshot that the state is read from, or before it: whoever
        is told N has all that stands in the feed up to N.
        """
        async with self.database.reading() as session:
            await self.feed.refresh(session)
            await self.follower.refresh(session)
