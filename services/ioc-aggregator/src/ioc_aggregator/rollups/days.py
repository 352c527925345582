"""Ending the days: what had been counted of each, and what it changed.

What a day changed is the sum of its journal entries, kept by family once the day has ended; what a
number was at the end of any day is the sum of all changes up to it (``rollups.history``).
"""

import asyncio
from collections import defaultdict
from datetime import date, timedelta

import structlog
from sqlalchemy import select, text

from chassis import clock, outbox
from chassis.database import Database, Session
from contracts.statistics import DayEnded
from ioc_aggregator.measures.cells import Delta
from ioc_aggregator.measures.facts import DayEnd, Fact
from ioc_aggregator.rollups import codec, ends, periods
from ioc_aggregator.rollups.follower import Follower
from ioc_aggregator.rollups.journal import REPLAYED
from ioc_aggregator.rollups.state import Content, Lane, State, combined
from ioc_aggregator.rollups.tables import DAY_END

WAIT = timedelta(hours=2)
"""How long after midnight, or after our own start, a source that is behind is waited for."""

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('ioc.days', 0))")
_BEGAN = text("SELECT written_at FROM feed ORDER BY number LIMIT 1")
_OF_LANE = text(
    "SELECT first, next, blob FROM journal WHERE generation = :generation AND topic = :topic "
    "AND partition = :partition AND first >= :begin AND next <= :end ORDER BY first"
)
_log = structlog.get_logger()


class NotCoveredError(Exception):
    """The journal has no entries that join from one day's end to the next."""


class Days:
    """Ends the days. Many processes may have one; a lock lets one of them write."""

    def __init__(self, database: Database, follower: Follower) -> None:
        """Look at the database at the first turn."""
        self._database = database
        self._follower = follower
        self._began = clock.now()
        self._done: tuple[int, date] | None = None
        self._waiting: tuple[int, date] | None = None
        self._holed = 0
        """The generation whose journal has a hole: it has to be counted again."""

    async def turn(self) -> bool:
        """End yesterday, or sum up one day that ended before; tell whether anything was done."""
        follower = self._follower
        day = clock.business_day(clock.now()) - timedelta(days=1)
        mark = (follower.generation, day)
        if mark == self._done or not follower.state.vector:
            return False
        if mark == self._waiting and not self._may_end(day):
            return False
        async with self._database.transaction() as session:
            if not await session.scalar(_LOCK):
                return False
            await follower.refresh(session)
            ended = await ends.read(session)
            if not all(map(self._reached, ended)):
                return False
            known = await ends.settled(session, follower.generation)
            if len(known) < len(ended) and self._holed != follower.generation:
                last = known[-1] if known else None
                return await self._settle(session, last, ended[len(known)])
            began = await session.scalar(_BEGAN)
            # Nobody can end a day in which nothing was published yet.
            if (ended and ended[-1].day >= day) or not began or began >= ends.midnight(day):
                self._done = mark
                return False
            if not self._may_end(day):
                self._waiting = mark
                return False
            await self._end(session, day, ended, whole=len(known) == len(ended))
        return True

    def _reached(self, end: DayEnd) -> bool:
        vector = self._follower.state.vector
        return all(vector.get(lane, 0) >= position for lane, position in ends.lanes(end).items())

    def _may_end(self, day: date) -> bool:
        """Tell whether every source was counted up to midnight, or was waited for."""
        over, follower = ends.midnight(day), self._follower
        return clock.now() >= max(over, self._began) + WAIT or all(
            source in follower.as_of and follower.as_of[source] >= over
            for source in follower.state.register.watermarks
        )

    async def _end(self, session: Session, day: date, ended: list[DayEnd], *, whole: bool) -> None:
        """Write where the day ended, and what it changed, in one transaction."""
        follower = self._follower
        content, as_of = follower.state.copy(), dict(sorted(follower.as_of.items()))
        closed = periods.ending(follower.state, ended[-1].day if ended else None, day)
        topics = {topic.name for topic in follower.topics}
        positions: dict[str, dict[int, int]] = {}
        for (topic, partition), position in sorted(content.vector.items()):
            if topic in topics:
                positions.setdefault(topic, {})[partition] = position
        end = DayEnd(
            day,
            clock.now(),
            positions,
            as_of,
            await asyncio.to_thread(content.hashes),
            tuple(map(str, closed)),
        )
        replayed = content.vector.get(REPLAYED, 0)
        await ends.learn(session, [end], generation=follower.generation, replayed=replayed)
        if not ended:
            # The first of all: whatever was counted until then, however it was counted.
            blobs = await asyncio.to_thread(ends.by_family, content)
            await ends.settle(session, follower.generation, day, blobs)
        elif whole:
            await self._settle(session, ended[-1], end)
        await outbox.emit(
            session,
            DayEnded(
                day=day,
                ended_at=end.ended_at,
                positions=positions,
                as_of=as_of,
                hashes=end.hashes,
                closed=end.closed,
            ),
        )
        _log.info("day_ended", day=str(day), closed=end.closed, hash=combined(end.hashes))

    async def _settle(self, session: Session, last: DayEnd | None, end: DayEnd) -> bool:
        """Sum up the journal between two ends; False, and said aloud, where it has a hole."""
        try:
            blobs = await self._summed(session, last, end)
        except NotCoveredError as error:
            self._holed = self._follower.generation
            _log.error("day_not_summed_up", day=str(end.day), hole=str(error), mend="rebuild")
            return False
        await ends.settle(session, self._follower.generation, end.day, blobs)
        return True

    async def _summed(
        self, session: Session, last: DayEnd | None, end: DayEnd
    ) -> dict[str, list[bytes]]:
        blobs: dict[str, list[bytes]] = defaultdict(list)
        begins = {**ends.lanes(last), REPLAYED: await self._replayed(session, last)}
        limits = {**ends.lanes(end), REPLAYED: await self._replayed(session, end)}
        for lane, limit in limits.items():
            content = await self._of_lane(session, lane, begins.get(lane, 0), limit)
            for family, parts in (await asyncio.to_thread(ends.by_family, content)).items():
                blobs[family] += parts
        return blobs

    async def _of_lane(self, session: Session, lane: Lane, begin: int, limit: int) -> Content:
        """Add up the entries of a lane that join from ``begin`` to ``limit``."""
        scratch, facts, reached = State(), list[Fact](), begin
        rows = await session.execute(
            _OF_LANE,
            {
                "generation": self._follower.generation,
                "topic": lane[0],
                "partition": lane[1],
                "begin": begin,
                "end": limit,
            },
        )
        for row in rows:
            if row.first != reached:
                break
            delta = await asyncio.to_thread(codec.decode, row.blob)
            facts += delta.facts
            scratch.add(Delta(delta.changes, foreign=delta.foreign))
            reached = row.next
        if reached < limit:
            raise NotCoveredError(f"{lane[0]}/{lane[1]} from {reached} to {limit}")
        summed = scratch.copy()
        return Content({}, summed.copies, facts, summed.foreign)

    async def _replayed(self, session: Session, end: DayEnd | None) -> int:
        """Give how many parked records this generation had applied later than they came."""
        where = (DAY_END.c.day == end.day) if end else DAY_END.c.day.is_(None)
        mine = DAY_END.c.generation == self._follower.generation
        return await session.scalar(select(DAY_END.c.replayed).where(where, mine)) or 0
