"""What the statistics were: the state at the end of any past day, from what each day changed."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from chassis import clock
from chassis.database import Database, Session
from ioc_aggregator.measures.cells import Delta, Key
from ioc_aggregator.measures.facts import DayEnd
from ioc_aggregator.measures.families import REPORTED
from ioc_aggregator.rollups import codec, ends
from ioc_aggregator.rollups.follower import Follower
from ioc_aggregator.rollups.periods import Period
from ioc_aggregator.rollups.state import State
from ioc_aggregator.rollups.tables import DAY_CHANGE

_KEPT = 4
"""States that are kept, because whoever has looked at one looks at it again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A state to answer from, and how far its sources were counted."""

    state: State
    as_of: Mapping[str, datetime]
    end: DayEnd | None = None
    """The day's end at which it stands; None: now."""


class History:
    """Past states of the generation that everybody answers from."""

    def __init__(self, database: Database, follower: Follower) -> None:
        """Nothing was asked for yet."""
        self._database = database
        self._follower = follower
        self._kept: OrderedDict[tuple[int, date, frozenset[str]], Standing] = OrderedDict()
        self._known: tuple[int, list[DayEnd]] = (0, [])

    async def refresh(self) -> None:
        """Learn of the days that have ended, unless yesterday is known to have."""
        generation, known = self._known
        yesterday = clock.business_day(clock.now()) - timedelta(days=1)
        if generation != self._follower.generation or not known or known[-1].day < yesterday:
            self._known = (self._follower.generation, await self.ends())

    def closed(self, period: Period) -> date | None:
        """Give the day with which a period closed, if it did."""
        return next((end.day for end in self._known[1] if str(period) in end.closed), None)

    def now(self) -> Standing:
        """Give the present."""
        return Standing(self._follower.state, self._follower.as_of)

    async def ends(self) -> list[DayEnd]:
        """Give the ends of the days that can be asked for."""
        async with self._database.reading() as session:
            return await ends.settled(session, self._follower.generation)

    async def at(self, day: date, families: Collection[str]) -> Standing | None:
        """Give these families, and all facts, as they were counted at the end of a day.

        It is the end of the latest day up to ``day`` that was ended; None before the first one.
        """
        generation, wanted = self._follower.generation, frozenset(families)
        async with self._database.reading() as session:
            before = [end for end in await ends.settled(session, generation) if end.day <= day]
            if not before:
                return None
            key = (generation, before[-1].day, wanted)
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            state = State()
            async for _, deltas in _changes(session, generation, before, wanted):
                await asyncio.to_thread(add, state, deltas)
        standing = self._kept[key] = Standing(state, before[-1].as_of, before[-1])
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return standing

    async def walk(self, first: date, families: Collection[str]) -> AsyncIterator[Standing]:
        """Yield one state again and again: at the end of ``first``, and of each day after it."""
        generation, state = self._follower.generation, State()
        async with self._database.reading() as session:
            days = await ends.settled(session, generation)
            async for end, deltas in _changes(session, generation, days, families):
                await asyncio.to_thread(add, state, deltas)
                if end.day >= first:
                    yield Standing(state, end.as_of, end)

    async def last_heard(self, streams: Collection[str]) -> dict[str, date]:
        """Give, by school id, the last day that ended with more events of these streams."""
        heard: dict[str, date] = {}
        generation = self._follower.generation
        async with self._database.reading() as session:
            days = await ends.settled(session, generation)
            async for end, deltas in _changes(session, generation, days, {REPORTED.name}):
                for delta in deltas:
                    for school, stream, *_ in _keys(delta):
                        if stream in streams:
                            heard[school] = end.day
        return heard


def add(state: State, deltas: Iterable[Delta]) -> None:
    """Add what a day changed to a state."""
    for delta in deltas:
        state.add(delta)


def _keys(delta: Delta) -> list[Key]:
    change = delta.changes.get(REPORTED.name)
    return [] if change is None else change.keys


async def _changes(
    session: Session, generation: int, days: Iterable[DayEnd], families: Collection[str]
) -> AsyncIterator[tuple[DayEnd, list[Delta]]]:
    for end in days:
        blobs = await session.scalars(
            select(DAY_CHANGE.c.blob)
            .where(
                DAY_CHANGE.c.generation == generation,
                DAY_CHANGE.c.day == end.day,
                DAY_CHANGE.c.family.in_([ends.FACTS, *families]),
            )
            .order_by(DAY_CHANGE.c.family, DAY_CHANGE.c.part)
        )
        yield (
            end,
            await asyncio.to_thread(lambda found: list(map(codec.decode, found)), list(blobs)),
        )
