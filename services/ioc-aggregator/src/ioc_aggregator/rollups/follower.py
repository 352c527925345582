"""Keeps the state of one process equal to what is committed, whoever committed it.

In the default a single process writes the journal and answers from it; then what it has just
committed is taken over without reading it back. Everything else comes from the database: at the
start, after a doubtful commit, and from other members of the group.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from chassis import memory
from chassis.database import Database, Session
from contracts.topics import Topic
from ioc_aggregator.measures.facts import WatermarkFact
from ioc_aggregator.rollups import codec, ends, freshness, journal
from ioc_aggregator.rollups.freshness import Applied
from ioc_aggregator.rollups.state import Entry, Lane, State

_SNAPSHOT_ENTRIES = 5000
"""A start reads at most about this many journal rows: two to three seconds."""

_log = structlog.get_logger()


class Follower:
    """The state of one process, and how far its sources are counted."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        """Begin empty; :meth:`refresh` loads."""
        self.topics = topics
        self.state = State()
        self.generation = 0
        self.applied = Applied()
        self.as_of: dict[str, datetime] = {}
        """Per source, of the latest watermark that is fully applied."""
        self.woken = asyncio.Event()
        self._entries = 0
        self._lock = asyncio.Lock()

    @property
    def vector(self) -> Mapping[Lane, int]:
        """Where each lane stands."""
        return self.state.vector

    @property
    def loaded(self) -> bool:
        """Tell whether the state was ever read from the database."""
        return self.generation > 0

    async def refresh(self, session: Session) -> None:
        """Read whatever was committed since.

        The applied sequences are read before the journal, so the state never knows less than they
        say.
        """
        async with self._lock:
            generation = await journal.live_generation(session)
            applied = await freshness.read_applied(session)
            if generation == self.generation:
                self._entries += await self._read_on(session, generation, self.state)
            else:
                await self._restore(session, generation)
            self.applied = applied
            self.see_watermarks()

    def take(self, entries: Sequence[Entry]) -> None:
        """Apply what this process has just committed, where nothing is missing before it."""
        for entry in entries:
            if self.state.vector.get(entry.lane, 0) == entry.first:
                self._entries += self.state.apply(entry)
        self.woken.set()

    def see_watermarks(self) -> None:
        """Find up to when each source is counted, by what is known to be applied."""
        register = self.state.register
        found: dict[str, WatermarkFact] = {}
        for source, marks in register.watermarks.items():
            mark = freshness.reached(marks, self.applied, self.topics)
            if mark is not None:
                found[source] = mark
        register.forget_watermarks(found)
        self.as_of = {source: mark.read_at for source, mark in found.items()}

    async def snapshot_when_due(self, database: Database) -> bool:
        """Write a snapshot when the journal has grown long; tell whether one was written."""
        if self._entries < _SNAPSHOT_ENTRIES:
            return False
        self._entries = 0
        written = await self.snapshot(database)
        memory.give_back()
        return written

    async def snapshot(self, database: Database) -> bool:
        """Write the state as it is now; encoding it holds nobody up."""
        generation, content = self.generation, self.state.copy()
        blobs = await asyncio.to_thread(lambda: [codec.encode(d) for d in content.deltas()])
        async with database.transaction() as session:
            if await journal.live_generation(session) != generation:
                return False
            written = await journal.write_snapshot(
                session,
                generation,
                content.vector,
                blobs,
                needed_from=await ends.needed_from(session, generation),
            )
        size = sum(map(len, blobs))
        _log.info("snapshot", generation=generation, bytes=size, written=written)
        return written

    async def load(self, session: Session, generation: int) -> None:
        """Read a generation, live or not, as far as it is written down."""
        async with self._lock:
            await self._restore(session, generation)

    async def _read_on(self, session: Session, generation: int, state: State) -> int:
        applied = 0
        async for page in journal.read_after(session, generation, state.vector, self.topics):
            for entry in page:
                applied += state.apply(entry)
        return applied

    async def _restore(self, session: Session, generation: int) -> None:
        """Read a generation; nobody is answered from it before it is whole."""
        state = State()
        vector, blobs = await journal.read_snapshot(session, generation)
        state.vector.update(vector)
        for blob in blobs:
            state.add(await asyncio.to_thread(codec.decode, blob))
        self._entries = await self._read_on(session, generation, state)
        self.state = state
        self.generation = generation
        self.as_of = {}
