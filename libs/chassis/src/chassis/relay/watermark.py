"""How far a source's facts have reached Kafka, said by the source itself (design: watermarks)."""

from collections.abc import Mapping
from datetime import datetime

from aiokafka import AIOKafkaProducer

from chassis import clock
from chassis.relay.decisions import Lane
from contracts import envelope, topics
from contracts.relay import Watermark

EVERY_SECONDS = 5.0


async def send(
    producer: AIOKafkaProducer, service: str, read_at: datetime, acknowledged: Mapping[Lane, int]
) -> None:
    """Write the watermark: all that ``service`` had committed at ``read_at`` is in Kafka.

    ``acknowledged`` is the last acknowledged sequence of each lane. The record replaces the one
    before it (compacted), so it needs no number of its own.
    """
    positions: dict[str, dict[int, int]] = {}
    for (topic, partition), last in acknowledged.items():
        positions.setdefault(topic, {})[partition] = last
    event = Watermark(source=service, read_at=read_at, positions=positions)
    attributes = envelope.attributes(
        event,
        id=clock.new_id(),
        time=read_at,
        recordedtime=clock.now(),
        correlationid=None,
        causationid=None,
        traceparent=None,
    )
    await producer.send_and_wait(
        topics.WATERMARKS.name,
        key=event.partition_key().encode(),
        value=envelope.render(attributes, event.data_json(), 0),
        headers=[("content-type", envelope.CONTENT_TYPE.encode())],
    )
