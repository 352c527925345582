"""A Kafka in memory: logs that keep what they took, and clients that lose answers on demand."""

import asyncio
import bisect
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaConnectionError,
    NotLeaderForPartitionError,
    RequestTimedOutError,
)

from .clockwork import PROCESS, Faults, Process

Lane = tuple[str, int]
_LATE_SECONDS = 0.7
_BATCH = 4


@dataclass(frozen=True, slots=True)
class Stored:
    """A record, as a consumer gets it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Partition:
    """One log; ``offsets`` has holes, as compaction and transactions leave them."""

    records: list[Stored] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    end: int = 0


class Log:
    """All partitions of one broker."""

    def __init__(self, faults: Faults, see: Callable[[Lane, bytes | None, bool], None]) -> None:
        """``see`` is told of each record that is taken, and whether it is kept."""
        self.faults = faults
        self.is_up = True
        self.partitions: defaultdict[Lane, Partition] = defaultdict(Partition)
        self._see = see

    def append(self, lane: Lane, key: bytes, value: bytes | None, *, keep: bool = True) -> None:
        """Take one record; one that is not ``keep`` is lost after it was acknowledged."""
        partition = self.partitions[lane]
        self._see(lane, value, keep)
        if not keep:
            return
        if self.faults.random.random() < 0.1:
            partition.end += self.faults.random.randint(1, 3)
        partition.records.append(Stored(*lane, partition.end, key, value))
        partition.offsets.append(partition.end)
        partition.end += 1

    def read(self, lane: Lane, position: int, most: int) -> list[Stored]:
        """Return up to ``most`` records from ``position`` on."""
        partition = self.partitions[lane]
        first = bisect.bisect_left(partition.offsets, position)
        return partition.records[first : first + most]


class Batch:
    """What a producer sends at once; small, so that it is full now and then."""

    def __init__(self, most: int) -> None:
        self.records: list[tuple[bytes, bytes | None]] = []
        self._most = most

    def append(self, *, key: bytes, value: bytes | None, **_: Any) -> object | None:
        if len(self.records) == self._most:
            return None
        self.records.append((key, value))
        return self

    def close(self) -> None:
        """A batch here is never compressed."""


class Producer:
    """The part of aiokafka's producer that the relay uses."""

    def __init__(self, log: Log, **_: Any) -> None:
        self._log = log
        self._process = PROCESS.get()
        self._faults = self._process.faults

    async def start(self) -> None:
        await self._faults.latency()
        await self._process.gate()
        if not self._log.is_up:
            raise KafkaConnectionError

    async def stop(self) -> None:
        await self._process.gate()

    def create_batch(self) -> Batch:
        return Batch(self._faults.random.randint(1, _BATCH))

    async def send_batch(
        self, batch: Batch, topic: str, *, partition: int
    ) -> "asyncio.Future[None]":
        await self._process.gate()
        return asyncio.ensure_future(self._deliver((topic, partition), batch.records))

    async def send_and_wait(self, topic: str, *, key: bytes, value: bytes, **_: Any) -> None:
        await self._process.gate()
        await self._deliver((topic, 0), [(key, value)])

    async def _deliver(self, lane: Lane, records: Sequence[tuple[bytes, bytes | None]]) -> None:
        fault = self._faults.due(self._process.role, "send")
        await self._faults.latency()
        # An idempotent producer tries for ever.
        while not self._log.is_up:
            await self._faults.latency(0.5)
        if fault == "kill before":
            self._process.kill()
            await self._process.gate()
        if fault == "refuse":
            raise NotLeaderForPartitionError
        if fault == "late":
            # On its way when its sender dies, and taken when another one has long gone on.
            loop = asyncio.get_running_loop()
            loop.call_later(_LATE_SECONDS, self._take, lane, records, "")
            self._process.kill()
            await self._process.gate()
        self._take(lane, records, fault)
        if fault == "kill after":
            self._process.kill()
        await self._faults.latency()
        await self._process.gate()
        if fault == "no answer":
            raise RequestTimedOutError

    def _take(self, lane: Lane, records: Sequence[tuple[bytes, bytes | None]], fault: str) -> None:
        # What a reader has never begun to read it cannot miss: the first records are never lost.
        keep = fault != "lose" or not self._log.partitions[lane].records
        for key, value in records:
            self._log.append(lane, key, value, keep=keep)


class TailReader:
    """The part of aiokafka's consumer with which the relay looks at the ends of its logs."""

    def __init__(self, log: Log, **_: Any) -> None:
        self._log = log
        self._process = PROCESS.get()
        self._at: dict[Lane, int] = {}

    async def start(self) -> None:
        await self._process.gate()
        if not self._log.is_up:
            raise KafkaConnectionError

    async def stop(self) -> None:
        """Nothing is open."""

    async def topics(self) -> set[str]:
        return {topic for topic, _ in self._log.partitions}

    def assign(self, lanes: Sequence[TopicPartition]) -> None:
        self._at = {(lane.topic, lane.partition): 0 for lane in lanes}

    async def beginning_offsets(self, lanes: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(lanes, 0)

    async def end_offsets(self, lanes: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
        await self._process.faults.latency()
        await self._process.gate()
        return {lane: self._log.partitions[lane.topic, lane.partition].end for lane in lanes}

    def seek(self, lane: TopicPartition, offset: int) -> None:
        self._at[lane.topic, lane.partition] = offset

    async def getmany(
        self, *lanes: TopicPartition, timeout_ms: int
    ) -> dict[TopicPartition, list[Stored]]:
        await self._process.faults.latency(timeout_ms / 1000)
        await self._process.gate()
        return {
            lane: records
            for lane in sorted(lanes)
            if (records := self._log.read((lane.topic, lane.partition), self._at[lane], 9))
        }


class Client:
    """A member's client: positions of its own, which mean nothing once it was thrown out."""

    def __init__(self, log: Log, process: Process, committed: dict[Lane, int]) -> None:
        """``committed`` is what the group's members have told Kafka."""
        self.positions: dict[Lane, int] = {}
        self.is_member = True
        self._log = log
        self._process = process
        self._committed = committed

    def assign(self, lanes: Sequence[Lane]) -> None:
        """Take over ``lanes``, from where the group last said that it was."""
        self.positions = {lane: self._committed.get(lane, 0) for lane in lanes}

    def assignment(self) -> set[TopicPartition]:
        return {TopicPartition(*lane) for lane in self.positions}

    def seek(self, lane: TopicPartition, offset: int) -> None:
        if (lane.topic, lane.partition) not in self.positions:
            raise IllegalStateError(lane)
        self.positions[lane.topic, lane.partition] = offset

    async def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        await self._process.faults.latency()
        await self._process.gate()
        if not self.is_member:
            raise CommitFailedError
        for lane, offset in offsets.items():
            self._committed[lane.topic, lane.partition] = offset

    async def poll(self) -> list[Stored]:
        """Return some new records of each lane; what is returned is not returned again."""
        await self._process.faults.latency(0.2)
        await self._process.gate()
        if not self._log.is_up:
            return []
        records: list[Stored] = []
        for lane, position in list(self.positions.items()):
            found = self._log.read(lane, position, self._process.faults.random.randint(1, 8))
            if found:
                self.positions[lane] = found[-1].offset + 1
                records += found
        # On their way from the client to whoever applies them, much may happen.
        await self._process.faults.latency(0.1)
        return records
