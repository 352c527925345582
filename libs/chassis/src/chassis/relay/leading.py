"""A relay while it leads: rounds of number → hand over → record, and the lanes beside them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, OutOfOrderSequenceNumber

from chassis import clock, metrics
from chassis.outbox_partitions import expired, partition_ddl
from chassis.relay import filler, watermark
from chassis.relay.decisions import Lane, Read, is_covered
from chassis.relay.lane import LaneSender
from chassis.relay.store import LeadConnection, Row, numbered_rows
from contracts.topics import Topic

_ROWS = 2_000
_REPORT_SECONDS = 5.0
_HOUSEKEEPING_SECONDS = 6 * 3600.0
_FORGET = (
    "DELETE FROM delivery.idempotency_key WHERE created < now() - interval '30 days'",
    # Longer than any topic that causes side effects is read again.
    "DELETE FROM delivery.inbox WHERE received < now() - interval '430 days'",
)


class Leading:
    """The state of one lead; a lost lock or connection ends it, and the next starts from rows."""

    def __init__(
        self,
        lead: LeadConnection,
        producer: AIOKafkaProducer,
        pool: asyncpg.Pool,
        *,
        service: str,
        topics: Sequence[Topic],
        fill_seconds: float,
    ) -> None:
        """``lead`` numbers and records, ``pool`` reads what a lane had no memory for."""
        self.oldest: datetime | None = None
        self.lanes: dict[Lane, LaneSender] = {}
        self._lead = lead
        self._producer = producer
        self._pool = pool
        self._service = service
        self._topics = topics
        self._compacted = [topic.name for topic in topics if topic.compacted]
        self._fill_seconds = fill_seconds
        self._fillers: dict[Lane, str] = {
            (topic.name, partition): key
            for topic in topics
            if topic.erases
            for partition, key in enumerate(filler.keys_of_nobody(topic))
        }
        self._senders: dict[Lane, asyncio.Task[None]] = {}
        self._numbered: dict[Lane, int] = {}
        self._recorded: dict[Lane, int] = {}
        self._read: Read | None = None
        self._covered: datetime | None = None
        self._watermark: asyncio.Task[None] | None = None
        self._due = {
            self._say_watermark: 0.0,
            self._report: 0.0,
            self._keep_house: 0.0,
            self._fill: 0.0,
        }

    async def start(self) -> None:
        """Open the lanes; what was numbered and not acknowledged is sent again, the same bytes."""
        for lane, (numbered, acknowledged) in (await self._lead.positions()).items():
            self._numbered[lane] = numbered
            self._recorded[lane] = acknowledged
            self._open(lane, numbered, acknowledged)

    async def stop(self) -> None:
        """Cancel the lanes; an unacknowledged chunk is sent again by the next lead."""
        tasks = [*self._senders.values(), *([self._watermark] if self._watermark else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def round(self) -> bool:
        """Number what was committed, hand it to the lanes, record what Kafka took.

        Returns whether there may be more to do at once.
        """
        for task in self._senders.values():
            if task.done():
                task.result()
        changed = {
            lane: sender.acknowledged
            for lane, sender in self.lanes.items()
            if sender.acknowledged != self._recorded.get(lane, 0)
        }
        at, rows, latest = await self._lead.round(
            self._numbered, _ROWS, acknowledged=changed, compacted=self._compacted
        )
        self._recorded.update(changed)
        self._numbered.update(latest)
        for lane, fresh in _by_lane(rows).items():
            (self.lanes.get(lane) or self._open(lane, 0, 0)).add(fresh)
        if self._read is None and len(rows) < _ROWS:
            self._read = Read(at, dict(self._numbered))
        if self._read is not None and is_covered(self._read, self._recorded):
            self._covered = self._read.at
            self._read = None
        await self._do_what_is_due()
        return bool(changed) or len(rows) == _ROWS

    async def _do_what_is_due(self) -> None:
        time = asyncio.get_running_loop().time()
        for work, due in self._due.items():
            if time >= due:
                self._due[work] = time + await work()

    def _open(self, lane: Lane, numbered: int, acknowledged: int) -> LaneSender:
        async def load(after: int, limit: int) -> list[Row]:
            async with self._pool.acquire() as connection:
                upto = self.lanes[lane].numbered
                return await numbered_rows(connection, lane, after, upto=upto, limit=limit)

        sender = LaneSender(
            lane, numbered=numbered, acknowledged=acknowledged, producer=self._producer, load=load
        )
        self.lanes[lane] = sender
        self._senders[lane] = asyncio.create_task(sender.run())
        return sender

    async def _say_watermark(self) -> float:
        if self._covered is None:
            return 0.0
        if self._watermark is not None and self._watermark.done():
            self._watermark.result()
        if self._watermark is None or self._watermark.done():
            self._watermark = asyncio.create_task(
                _ignoring_kafka(self._producer, self._service, self._covered, self._recorded)
            )
        return watermark.EVERY_SECONDS

    async def _report(self) -> float:
        count, self.oldest = await self._lead.backlog()
        age = (clock.now() - self.oldest).total_seconds() if self.oldest else 0
        metrics.OUTBOX_UNPUBLISHED_ROWS.set(count)
        metrics.OUTBOX_OLDEST_UNPUBLISHED.set(max(age, 0))
        return _REPORT_SECONDS

    async def _keep_house(self) -> float:
        today = clock.business_day(clock.now())
        kept = [topic.retention_days for topic in self._topics if not topic.compacted]
        longest = None if None in kept else max((days for days in kept if days), default=None)
        gone = expired(await self._lead.outbox_partitions(), today, longest)
        await self._lead.execute(
            [*partition_ddl(today), *(f"DROP TABLE delivery.{name}" for name in gone), *_FORGET]
        )
        return _HOUSEKEEPING_SECONDS

    async def _fill(self) -> float:
        # A partition that never held a key has nothing to forget.
        await self._lead.fill(
            {lane: key for lane, key in self._fillers.items() if lane in self._numbered}
        )
        return self._fill_seconds


async def _ignoring_kafka(
    producer: AIOKafkaProducer, service: str, read_at: datetime, recorded: Mapping[Lane, int]
) -> None:
    """Send a watermark; one that cannot be sent shows by its age, which is what it is for."""
    try:
        await watermark.send(producer, service, read_at, dict(recorded))
    except OutOfOrderSequenceNumber:
        raise  # as in a lane: this producer is of no more use
    except KafkaError:
        pass


def _by_lane(rows: Sequence[Row]) -> dict[Lane, list[Row]]:
    lanes: dict[Lane, list[Row]] = {}
    for row in rows:
        lanes.setdefault(row.lane, []).append(row)
    return lanes
