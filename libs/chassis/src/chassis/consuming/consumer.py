"""The one consuming function: poll → slices → one transaction each → advisory Kafka commit.

The truth about what was applied is ``delivery.consumer_position`` in the service's database.
Kafka's committed offset is a hint for lag tools; on assignment the consumer seeks to the database.
"""

import asyncio
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import IllegalStateError, KafkaError

from chassis import metrics
from chassis.consuming import store
from chassis.consuming.decisions import (
    Outcome,
    Pace,
    Placement,
    Progress,
    SourceState,
    fork,
    unread,
)
from chassis.consuming.judging import Held, Judged, all_next
from chassis.consuming.records import Projector, Record, Rejected, Slice
from chassis.consuming.records import TopicPartition as Lane
from chassis.database import Database, is_transient
from contracts import envelope
from contracts.topics import Topic

_Polled: TypeAlias = ConsumerRecord[Any, Any]

_BACK_OFF_SECONDS = (0.2, 30.0)
_POLL_SECONDS = 20.0
"""How long one poll is worked on; Kafka takes a member for dead after five minutes."""

_MOST_TOGETHER = 24_000
"""Records that may come together in one transaction where a poll is applied as a whole."""

_BYTES_AT_ONCE = 2 * 2**20
"""Of documents that are read at once; what was read, several times as large, goes before the next
are read."""

_log = structlog.get_logger()


@dataclass(slots=True)
class _Part:
    """What a poll brought of one lane, from where the lane stands; read in one of two ways."""

    topic: Topic
    partition: int
    first: int
    next: int
    polled: Sequence[_Polled]
    quick: tuple[Progress, Sequence[Any]] | None = None
    """All of it without a doubt: how far its source is then, and what is to be applied."""
    plain: Slice | None = None

    @property
    def lane(self) -> Lane:
        return (self.topic.name, self.partition)

    def prepare(self, projector: Projector, sources: Mapping[str, SourceState]) -> None:
        """Read it before the transaction begins: many at once where possible, else one by one."""
        values = [one.value for one in self.polled]
        progress, found = fork(sources), []
        for some in _few(values) if all(values) else ():
            read = projector.prepare(self.topic, some)
            if read is None or not all_next(progress, self.topic, read.documents):
                break
            if (made := read.make()) is None:
                break
            found.append(made)
        else:
            if found:
                self.quick = (progress, found)
                return
        self.one_by_one()

    def one_by_one(self) -> Slice:
        """Decode each record."""
        if self.plain is None:
            decoded = [
                Record(one.offset, envelope.decode(one.value, one.key), one.key, one.value)  # type: ignore[arg-type]
                for one in self.polled
            ]
            self.plain = Slice(self.topic, self.partition, self.first, self.next, decoded)
        return self.plain

    def judged(
        self,
        judged: Judged,
        sources: Mapping[str, SourceState],
        held: Held,
        *,
        careful: bool,
    ) -> Slice:
        """Give what is to be applied."""
        waits = any((topic, partition) == self.lane for topic, partition, _ in held)
        if self.quick is None or waits or careful:
            return judged.judge(self.one_by_one(), sources, held)
        judged.progress[self.lane], made = self.quick
        judged.count(Outcome.APPLY, len(self.polled))
        return Slice(self.topic, self.partition, self.first, self.next, prepared=made)


class Consumer:
    """Applies batches of raw records for one service; knows nothing of how they were polled."""

    def __init__(self, *, service: str, database: Database, projector: Projector) -> None:
        """``projector`` gets what passes: decoded, in order, once."""
        self.service = service
        self.projector = projector
        self.stored: dict[Lane, store.Stored] = {}
        self.failure: str | None = None
        self._database = database
        self._topics = {topic.name: topic for topic in projector.topics}
        self.pace = Pace()
        self.applied = 0
        """How many transactions were committed: the sign of life while a poll is worked on."""
        self.working = False
        self._delay = _BACK_OFF_SECONDS[0]
        self._loaded = False

    async def assigned(self, client: AIOKafkaConsumer, lanes: Sequence[Lane]) -> None:
        """Load the stored state of ``lanes`` and move the client to the database's positions."""
        async with self._database.transaction() as session:
            loaded = await store.load(session, lanes)
        await self._projector_loaded()
        self.stored.update(loaded)
        for lane, stored in loaded.items():
            seek(client, lane, stored.placement.next)

    def revoked(self, lanes: Sequence[Lane]) -> None:
        """Forget ``lanes``: another member moves them from now on."""
        for lane in lanes:
            self.stored.pop(lane, None)

    async def consume(self, client: AIOKafkaConsumer, records: Sequence[_Polled]) -> None:
        """Apply one poll. After any failure the client is moved back to the database's truth."""
        polled: dict[Lane, list[_Polled]] = {}
        for record in records:
            polled.setdefault((record.topic, record.partition), []).append(record)
        lanes = list(polled)
        self.working = True
        try:
            if not self.stored.keys() >= set(lanes):
                # All of them: the whole poll is let go, so each lane's records must come again.
                await self.assigned(client, lanes)
                return
            if self.projector.whole_poll:
                await self._together(client, list(polled.values()))
            else:
                await self._piecewise(client, polled)
        except Exception as error:  # noqa: BLE001 - whatever it is, the database's truth stands
            self.failure = f"{type(error).__name__}: {error}"
            _log.warning(
                "slice_waits", error=self.failure, transient=is_transient(error), delay=self._delay
            )
            await asyncio.sleep(self._delay)
            self._delay = min(self._delay * 2, _BACK_OFF_SECONDS[1])
            self._loaded = False
            self.pace.failed()
            self.revoked(lanes)
            # The polled records are let go: a new poll starts where the database says. Until then
            # the position in Kafka's client may be anything; the state of the lane is unknown.
            for lane in lanes:
                seek(client, lane, polled[lane][0].offset)
        else:
            self.failure = None
            self._delay = _BACK_OFF_SECONDS[0]
        finally:
            self.working = False

    async def _together(
        self, client: AIOKafkaConsumer, polled: Sequence[Sequence[_Polled]]
    ) -> None:
        """Apply a poll in one transaction, or lane by lane in several where there is much of it.

        A poll of a backlog has tens of thousands of records. Where they have to be read one by one,
        each takes several times its own size: they must not all be in memory at once.
        """
        for unit in _divided(polled):
            # One that was taken away meanwhile, and may have come back, is read again.
            ours = [part for part in unit if self._keeps(client, part)]
            if ours and not await self._apply(client, [self._part(part) for part in ours]):
                return

    def _keeps(self, client: AIOKafkaConsumer, part: Sequence[_Polled]) -> bool:
        lane = (part[0].topic, part[0].partition)
        if lane not in self.stored:
            seek(client, lane, part[0].offset)
        return lane in self.stored

    async def _piecewise(
        self, client: AIOKafkaConsumer, polled: Mapping[Lane, Sequence[_Polled]]
    ) -> None:
        """Apply a poll in pieces that are soon done, each lane in turn, until the poll is old.

        What is left then comes again: to Kafka a member that does not poll is dead. So does what is
        left of a lane that was taken away, if it has come back. A piece is decoded when its turn
        comes, so that few objects live at a time.
        """
        time = asyncio.get_running_loop().time
        began = time()
        waiting = deque(polled.values())
        while waiting:
            part = waiting.popleft()
            if not self._keeps(client, part):
                continue
            if time() - began > _POLL_SECONDS:
                seek(client, (part[0].topic, part[0].partition), part[0].offset)
                continue
            room = self.pace.room
            start = time()
            if not await self._apply(client, [self._part(part[:room])]):
                return
            self.pace.took(min(room, len(part)), time() - start)
            self._delay = _BACK_OFF_SECONDS[0]
            if len(part) > room:
                waiting.append(part[room:])

    async def _projector_loaded(self) -> None:
        if not self._loaded:
            await self.projector.load()
            self._loaded = True

    def _part(self, polled: Sequence[_Polled]) -> _Part:
        """Take records of one lane as they are."""
        first, last = polled[0], polled[-1]
        topic = self._topics[first.topic]
        return _Part(topic, first.partition, first.offset, last.offset + 1, polled)

    @staticmethod
    def _unapplied(unit: Sequence[_Part], stored: Mapping[Lane, store.Stored]) -> list[_Part]:
        """Cut off what is applied already; each part then begins where its lane stands."""
        fresh = []
        for part in unit:
            position = stored[part.lane].placement.next
            start = unread([record.offset for record in part.polled], position)
            metrics.EVENTS_CONSUMED.inc(start)
            metrics.EVENTS.labels(outcome=Outcome.DUPLICATE).inc(start)
            if part.next > position:
                fresh.append(
                    _Part(part.topic, part.partition, position, part.next, part.polled[start:])
                )
        return fresh

    async def _apply(self, client: AIOKafkaConsumer, unit: Sequence[_Part]) -> bool:
        """Apply parts in one transaction; False when the client was moved, so must poll anew.

        A lane that is taken away meanwhile goes on: the position in the database decides.
        """
        stored = {part.lane: self.stored[part.lane] for part in unit}
        fresh = self._unapplied(unit, stored)
        if not fresh:
            return True
        for part in fresh:
            part.prepare(self.projector, stored[part.lane].sources)
            await asyncio.sleep(0)  # whoever else waits for the processor
        try:
            moved, judged = await self._transaction(fresh, stored, careful=False)
        except Exception as error:
            if is_transient(error):
                raise
            _log.warning("slice_failed", error=repr(error))
            moved, judged = await self._transaction(fresh, stored, careful=True)
        self.projector.committed()
        self.applied += 1
        for part in fresh:
            if part.lane in moved:
                state = stored[part.lane]
                state.placement = Placement(part.next, state.placement.topic_id)
                state.sources = judged.progress[part.lane].sources
                metrics.EVENTS_CONSUMED.inc(len(part.polled))
        for outcome, count in judged.counts.items():
            metrics.EVENTS.labels(outcome=outcome).inc(count)
        fenced = [part.lane for part in fresh if part.lane not in moved]
        if fenced:
            metrics.CONSUMER_FENCED_BATCHES.inc(len(fenced))
            _log.warning("slices_fenced", lanes=fenced)
            # Whoever moved these may have moved the others, too: a rebuild sends all of them back.
            lanes = list(self.stored)
            self.revoked(lanes)
            await self.projector.reload()
            await self.assigned(client, lanes)
        if moved:
            await _commit(client, {part.lane: part.next for part in fresh if part.lane in moved})
        return not fenced

    async def _transaction(
        self, unit: Sequence[_Part], stored: Mapping[Lane, store.Stored], *, careful: bool
    ) -> tuple[set[Lane], Judged]:
        judged = Judged()
        async with self._database.transaction() as session:
            moves = {part.lane: (stored[part.lane].placement.next, part.next) for part in unit}
            moved = await store.advance(session, moves)
            held = await store.held_subjects(session)
            accepted = [
                part.judged(judged, stored[part.lane].sources, held, careful=careful)
                for part in unit
                if part.lane in moved
            ]
            rejected = await self.projector.project(session, accepted, careful=careful)
            self._reject(rejected, judged)
            await store.park(session, judged.parked)
            for part in accepted:
                await store.forget_erased(session, part)
            await store.save_sources(session, _touched(judged))
        applied = sum(len(part.records) for part in accepted) - len(rejected)
        judged.count(Outcome.APPLY, applied)
        return moved, judged

    @staticmethod
    def _reject(rejected: Sequence[Rejected], judged: Judged) -> None:
        for item in rejected:
            outcome = Outcome.HOLD if item.reason == "held" else Outcome.PARK
            judged.count(outcome)
            judged.parked.append(
                store.Parked(item.slice, item.record, outcome, item.reason, item.detail)
            )


def _divided(polled: Sequence[Sequence[_Polled]]) -> Iterator[Sequence[Sequence[_Polled]]]:
    """Put lanes together up to about ``_MOST_TOGETHER`` records; no lane is cut."""
    unit: list[Sequence[_Polled]] = []
    for part in polled:
        unit.append(part)
        if sum(map(len, unit)) >= _MOST_TOGETHER:
            yield unit
            unit = []
    if unit:
        yield unit


def _few(values: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Divide documents into runs of about ``_BYTES_AT_ONCE``."""
    many = max(1, _BYTES_AT_ONCE * len(values) // max(1, sum(map(len, values))))
    for begin in range(0, len(values), many):
        yield values[begin : begin + many]


def seek(client: AIOKafkaConsumer, lane: Lane, offset: int) -> None:
    """Move ``client`` in ``lane``; nothing happens when the lane was taken away meanwhile."""
    try:
        client.seek(TopicPartition(*lane), offset)
    except IllegalStateError:
        _log.info("seek_after_revocation", lane=lane)


def _touched(judged: Judged) -> dict[Lane, dict[str, SourceState]]:
    return {
        lane: {source: progress.sources[source] for source in progress.touched}
        for lane, progress in judged.progress.items()
        if progress.touched
    }


async def _commit(client: AIOKafkaConsumer, positions: dict[Lane, int]) -> None:
    """Tell Kafka how far we are. Advisory: an error means a rebalance, and loses nothing."""
    try:
        await client.commit({TopicPartition(*lane): n for lane, n in positions.items()})
    except (KafkaError, IllegalStateError) as error:
        _log.info("commit_refused", error=repr(error))
