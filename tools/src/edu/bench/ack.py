"""How long after its commit an event is safe in Kafka, at a steady 200 commands per second.

The commands commit through the chassis, and the relay beside them is the one of a service; the
moment of the acknowledgement is the one in which the relay's own sender learns of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from aiokafka import AIOKafkaProducer

from chassis.database import Database
from chassis.outbox import emit
from chassis.relay import lane as lanes
from chassis.relay.decisions import Lane
from chassis.relay.relay import Relay, new_producer
from chassis.relay.store import Row
from contracts.topics import SCORES
from edu.bench.documents import SCHOOLS, saves
from edu.bench.figures import Bench, Effort, Figure, Measured, percentile, rounded
from edu.bench.load import steadily
from edu.bench.loop import run
from edu.bench.stage import Stage, stage
from edu.embedded.postgres import in_thread
from edu.progress import Advance, progress
from edu.testing import eventually, running
from edu.testing.making import Make

RATE = 200
SECONDS = 8
WARM_UP = 200
WITHIN = 60.0

ACK = Figure(
    "commit-to-ack",
    "commit → Kafka's acknowledgement, 200 commands/s, p99",
    "ms",
    mark=50,
    goal=30,
    raw="aiokafka send and wait of the same documents",
)


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Measure the way of each command, run by run."""
    count = effort.of(RATE * SECONDS)
    with stage() as here, progress("ack: commands", 2 * effort.runs * count) as more:
        url = here.database("gradebook")
        return {ACK.name: in_thread(run, _measure(here, url, count, effort.runs, more))}


async def _measure(here: Stage, url: str, count: int, runs: int, more: Advance) -> Measured:
    measured = Measured()
    database = Database(url, application="bench")
    relay = Relay(service="gradebook", url=url, bootstrap=[here.bootstrap])
    database.after_emit(relay.wake)
    producer = new_producer([here.bootstrap])
    await producer.start()
    middles = []
    try:
        with acknowledgements() as acknowledged:
            async with running(relay.run()):
                await eventually(lambda: relay.state == "leading", within=WITHIN)
                await _commanded(database, acknowledged, WARM_UP, lambda _: None)
                for _ in range(runs):
                    waits = await _commanded(database, acknowledged, count, more)
                    measured.runs.append(percentile(waits, 99))
                    middles.append(percentile(waits, 50))
                    measured.raw.append(percentile(await _raw(producer, count, more), 99))
    finally:
        await producer.stop()
        await database.close()
    measured.notes["p50, ms"] = rounded(percentile(middles, 50))
    return measured


@contextmanager
def acknowledgements() -> Iterator[dict[str, float]]:
    """Note, by the attributes of each event, the moment in which the relay's sender has its ack."""
    moments: dict[str, float] = {}
    really_send = lanes.send_chunk

    async def send_chunk(producer: AIOKafkaProducer, lane: Lane, rows: Iterable[Row]) -> int:
        chunk = list(rows)
        count = await really_send(producer, lane, chunk)
        moment = time.perf_counter()
        moments.update((row.attributes or "", moment) for row in chunk[:count])
        return count

    lanes.send_chunk = send_chunk
    try:
        yield moments
    finally:
        lanes.send_chunk = really_send


async def _commanded(
    database: Database, acknowledged: Mapping[str, float], count: int, more: Advance
) -> list[float]:
    """Return the milliseconds from each commit to its acknowledgement."""
    committed: dict[str, float] = {}

    async def command(number: int) -> None:
        async with database.transaction() as session:
            (emitted,) = await emit(session, Make().save(number % SCHOOLS, [850]))
        committed[emitted.attributes] = time.perf_counter()

    await steadily(RATE, count, command, more)
    await eventually(lambda: committed.keys() <= acknowledged.keys(), within=WITHIN)
    # The relay may be told of a commit before the command itself goes on.
    return [max(0.0, acknowledged[one] - moment) * 1000 for one, moment in committed.items()]


async def _raw(producer: AIOKafkaProducer, count: int, more: Advance) -> list[float]:
    waits: list[float] = []
    documents = saves(count)

    async def send(number: int) -> None:
        one = documents[number]
        began = time.perf_counter()
        await producer.send_and_wait(
            SCORES.name,
            one.document(0),
            key=one.key.encode(),
            partition=one.partition,
        )
        waits.append((time.perf_counter() - began) * 1000)

    await steadily(RATE, count, send, more)
    return waits


BENCH = Bench("ack", (ACK,), measure)
