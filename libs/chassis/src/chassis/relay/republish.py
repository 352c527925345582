"""Send numbered rows again: the same bytes, for a Kafka that lost them."""

from collections.abc import Sequence

import asyncpg
from aiokafka import AIOKafkaProducer

from chassis.kafka import OPEN, Security
from chassis.relay.lane import send_chunk
from chassis.relay.store import numbered_rows

_ROWS = 2_000


async def republish(
    *,
    url: str,
    bootstrap: Sequence[str],
    topic: str,
    partition: int,
    first: int,
    last: int,
    security: Security = OPEN,
) -> int:
    """Send the rows numbered ``first`` to ``last`` of one partition again; return how many.

    Consumers apply what they lack and drop the rest as duplicates. It may run beside the relay:
    a record that comes behind its successors is applied only inside a gap that was noticed.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=list(bootstrap),
        enable_idempotence=True,
        acks="all",
        max_batch_size=1 << 20,
        compression_type="zstd",
        **security.aiokafka(),
    )
    await producer.start()
    connection = await asyncpg.connect(url)
    sent = 0
    lane = (topic, partition)
    try:
        while first <= last:
            rows = await numbered_rows(connection, lane, first - 1, upto=last, limit=_ROWS)
            if not rows:
                break
            count = await send_chunk(producer, lane, rows)
            sent += count
            first = rows[count - 1].sequence + 1
    finally:
        await connection.close()
        await producer.stop()
    return sent
