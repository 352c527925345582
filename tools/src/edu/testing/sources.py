"""Records as a service's relay writes them: rendered, numbered, sent."""

from __future__ import annotations

from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer

from chassis.clock import new_id, now
from chassis.consuming.records import Record
from contracts import envelope
from contracts.topics import partition_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from contracts.envelope import Tombstone
    from contracts.event import Event


def document(
    event: Event, *, at: datetime | None = None, event_id: str = "", sequence: int = 1
) -> bytes:
    """Return the event as it stands in Kafka."""
    moment = at or now()
    attributes = envelope.attributes(
        event,
        id=event_id or new_id(),
        time=moment,
        recordedtime=moment,
        correlationid=None,
        causationid=None,
        traceparent=None,
    )
    return envelope.render(attributes, event.data_json(), sequence)


def record(event: Event | Tombstone | bytes) -> Record:
    """Return what the consumer makes of an event."""
    if isinstance(event, envelope.Tombstone):
        return Record(0, event, None, None)
    value = event if isinstance(event, bytes) else document(event)
    decoded = envelope.decode(value, b"key")
    if not isinstance(decoded, envelope.Envelope):
        raise TypeError(f"no event: {decoded}")
    return Record(0, decoded, b"key", value)


class Sources:
    """Numbers and sends events as the relays of their sources do."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._last: defaultdict[tuple[str, int], int] = defaultdict(int)

    async def send(self, *events: Event, times: int = 1) -> list[bytes]:
        """Send each event so often, always the same bytes; return these."""
        sent = []
        for event in events:
            key = event.partition_key()
            topic, partition = event.TOPIC.name, partition_for(key, event.TOPIC.partitions)
            self._last[topic, partition] += 1
            value = document(event, sequence=self._last[topic, partition])
            for _ in range(times):
                await self._producer.send_and_wait(
                    topic, value, key=key.encode(), partition=partition
                )
            sent.append(value)
        return sent

    def positions(self, source: str) -> dict[str, dict[int, int]]:
        """Give the last number of each topic and partition of ``source``."""
        found: dict[str, dict[int, int]] = {}
        for (topic, partition), last in self._last.items():
            if topic.startswith(f"{source}."):
                found.setdefault(topic, {})[partition] = last
        return found


@asynccontextmanager
async def sources(kafka: str) -> AsyncIterator[Sources]:
    """Send to this broker."""
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        yield Sources(producer)
