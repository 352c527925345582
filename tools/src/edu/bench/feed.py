"""How long after its commit a command is in the number that the feed sends, at 200 per second.

The commands commit to a gradebook's database through the chassis, with the gradebook's relay beside
them; the aggregator is the real service, and who waits reads its server-sent events. A command is
seen when its school's number counts it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from chassis.database import Database
from chassis.outbox import emit
from chassis.relay.relay import Relay, new_producer
from edu.bench.documents import SCHOOLS, saves, written
from edu.bench.figures import Bench, Effort, Figure, Measured, percentile
from edu.bench.load import steadily
from edu.bench.loop import run
from edu.bench.relay import RAW_TOPIC, raw_topic, send_all
from edu.bench.stage import suite
from edu.embedded.postgres import in_thread
from edu.home import Home
from edu.migrate import main as migrate
from edu.progress import Advance, progress
from edu.supervisor import Supervisor
from edu.testing import eventually, running
from edu.testing.making import Make
from edu.tokens import token

RATE = 200
SECONDS = 8
WARM_UP = 400
WITHIN = 60.0
PROVINCE, COMMUNE = 900, 901
INDICATOR, SCOPE = "N26", "school"

RAW = "the same documents sent and read back by aiokafka"
MIDDLE = Figure("commit-to-feed-p50", "commit → number on the feed, p50", "ms", mark=150, raw=RAW)
SLOW = Figure("commit-to-feed-p99", "commit → number on the feed, p99", "ms", mark=1000, raw=RAW)


class Seen:
    """What the feed has told: by school, how many cells are counted."""

    def __init__(self) -> None:
        self.counted: defaultdict[str, int] = defaultdict(int)
        self.moments: defaultdict[str, dict[int, float]] = defaultdict(dict)

    def take(self, number: Mapping[str, Any]) -> None:
        """Note when each of the cells that a number counts anew was seen."""
        school, moment = number["unit_id"], time.perf_counter()
        upto = int(number["numerator"] or 0)
        for one in range(self.counted[school] + 1, upto + 1):
            self.moments[school][one] = moment
        self.counted[school] = max(self.counted[school], upto)


def measure(effort: Effort) -> Mapping[str, Measured]:
    """Wait for the number of each command, run by run."""
    count = effort.of(RATE * SECONDS)
    with suite("ioc-aggregator") as here:
        assert here.pair.postgres is not None  # noqa: S101 - nobody gave this suite another
        url = here.pair.postgres.ensure_database("gradebook")
        in_thread(migrate, {"gradebook": url})
        with progress("feed: commands", 2 * effort.runs * count) as more:
            return run(_measure(here, url, (effort.runs, count), more))


async def _measure(
    here: Supervisor, url: str, plan: tuple[int, int], more: Advance
) -> Mapping[str, Measured]:
    middle, slow = Measured(), Measured()
    raw_topic(here.bootstrap)
    runs, count = plan
    make, seen = Make(), Seen()
    known = [make.unit(PROVINCE), make.unit(COMMUNE, parent=PROVINCE), make.calendar()]
    schools = [make.school(number, COMMUNE) for number in range(SCHOOLS)]
    await send_all([here.bootstrap], [written(fact) for fact in (*known, *schools)])
    database = Database(url, application="bench")
    relay = Relay(service="gradebook", url=url, bootstrap=[here.bootstrap])
    database.after_emit(relay.wake)
    producer = new_producer([here.bootstrap])
    await producer.start()
    try:
        async with (
            running(relay.run()),
            running(listen(here.home, here.urls["ioc-aggregator"], seen.take)),
        ):
            await eventually(lambda: relay.state == "leading", within=WITHIN)
            told: defaultdict[str, int] = defaultdict(int)
            await _commanded(database, seen, told, WARM_UP, lambda _: None)
            for _ in range(runs):
                waits = await _commanded(database, seen, told, count, more)
                middle.runs.append(percentile(waits, 50))
                slow.runs.append(percentile(waits, 99))
                raw = await _raw(here, producer, count, more)
                middle.raw.append(percentile(raw, 50))
                slow.raw.append(percentile(raw, 99))
    finally:
        await producer.stop()
        await database.close()
    return {MIDDLE.name: middle, SLOW.name: slow}


async def listen(
    home: Home, url: str, take: Callable[[Mapping[str, Any]], None], *, after: int = 0
) -> None:
    """Read the aggregator's feed for ever; ``take`` gets each school's number of a whole year."""
    headers = {"Authorization": f"Bearer {token(home, 'auditor')}"}
    async with (
        httpx.AsyncClient(timeout=None) as client,  # noqa: S113 - the stream has no end
        client.stream(
            "GET", f"{url}/feed/stream", headers=headers, params={"after": after}
        ) as answer,
    ):
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            # Most speak of other numbers, and reading JSON takes time from whom it measures.
            if line.startswith("data:") and f'"{INDICATOR}"' in line:
                number = json.loads(line.removeprefix("data:"))["data"]
                kind = (number["indicator"], number["unit_kind"], number["dims"])
                if kind == (INDICATOR, SCOPE, {}) and "/" not in number["period"]:
                    take(number)


async def _commanded(
    database: Database, seen: Seen, told: defaultdict[str, int], count: int, more: Advance
) -> list[float]:
    """Return the milliseconds from each commit until its school's number counts it."""
    committed: list[tuple[str, int, float]] = []
    orders: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def command(number: int) -> None:
        save = Make().save(number % SCHOOLS, [850])
        school = save.school_id
        async with orders[school]:
            async with database.transaction() as session:
                await emit(session, save)
            told[school] += 1
            committed.append((school, told[school], time.perf_counter()))

    await steadily(RATE, count, command, more)

    def all_seen() -> bool:
        return all(one in seen.moments[school] for school, one, _ in committed)

    await eventually(all_seen, within=WITHIN)
    return [(seen.moments[school][one] - at) * 1000 for school, one, at in committed]


async def _raw(
    here: Supervisor, producer: AIOKafkaProducer, count: int, more: Advance
) -> list[float]:
    """Return the milliseconds from each sending until a reader has the document."""
    documents = [one.document(0) for one in saves(count)]
    waits: list[float] = []
    sent: dict[bytes, float] = {}
    consumer = AIOKafkaConsumer(RAW_TOPIC, bootstrap_servers=here.bootstrap)
    await consumer.start()

    async def read() -> None:
        while True:
            record = await consumer.getone()
            waits.append((time.perf_counter() - sent[record.value]) * 1000)

    async def send(number: int) -> None:
        sent[documents[number]] = time.perf_counter()
        await producer.send(RAW_TOPIC, documents[number])

    try:
        await consumer.seek_to_end()
        async with running(read()):
            await steadily(RATE, count, send, more)
            await eventually(lambda: len(waits) == count, within=WITHIN)
    finally:
        await consumer.stop()
    return waits


BENCH = Bench("feed", (MIDDLE, SLOW), measure)
