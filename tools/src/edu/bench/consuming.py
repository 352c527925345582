"""How fast a backlog is read into PostgreSQL: the chassis' one consuming function, as services use.

The projection is a simple one: how many cells each school has entered. Beside it, in each run,
the raw client reads the same records and does nothing with them.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import text

from chassis.consuming.consumer import Consumer
from chassis.consuming.handlers import Handlers, Received
from chassis.consuming.subscription import Subscription
from chassis.database import Database, Session
from chassis.start import collect_seldom
from contracts.gradebook import ScoreEntered
from contracts.topics import SCORES
from edu.bench.documents import Written, saves
from edu.bench.figures import Bench, Effort, Figure, Measured, rounded
from edu.bench.loop import run
from edu.bench.relay import send_all
from edu.bench.stage import Stage, stage
from edu.embedded.postgres import in_thread
from edu.failure import Failure
from edu.progress import Advance, progress
from edu.testing import eventually, running

RECORDS = 120_000
WITHIN = 180.0
PROJECTION = "CREATE TABLE entered (school_id text PRIMARY KEY, cells bigint NOT NULL)"

CONSUMING = Figure(
    "consuming",
    "consuming: slices into PostgreSQL",
    "records/s",
    mark=30_000,
    at_least=True,
    raw="aiokafka getmany of the same records",
)


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Read the same backlog again in each run, as a group that never read it."""
    rows = saves(effort.of(RECORDS))
    collect_seldom()
    with stage() as here, progress("consuming: records", 2 * effort.runs * len(rows)) as more:
        urls = [here.database("gradebook", f"reader_{n}") for n in range(effort.runs)]
        return {CONSUMING.name: in_thread(run, _measure(here, urls, rows, more))}


async def _measure(
    here: Stage, urls: Sequence[str], rows: Sequence[Written], more: Advance
) -> Measured:
    measured = Measured()
    await send_all([here.bootstrap], rows)
    spent = []
    for number, url in enumerate(urls):
        began = time.process_time()
        measured.runs.append(await _consumed(here, url, f"reader-{number}", len(rows)))
        spent.append((time.process_time() - began) / len(rows) * 1e6)
        more(len(rows))
        measured.raw.append(len(rows) / await _raw(here, len(rows)))
        more(len(rows))
    measured.notes["consumer: processor µs per record"] = rounded(median(spent))
    return measured


def projection() -> Handlers:
    """Count the cells that each save enters."""
    handlers = Handlers()

    @handlers.on(ScoreEntered)
    async def count(session: Session, received: Sequence[Received[ScoreEntered]]) -> None:
        cells: Counter[str] = Counter()
        for one in received:
            cells[one.event.school_id] += sum(value is not None for value in one.event.after)
        await session.execute(_ADD, {"schools": list(cells), "cells": list(cells.values())})

    return handlers


_ADD = text(
    "INSERT INTO entered SELECT * FROM "
    "unnest(CAST(:schools AS text[]), CAST(:cells AS bigint[])) "
    "ON CONFLICT (school_id) DO UPDATE SET cells = entered.cells + excluded.cells"
)


async def _consumed(here: Stage, url: str, group: str, count: int) -> float:
    """Return the records per second from the first slice that is applied to the last."""
    connection = await asyncpg.connect(url)
    await connection.execute(PROJECTION)
    database = Database(url, application="bench")
    consumer = Consumer(service="bench", database=database, projector=projection())
    subscription = Subscription(
        consumer=consumer, database=database, bootstrap=[here.bootstrap], group=group
    )

    async def reached() -> int:
        found: int = await connection.fetchval(
            "SELECT coalesce(sum(next), 0)::bigint FROM delivery.consumer_position"
        )
        return found

    async def done() -> bool:
        return await reached() == count

    try:
        async with running(subscription.run()):
            first = await eventually(reached, within=WITHIN)
            began = time.perf_counter()
            await eventually(done, within=WITHIN)
            rate = (count - first) / (time.perf_counter() - began)
        counted = await connection.fetchval("SELECT sum(cells)::bigint FROM entered")
        if counted != count:
            raise Failure(f"{count} cells were saved, {counted} were counted.")
        return rate
    finally:
        await database.close()
        await connection.close()


async def _raw(here: Stage, count: int) -> float:
    consumer = AIOKafkaConsumer(bootstrap_servers=here.bootstrap, auto_offset_reset="earliest")
    await consumer.start()
    try:
        lanes = [TopicPartition(SCORES.name, number) for number in range(SCORES.partitions)]
        consumer.assign(lanes)
        await consumer.seek_to_beginning(*lanes)
        began = time.perf_counter()
        while count > 0:
            found = await consumer.getmany(timeout_ms=100)
            count -= sum(len(records) for records in found.values())
        return time.perf_counter() - began
    finally:
        await consumer.stop()


BENCH = Bench("consuming", (CONSUMING,), measure)
