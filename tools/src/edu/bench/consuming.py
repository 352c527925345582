"""How fast a backlog is read into PostgreSQL: the chassis' one consuming function, as services use.

The projection is a simple one: how many cells each school has entered. A group of two members
reads, each a process of its own; then one member alone. Beside them, in each run, the raw client
reads the same records and does nothing with them.
"""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from statistics import median

import asyncpg
import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka.admin import AdminClient
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
from edu.bench.stage import Stage, seconds_of, stage
from edu.embedded.postgres import in_thread
from edu.failure import Failure
from edu.progress import Advance, progress
from edu.testing import eventually
from edu.topics import administrator

RECORDS = 120_000
WITHIN = 180.0
PROJECTION = "CREATE TABLE entered (school_id text PRIMARY KEY, cells bigint NOT NULL)"

CONSUMING = Figure(
    "consuming",
    "consuming: slices into PostgreSQL, two members of a group",
    "records/s",
    mark=30_000,
    at_least=True,
    raw="aiokafka getmany of the same records",
)


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Read the same backlog again in each run, as a group that never read it."""
    rows = saves(effort.of(RECORDS))
    with stage() as here, progress("consuming: records", 3 * effort.runs * len(rows)) as more:
        return {CONSUMING.name: in_thread(run, _measure(here, rows, effort.runs, more))}


async def _measure(here: Stage, rows: Sequence[Written], runs: int, more: Advance) -> Measured:
    measured = Measured()
    await send_all([here.bootstrap], rows)
    alone, spent = [], []
    for number in range(runs):
        rate, _ = await _consumed(here, f"two_{number}", len(rows), members=2)
        measured.runs.append(rate)
        more(len(rows))
        rate, seconds = await _consumed(here, f"one_{number}", len(rows), members=1)
        alone.append(rate)
        spent.append(seconds / len(rows) * 1e6)
        more(len(rows))
        measured.raw.append(len(rows) / await _raw(here, len(rows)))
        more(len(rows))
    measured.notes["one member alone, records/s"] = rounded(median(alone))
    measured.notes["consumer: processor µs per record"] = rounded(median(spent))
    return measured


def projection() -> Handlers:
    """Count the cells that each save enters."""
    handlers = Handlers()

    @handlers.on(ScoreEntered)
    async def count(session: Session, received: Sequence[Received[ScoreEntered]]) -> None:
        cells: Counter[str] = Counter()
        for one in received:
            values = one.event.after
            cells[one.event.school_id] += len(values) - values.count(None)
        await session.execute(_ADD, {"schools": list(cells), "cells": list(cells.values())})

    return handlers


_ADD = text(
    "INSERT INTO entered SELECT * FROM "
    "unnest(CAST(:schools AS text[]), CAST(:cells AS bigint[])) "
    "ON CONFLICT (school_id) DO UPDATE SET cells = entered.cells + excluded.cells"
)


async def _consumed(here: Stage, name: str, count: int, *, members: int) -> tuple[float, float]:
    """Return the records per second of a group, and how long its processors were busy."""
    url = here.database("gradebook", name)
    connection = await asyncpg.connect(url)
    await connection.execute(PROJECTION)
    admin = administrator(here.bootstrap)
    # Whoever comes first must not begin before all are there: its first slice waits for the table.
    gate = connection.transaction()
    await gate.start()
    await connection.execute("LOCK TABLE entered IN EXCLUSIVE MODE")

    async def done() -> bool:
        found = await connection.fetchval(
            "SELECT sum(next)::bigint FROM delivery.consumer_position"
        )
        return bool(found == count)

    try:
        with _members(members, url, here.bootstrap, name) as processes:
            await eventually(lambda: _joined(admin, name) == members, within=WITHIN)
            before = sum(seconds_of(one.pid or 0) for one in processes)
            began = time.perf_counter()
            await gate.commit()
            await eventually(done, within=WITHIN)
            taken = time.perf_counter() - began
            busy = sum(seconds_of(one.pid or 0) for one in processes) - before
        counted = await connection.fetchval("SELECT sum(cells)::bigint FROM entered")
        if counted != count:
            raise Failure(f"{count} cells were saved, {counted} were counted.")
        return count / taken, busy
    finally:
        await connection.close()


@contextmanager
def _members(count: int, url: str, bootstrap: str, group: str) -> Iterator[Sequence[BaseProcess]]:
    spawning = multiprocessing.get_context("spawn")
    found = [
        spawning.Process(target=_member, args=(url, bootstrap, group), daemon=True)
        for _ in range(count)
    ]
    for one in found:
        one.start()
    try:
        yield found
    finally:
        for one in found:
            one.kill()
            one.join()


def _member(url: str, bootstrap: str, group: str) -> None:
    """Consume until killed, as a service does."""
    collect_seldom()
    # That a slice is fenced while members join is as it should be, and no news.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    database = Database(url, application="bench")
    consumer = Consumer(service="bench", database=database, projector=projection())
    subscription = Subscription(
        consumer=consumer, database=database, bootstrap=[bootstrap], group=group
    )
    run(subscription.run())


def _joined(admin: AdminClient, group: str) -> int:
    """Count the members that hold partitions."""
    (found,) = admin.describe_consumer_groups([group]).values()
    return sum(bool(one.assignment.topic_partitions) for one in found.result().members)


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
