"""``python -m ioc_aggregator rebuild``: forget the state, and count the whole log again.

A new generation begins and the positions go back to the start, in one transaction: a consumer that
is running is fenced by it and seeks back. The feed goes on with its N: it says nothing until a
watermark of each source is reached again, and then only what came out different.
"""

import asyncio
import sys

from sqlalchemy import insert, text

from chassis import clock
from chassis.database import Database, Session
from ioc_aggregator.rollups import ends, journal
from ioc_aggregator.rollups.tables import GENERATION
from ioc_aggregator.settings import Settings

_FORGET = (
    "UPDATE delivery.consumer_position SET next = 0",
    "DELETE FROM delivery.source_sequence",
    "DELETE FROM delivery.sequence_gap",
    "DELETE FROM delivery.parked",
)


async def begin(session: Session) -> int:
    """Begin a new generation; return its number."""
    # First the positions: slices that are being applied hold these rows, so they end before.
    for statement in _FORGET:
        await session.execute(text(statement))
    number = await journal.live_generation(session) + 1
    await session.execute(GENERATION.update().values(live=False))
    await session.execute(insert(GENERATION).values(number=number, live=True, begun_at=clock.now()))
    await journal.forget(session)
    await ends.forget(session)
    return number


def rebuild(settings: Settings, _: list[str]) -> int:
    """Run the job."""
    number = asyncio.run(_run(settings))
    sys.stdout.write(f"generation {number} counts the log from its beginning\n")
    return 0


async def _run(settings: Settings) -> int:
    database = Database(settings.database_url.get_secret_value(), application="ioc-rebuild")
    try:
        async with database.transaction() as session:
            return await begin(session)
    finally:
        await database.close()
