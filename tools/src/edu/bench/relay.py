"""How fast a backlog leaves the outbox, by the relay as it runs in a service.

Beside it, in each run: the raw client, which sends the same documents through the same producer
without any database, and the database's side alone, which numbers and acknowledges without Kafka.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from statistics import median

import asyncpg
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import NewTopic

from chassis import clock
from chassis.relay.decisions import Lane
from chassis.relay.relay import Relay, new_producer
from chassis.relay.store import LeadConnection
from contracts import envelope
from contracts.topics import SCORES
from edu.bench.documents import Written, saves
from edu.bench.figures import Bench, Effort, Figure, Measured, rounded
from edu.bench.loop import run
from edu.bench.stage import Stage, seconds_of, stage
from edu.embedded.postgres import in_thread
from edu.progress import Advance, progress
from edu.testing import eventually, running
from edu.topics import administrator

ROWS = 60_000
CHUNK = 2_000
RAW_TOPIC = "bench.raw.v1"
WITHIN = 120.0
HEADERS = [("content-type", envelope.CONTENT_TYPE.encode())]

DRAIN = Figure(
    "relay-drain",
    "relay: a backlog is drained",
    "records/s",
    mark=20_000,
    goal=40_000,
    at_least=True,
    raw="aiokafka send_batch of the same documents",
)


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Drain a backlog of saves of one cell each, run by run."""
    rows = saves(effort.of(ROWS))
    with stage() as here:
        raw_topic(here.bootstrap)
        urls = (here.database("gradebook"), here.database("gradebook", "gradebook_alone"))
        with progress("relay: records", 3 * effort.runs * len(rows)) as more:
            return {DRAIN.name: in_thread(run, _measure(here, urls, rows, effort.runs, more))}


async def _measure(
    here: Stage, urls: tuple[str, str], rows: Sequence[Written], runs: int, more: Advance
) -> Measured:
    measured = Measured()
    alone: list[float] = []
    spent: list[dict[str, float]] = []
    for _ in range(runs):
        before = _processor_seconds(here)
        measured.runs.append(len(rows) / await _drained(here, urls[0], rows))
        spent.append({name: s - before[name] for name, s in _processor_seconds(here).items()})
        more(len(rows))
        measured.raw.append(len(rows) / await send_all([here.bootstrap], rows, RAW_TOPIC))
        more(len(rows))
        alone.append(len(rows) / await _database_alone(urls[1], rows))
        more(len(rows))
    for name in spent[0]:
        busy = median(one[name] for one in spent)
        measured.notes[f"{name}: processor µs per record"] = rounded(busy / len(rows) * 1e6)
    measured.notes["the database's side alone, records/s"] = rounded(median(alone))
    measured.notes["bytes per document"] = len(rows[0].document(1))
    return measured


def _processor_seconds(here: Stage) -> dict[str, float]:
    return {"relay": seconds_of(os.getpid(), children=False), **here.processor_seconds()}


async def _drained(here: Stage, url: str, rows: Sequence[Written]) -> float:
    """Return how long a relay that leads takes from the commit until Kafka holds every row."""
    relay = Relay(service="gradebook", url=url, bootstrap=[here.bootstrap])
    connection = await asyncpg.connect(url)
    try:
        async with running(relay.run()):
            await eventually(lambda: relay.state == "leading", within=WITHIN)
            goal = await _acknowledged(connection) + len(rows)
            began = await committed(connection, rows)
            relay.wake()

            async def done() -> bool:
                return await _acknowledged(connection) == goal

            await eventually(done, within=WITHIN)
            return time.perf_counter() - began
    finally:
        await connection.close()


async def _acknowledged(connection: asyncpg.Connection) -> int:
    found: int = await connection.fetchval(
        "SELECT coalesce(sum(acknowledged), 0)::bigint FROM delivery.relay_position"
    )
    return found


async def committed(connection: asyncpg.Connection, rows: Sequence[Written]) -> float:
    """Write the rows in one transaction; return the moment of its commit."""
    moment = clock.now()
    await connection.copy_records_to_table(
        "outbox",
        schema_name="delivery",
        columns=["created", "topic", "partition", "key", "attributes", "data"],
        records=[
            (moment, row.topic, row.partition, row.key, row.attributes, row.data) for row in rows
        ],
    )
    return time.perf_counter()


def raw_topic(bootstrap: str) -> None:
    """Make the topic of the raw client, which is like that of the scores."""
    spread = [NewTopic(RAW_TOPIC, SCORES.partitions, 1, config=SCORES.config())]
    for future in administrator(bootstrap).create_topics(spread).values():
        future.result()


async def send_all(
    bootstrap: Sequence[str], rows: Sequence[Written], topic: str | None = None
) -> float:
    """Send the rows, numbered and rendered beforehand; return how long the client takes.

    ``topic`` is where they go instead of their own.
    """
    lanes: dict[Lane, list[tuple[bytes, bytes]]] = {}
    for row in rows:
        lane = lanes.setdefault((topic or row.topic, row.partition), [])
        lane.append((row.key.encode(), row.document(len(lane) + 1)))
    producer = new_producer(bootstrap)
    await producer.start()
    try:
        began = time.perf_counter()
        await asyncio.gather(*(_send(producer, *lane) for lane in lanes.items()))
        return time.perf_counter() - began
    finally:
        await producer.stop()


async def _send(
    producer: AIOKafkaProducer, lane: Lane, documents: Sequence[tuple[bytes, bytes]]
) -> None:
    topic, partition = lane
    left = iter(documents)
    pending = next(left, None)
    while pending is not None:
        batch = producer.create_batch()
        count = 0
        while pending is not None and count < CHUNK:
            key, value = pending
            if batch.append(key=key, value=value, timestamp=None, headers=HEADERS) is None:
                break
            count += 1
            pending = next(left, None)
        await (await producer.send_batch(batch, topic, partition=partition))


async def _database_alone(url: str, rows: Sequence[Written]) -> float:
    """Return how long numbering and acknowledging all rows takes, as if Kafka took no time."""
    connection = await asyncpg.connect(url)
    lead = await LeadConnection.take(url)
    assert lead is not None, "nobody else relays this database"  # noqa: S101
    try:
        numbered: dict[Lane, int] = {at: n for at, (n, _) in (await lead.positions()).items()}
        began = await committed(connection, rows)
        latest: dict[Lane, int] = {}
        found = True
        while found or latest:
            _, fresh, latest = await lead.round(numbered, CHUNK, acknowledged=latest, compacted=())
            numbered |= latest
            found = bool(fresh)
        return time.perf_counter() - began
    finally:
        await lead.close()
        await connection.close()


BENCH = Bench("relay", (DRAIN,), measure)
