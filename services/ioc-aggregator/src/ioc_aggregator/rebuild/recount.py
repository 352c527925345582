"""The log counted again, in memory: the same judgement and the same folds as live.

Most of it in bulk. What a bulk reader has a doubt about goes the way of live reading, record by
record, so what is parked there is left out here.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from chassis import memory
from chassis.consuming.decisions import Progress, SourceState, fork
from chassis.consuming.judging import Judged, all_next
from chassis.consuming.records import Record, Slice
from contracts import envelope
from contracts.topics import TOPICS, Topic
from ioc_aggregator.intake.streams import BULKS
from ioc_aggregator.measures.cells import Delta
from ioc_aggregator.rebuild.reading import Log, UnreadableError
from ioc_aggregator.rollups.projector import folded
from ioc_aggregator.rollups.state import Entry, Lane, State

if TYPE_CHECKING:
    from confluent_kafka import Message

_CHUNKS = 256
"""After so many memory is given back: half a million records, a second or two."""

_TOPICS = {topic.name: topic for topic in TOPICS}


class Recount:
    """A state, and what its sources have sent to get there."""

    def __init__(
        self, state: State | None = None, sources: Mapping[Lane, Mapping[str, SourceState]] = {}
    ) -> None:
        """Begin before the first record, or go on."""
        self.state = State() if state is None else state
        self.sources = {lane: dict(states) for lane, states in sources.items()}
        self._chunks = 0
        self.slowly = 0
        """How many records were read one by one."""

    def missing(self, vector: Mapping[Lane, int]) -> int:
        """Give how many offsets there are still to read up to ``vector``."""
        return sum(max(0, until - self.state.vector.get(lane, 0)) for lane, until in vector.items())

    def advance(self, log: Log, vector: Mapping[Lane, int]) -> Iterator[Entry]:
        """Read and count up to ``vector``; yield what each chunk adds, when it is added."""
        for lane, until in vector.items():
            first = self.state.vector.get(lane, 0)
            if first >= until:
                continue
            kept, end = log.ends(lane)
            if end < until:
                raise UnreadableError(f"{lane[0]}/{lane[1]} ends at {end}, {until} was counted")
            for chunk in log.read(lane, max(first, kept), until):
                yield self._take(lane, chunk, until)
                self._chunks += 1
                if self._chunks % _CHUNKS == 0:
                    memory.give_back()
            if self.state.vector.get(lane, 0) < until:  # the last offsets are holes
                yield self._apply(lane, until, Delta())

    def _take(self, lane: Lane, chunk: "Sequence[Message]", until: int) -> Entry:
        topic = _TOPICS[lane[0]]
        progress = fork(self.sources.get(lane, {}))
        delta = _in_bulk(topic, chunk, progress)
        if delta is None:
            delta, progress = self._one_by_one(topic, lane, chunk)
        self.sources[lane] = progress.sources
        return self._apply(lane, min(until, (chunk[-1].offset() or 0) + 1), delta)

    def _apply(self, lane: Lane, following: int, delta: Delta) -> Entry:
        entry = Entry(lane, self.state.vector.get(lane, 0), following, delta)
        self.state.apply(entry)
        return entry

    def _one_by_one(
        self, topic: Topic, lane: Lane, chunk: "Sequence[Message]"
    ) -> tuple[Delta, Progress]:
        self.slowly += len(chunk)
        part = Slice(topic, lane[1], chunk[0].offset() or 0, (chunk[-1].offset() or 0) + 1)
        for one in chunk:
            if (error := one.error()) is not None:
                raise UnreadableError(error.str())
            part.records.append(_record(one))
        judged = Judged()
        accepted = judged.judge(part, self.sources.get(lane, {}), set())
        return folded(accepted), judged.progress[lane]


def _record(one: "Message") -> Record:
    key, value = one.key(), one.value()
    # What cannot be read is judged like the rest; only an accepted record holds an event.
    event = envelope.decode(value, key)
    return Record(one.offset() or 0, event, key, value)  # type: ignore[arg-type]


def _in_bulk(topic: Topic, chunk: "Sequence[Message]", progress: Progress) -> Delta | None:
    """Count a chunk at once, or tell by None that each of its records has to be looked at."""
    bulk = BULKS.get(topic.name)
    if bulk is None:
        return None
    values = [one.value() for one in chunk]
    if not all(values):
        return None
    documents = bulk.read(values)  # type: ignore[arg-type]
    if documents is None:
        return None
    if not all_next(progress, topic, documents):
        source = f"urn:edu:{topic.owner}"
        if any(one.source != source for one in documents):
            return None
        fresh = [progress.judge(source, int(one.sequence)).fresh for one in documents]
        documents = [one for one, is_fresh in zip(documents, fresh, strict=True) if is_fresh]
    return bulk.fold(documents)
