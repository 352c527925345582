"""Counting the log again beside the live service, and comparing; nothing is touched until then.

A generation is counted from the log's beginning up to where the live one stands. Both are hashed
at the same position vector. Only where they are equal (or whoever asks accepts the difference) one
pointer is moved, while nobody counts: what is left to read by then is what came in the meantime.
"""

import gc
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date

import msgspec
import numpy as np

from chassis import memory
from chassis.database import Database, Session
from chassis.kafka import OPEN, Security
from contracts.topics import PERIODS
from ioc_aggregator.intake.streams import TOPICS
from ioc_aggregator.measures.cells import Integers, Key
from ioc_aggregator.measures.facts import DayEnd, Fact, WatermarkFact
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rebuild import generations
from ioc_aggregator.rebuild.reading import Log
from ioc_aggregator.rebuild.recount import Recount
from ioc_aggregator.rollups import codec, ends, journal
from ioc_aggregator.rollups.columns import Copy
from ioc_aggregator.rollups.follower import Follower
from ioc_aggregator.rollups.journal import REPLAYED
from ioc_aggregator.rollups.state import Content, Entry, Lane, State

Advance = Callable[[int], None]
Shown = Callable[[str, int], AbstractContextManager[Advance]]
"""Shows a long work of a name and length; gives what is to be told of its steps."""

EVERYTHING: Collection[str] = (*FAMILIES, "facts")
"""What may differ where whoever asks accepts any difference."""

SHOWN_CELLS = 20
_SHARE = 0.02
"""The part of the time that may go into writing down what is counted so far."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a comparison."""

    vector: dict[Lane, int]
    live: str
    counted: str
    differences: Sequence[str]
    """The first of those that are not accepted."""
    accepted: int
    """How many are."""
    generation: int | None
    """The generation that is live since; None where nothing was switched."""


class NothingCountedError(Exception):
    """There is no cell that could be spoilt."""


class Beside:
    """One rebuild."""

    def __init__(
        self,
        database: Database,
        bootstrap: Sequence[str],
        *,
        security: Security = OPEN,
        shown: Shown,
    ) -> None:
        """Nothing is read before :meth:`run`."""
        self._database = database
        self._bootstrap, self._security = bootstrap, security
        self._shown = shown
        self._number = 0
        self._recount = Recount()
        self._kept: list[Entry] = []
        """Since the end of the last day: the live service sums them up when the next one ends."""
        self._days: list[tuple[date, dict[str, list[bytes]]]] = []
        self._before: Content | None = None
        """What was counted at the end of the last day."""
        self._ended = 0
        self._sums_up = True
        """Whether it is this rebuild that sums the days up: one that goes on leaves it."""

    async def run(
        self,
        *,
        accept: Collection[str] = (),
        plant: bool = False,
        compare_only: bool = False,
    ) -> Outcome:
        """Count, compare and switch; the cells of families in ``accept`` may differ.

        ``plant`` flips a bit of what was counted, as a drill.
        """
        live = Follower(TOPICS)
        async with self._database.reading() as session:
            await live.refresh(session)
        await self.begin()
        with Log(self._bootstrap, self._security) as log:
            await self.count(log, _vector(live.state))
            if plant:
                _flip_a_bit(self._recount.state)
            outcome = _compared(live.state, self._recount.state, () if plant else accept)
            if not (outcome.differences or compare_only):
                await self.write_down()
                outcome = await self._switched(log, live, accept)
        if outcome.generation is None:
            async with self._database.transaction() as session:
                await generations.give_up(session)
        return outcome

    async def begin(self, recount: Recount | None = None) -> int:
        """Begin, or go on with a run that was killed; return the generation's number."""
        async with self._database.transaction() as session:
            self._number, sources = await generations.candidate(session)
        follower = Follower(TOPICS)
        async with self._database.reading() as session:
            await follower.load(session, self._number)
            self._ended = len(await ends.settled(session, self._number))
        self._recount = recount or Recount(follower.state, sources)
        self._sums_up = not self._ended
        return self._number

    async def count(self, log: Log, vector: dict[Lane, int]) -> Recount:
        """Read up to ``vector``, day by day, and write down now and then what was counted."""
        state = self._recount.state
        began, spent = time.monotonic(), 0.1
        gc.disable()
        memory.keep()
        try:
            with self._shown("records", self._recount.missing(vector)) as advance:
                for goal, end in await self._goals(vector):
                    keeps = self._ended and (end is None or not self._sums_up)
                    for entry in self._recount.advance(log, goal):
                        advance(entry.next - entry.first)
                        if keeps:
                            self._kept.append(entry)
                        due = time.monotonic() - began > spent / _SHARE
                        if due and (keeps or not self._ended):
                            start = time.monotonic()
                            await self.write_down()
                            began = time.monotonic()
                            spent = began - start
                    if end is not None and self._sums_up:
                        self._days.append((end.day, ends.by_family(_since(state, self._before))))
                        self._before = state.copy()
                    self._ended += end is not None
        finally:
            gc.enable()
            memory.give_back()
        return self._recount

    async def _goals(self, vector: dict[Lane, int]) -> list[tuple[dict[Lane, int], DayEnd | None]]:
        """Give the ends of the days that are still to come, and at last the goal itself."""
        async with self._database.reading() as session:
            ended = await ends.read(session)
        reached = [
            end
            for end in ended[self._ended :]
            if all(vector.get(lane, 0) >= at for lane, at in ends.lanes(end).items())
        ]
        return [*((ends.lanes(end), end) for end in reached), (vector, None)]

    async def write_down(self, session: Session | None = None) -> None:
        """Keep what is counted so far, so that a rebuild that dies goes on from here."""
        if session is None:
            async with self._database.transaction() as own:
                await self.write_down(own)
            self._days.clear()
            self._kept.clear()
            return
        content = self._recount.state.copy()
        blobs = [codec.encode(delta) for delta in content.deltas()]
        await journal.alone(session)
        await journal.write_snapshot(session, self._number, content.vector, blobs, needed_from={})
        await self._write_rest(session)

    async def _write_rest(self, session: Session) -> None:
        await journal.write(session, self._number, self._kept)
        for day, families in self._days:
            await ends.settle(session, self._number, day, families)
        await generations.remember(session, self._number, self._recount.sources)

    async def _switched(self, log: Log, live: Follower, accept: Collection[str]) -> Outcome:
        """Stop everybody, read what came meanwhile, compare again and move the pointer."""
        async with self._database.transaction() as session:
            vector = await generations.hold(session)
            await live.refresh(session)
            for goal, _ in await self._goals(vector):
                self._kept += self._recount.advance(log, goal)
            outcome = _compared(live.state, self._recount.state, accept)
            if outcome.differences:
                return outcome
            await self._write_rest(session)
            await generations.switch(session, self._number, self._recount.sources)
        return replace(outcome, generation=self._number)


def _compared(live: State, counted: State, accept: Collection[str]) -> Outcome:
    differences: list[str] = []
    accepted = 0
    for family, difference in _differences(live, counted):
        if family in accept:
            accepted += 1
        elif len(differences) < SHOWN_CELLS:
            differences.append(difference)
    return Outcome(_vector(live), live.hash(), counted.hash(), differences, accepted, None)


def _vector(state: State) -> dict[Lane, int]:
    """Give the positions in the log, where days end first."""
    lanes = [lane for lane in sorted(state.vector) if lane != REPLAYED]
    return {
        lane: state.vector[lane] for lane in sorted(lanes, key=lambda one: one[0] != PERIODS.name)
    }


def _since(state: State, before: Content | None) -> Content:
    """Give what was counted since; rows of a family are only ever added."""
    now = state.copy()
    if before is None:
        return now
    known = [fact for fact in before.facts if not isinstance(fact, WatermarkFact)]
    facts: list[Fact] = [fact for fact in now.facts if fact not in known]
    earlier = {copy.family.name: copy for copy in before.copies}
    for copy in now.copies:
        values = earlier[copy.family.name].values
        copy.values[: len(values)] -= values
    return Content({}, now.copies, facts, now.foreign)


def _differences(live: State, counted: State) -> Iterator[tuple[str, str]]:
    """Name every cell and fact that is not the same in both, with its family."""
    for name, columns in live.columns.items():
        rows = [dict(_rows(one.columns[name].copy())) for one in (live, counted)]
        none = np.zeros(len(columns.family.columns), dtype=np.int64)
        for key in sorted(rows[0].keys() | rows[1].keys()):
            ours, theirs = (one.get(key, none) for one in rows)
            for at in np.flatnonzero(ours != theirs).tolist():
                what = f"{name} {'/'.join(key)} {columns.family.columns[at]}"
                yield name, f"cell {what}: live {ours[at]}, counted {theirs[at]}"
    facts = [
        {msgspec.json.encode(one) for one in state.register.facts() if not _passes(one)}
        for state in (live, counted)
    ]
    for fact in sorted(facts[0] ^ facts[1]):
        where = "live" if fact in facts[0] else "counted"
        yield "facts", f"fact {fact.decode()}: {where} only"


def _passes(fact: Fact) -> bool:
    """Tell what is forgotten by and by: watermarks that others have overtaken."""
    return isinstance(fact, WatermarkFact)


def _rows(copy: Copy) -> Iterator[tuple[Key, Integers]]:
    for row in np.flatnonzero(copy.values.any(axis=1)).tolist():
        yield copy.keys[row], copy.values[row].astype(np.int64)


def _flip_a_bit(state: State) -> None:
    """Spoil the first cell that counts anything."""
    for _, columns in sorted(state.columns.items(), reverse=True):
        used = np.argwhere(columns.values)
        if len(used):
            columns.values[tuple(used[0])] ^= 1
            return
    raise NothingCountedError
