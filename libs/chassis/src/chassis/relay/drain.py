"""Send all that stands in the outbox, then stop: for a one-off job while no service runs."""

import asyncio
import contextlib

import asyncpg
from aiokafka.errors import KafkaError
from sqlalchemy import text

from chassis.database import Database
from chassis.relay.relay import KafkaAheadError, Relay

_POLL_SECONDS = 0.1
_AGAIN_SECONDS = 1.0
_WAITING = text(
    "SELECT (SELECT count(*) FROM delivery.outbox WHERE sequence IS NULL)"
    " + (SELECT coalesce(sum(numbered - acknowledged), 0) FROM delivery.relay_position)"
)


async def drain(database: Database, relay: Relay, *, within: float) -> int:
    """Relay until Kafka holds every row or the seconds are over; return how many still wait.

    Where a service runs already its own relay leads, and this one only watches it finish.
    """
    if not (waiting := await _count(database)):
        return 0
    sending = asyncio.create_task(_send(relay))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                while waiting:
                    await asyncio.sleep(_POLL_SECONDS)
                    waiting = await _count(database)
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    return waiting


async def _count(database: Database) -> int:
    async with database.reading() as session:
        return int((await session.execute(_WAITING)).scalar_one())


async def _send(relay: Relay) -> None:
    while True:
        with contextlib.suppress(KafkaError, KafkaAheadError, OSError, asyncpg.PostgresError):
            await relay.run()
        await asyncio.sleep(_AGAIN_SECONDS)
