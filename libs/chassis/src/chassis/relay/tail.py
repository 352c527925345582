"""The last record of each partition: what Kafka says the relay had sent when it last led."""

from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis.kafka import OPEN, Security
from chassis.relay.decisions import Lane
from contracts import envelope
from contracts.topics import Topic

_POLL_MS = 200
_MOST_POLLS = 50


async def last_sequences(
    bootstrap: Sequence[str], source: str, topics: Sequence[Topic], *, security: Security = OPEN
) -> dict[Lane, int]:
    """Return the highest sequence of ``source`` at the tail of every partition of ``topics``.

    An absent topic has no tail. Reading the last record is enough: the relay sends in order, and
    Kafka never compacts the active segment away.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=list(bootstrap),
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        **security.aiokafka(),
    )
    await consumer.start()
    try:
        known = await consumer.topics()
        lanes = [
            TopicPartition(topic.name, partition)
            for topic in topics
            if topic.name in known
            for partition in range(topic.partitions)
        ]
        if not lanes:
            return {}
        consumer.assign(lanes)
        begins = await consumer.beginning_offsets(lanes)
        ends = await consumer.end_offsets(lanes)
        waiting = {lane for lane in lanes if ends[lane] > begins[lane]}
        for lane in waiting:
            consumer.seek(lane, ends[lane] - 1)
        found: dict[Lane, int] = {}
        for _ in range(_MOST_POLLS):
            if not waiting:
                return found
            for lane, records in (await consumer.getmany(*waiting, timeout_ms=_POLL_MS)).items():
                waiting.discard(lane)
                event = envelope.decode(records[-1].value, records[-1].key)
                if (
                    isinstance(event, envelope.Envelope)
                    and event.source == source
                    and event.sequence is not None
                ):
                    found[lane.topic, lane.partition] = event.sequence
        message = f"the tails of {sorted(waiting)} could not be read"
        raise TimeoutError(message)
    finally:
        await consumer.stop()
