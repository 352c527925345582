"""One topic-partition of the relay: one unacknowledged chunk at most, in order, ever retried."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, OutOfOrderSequenceNumber

from chassis.relay.decisions import Lane, continues
from chassis.relay.store import Row
from contracts import envelope

_HEADERS = [("content-type", envelope.CONTENT_TYPE.encode())]
_MEMORY_ROWS = 4_000
_CHUNK_ROWS = 2_000
_RETRY_SECONDS = (0.2, 5.0)

_log = structlog.get_logger()


def render(row: Row) -> bytes | None:
    """Return the row's document: the same bytes however often it is sent. None is a tombstone."""
    if row.attributes is None or row.data is None:
        return None
    return envelope.render(row.attributes, row.data, row.sequence)


class LaneSender:
    """Sends the numbered rows of one lane, chunk by chunk, each acknowledged before the next."""

    def __init__(
        self,
        lane: Lane,
        *,
        numbered: int,
        acknowledged: int,
        producer: AIOKafkaProducer,
        load: Callable[[int, int], Awaitable[list[Row]]],
    ) -> None:
        """``load(after, limit)`` reads numbered rows that did not fit in memory."""
        self.lane = lane
        self.numbered = numbered
        self.acknowledged = acknowledged
        self.error: str | None = None
        self._producer = producer
        self._load = load
        self._rows: deque[Row] = deque()
        self._wake = asyncio.Event()

    def add(self, rows: Sequence[Row]) -> None:
        """Take rows just numbered: into memory where they continue it, else left to be loaded."""
        tail = self._rows[-1].sequence if self._rows else self.acknowledged
        if continues(
            tail, [row.sequence for row in rows], held=len(self._rows), limit=_MEMORY_ROWS
        ):
            self._rows.extend(rows)
        self.numbered = rows[-1].sequence
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled. An error of this lane is kept in ``error`` and holds no other.

        Raises:
            OutOfOrderSequenceNumber: a chunk that Kafka refused for good (a right was missing) has
                used up the producer's own numbers; nothing but a new producer can go on.
        """
        delay = _RETRY_SECONDS[0]
        while True:
            if self.acknowledged == self.numbered:
                self._wake.clear()
                await self._wake.wait()
            try:
                await self._send_chunk()
            except OutOfOrderSequenceNumber:
                raise
            except (KafkaError, OSError) as error:
                self.error = f"{type(error).__name__}: {error}"
                _log.warning("relay_lane_waits", lane=self.lane, error=self.error)
                await asyncio.sleep(delay)
                delay = min(delay * 2, _RETRY_SECONDS[1])
            else:
                self.error = None
                delay = _RETRY_SECONDS[0]

    async def _send_chunk(self) -> None:
        if not self._rows:
            self._rows.extend(await self._load(self.acknowledged, _CHUNK_ROWS))
            if not self._rows:
                message = f"rows after {self.acknowledged} of {self.lane} are gone from the outbox"
                raise RuntimeError(message)
        count = await send_chunk(self._producer, self.lane, islice(self._rows, _CHUNK_ROWS))
        for _ in range(count):
            self.acknowledged = self._rows.popleft().sequence


async def send_chunk(producer: AIOKafkaProducer, lane: Lane, rows: Iterable[Row]) -> int:
    """Send as many of ``rows`` as one batch takes; return how many Kafka has acknowledged."""
    batch = producer.create_batch()
    count = 0
    for row in rows:
        # append returns None, without a word, when the batch is full.
        if (
            batch.append(key=row.key.encode(), value=render(row), timestamp=None, headers=_HEADERS)
            is None
        ):
            break
        count += 1
    batch.close()
    topic, partition = lane
    await (await producer.send_batch(batch, topic, partition=partition))
    return count
