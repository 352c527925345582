"""What a round of the relay reads: the rows that it numbers, however many wait or were sent."""

from collections.abc import Callable

import asyncpg

from chassis.database import Database
from chassis.outbox import emit
from chassis.relay.decisions import Lane
from chassis.relay.store import LeadConnection
from contracts.admissions import UnitRegistered

WAITING, ROUND = 400, 10
READ = """
SELECT (SELECT sum(seq_tup_read) FROM pg_stat_user_tables WHERE relname LIKE 'outbox%')
     + (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE relname LIKE 'outbox%')
"""


async def rows_read(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval(READ))
    finally:
        await connection.close()


async def say_what_was_read(lead: LeadConnection) -> None:
    await lead.execute(["SELECT pg_stat_force_next_flush()", "SELECT 1"])


async def test_a_round_reads_only_the_rows_that_it_numbers(
    delivery: Database, unit: Callable[..., UnitRegistered]
) -> None:
    async with delivery.transaction() as session:
        await emit(session, *map(unit, range(WAITING)))
    lead = await LeadConnection.take(delivery.url)
    assert lead is not None
    latest: dict[Lane, int] = {}
    try:
        await say_what_was_read(lead)
        before = await rows_read(delivery.url)
        for first in (1, ROUND + 1):
            _, rows, latest = await lead.round(latest, ROUND, acknowledged=latest, compacted=())
            assert [row.sequence for row in rows] == list(range(first, first + ROUND))
        await say_what_was_read(lead)
        read = await rows_read(delivery.url) - before
    finally:
        await lead.close()
    # Each row is found once as one that waits, and once by its id.
    assert 2 * 2 * ROUND <= read < WAITING
