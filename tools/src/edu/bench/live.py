"""How fast the running aggregator reads what comes: its own service process, through FastStream.

A backlog is sent while a lock on the journal holds its first transaction up; then the lock goes,
and the clock runs until the positions in the database have reached the end. The service knows the
whole province and its classes, answers, writes its feed and its snapshots meanwhile; what it has
counted is read back from its database and held against the simulator.

Then 5,000 saves a second are sent straight to Kafka, of all schools in turn, while somebody reads
the feed: how long after it was handed to Kafka's client is a save in its school's number?
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import asyncpg
import psutil
from confluent_kafka import Producer

from chassis.database import Database
from contracts.gradebook import ScoreEntered
from contracts.lists import ColumnKind, Level, Subject, Term
from contracts.relay import Watermark
from contracts.topics import SCORES
from edu.bench.feed import listen
from edu.bench.figures import Effort, Figure, Measured, NotHere, percentile, rounded
from edu.bench.loop import run
from edu.bench.recounting import counted, digest
from edu.bench.scores_log import (
    RAW,
    ROWS,
    ROWS_RECORDS,
    SHEETS,
    SHEETS_SCORES,
    Load,
    Span,
    first,
    keep_on,
    load,
    nowhere,
    pin,
    recounted,
    together,
)
from edu.bench.stage import seconds_of, suite
from edu.client import Suite
from edu.freshness import wait_until_counted
from edu.progress import progress
from edu.simulator import marks, register
from edu.simulator.documents import SHEET, TEACHER, Writer, made_id
from edu.simulator.marks import Manner, Truth
from edu.simulator.province import Province, province
from edu.simulator.sending import sending
from edu.supervisor import Supervisor
from edu.testing import eventually, running
from ioc_aggregator.intake.streams import TOPICS
from ioc_aggregator.measures.families import SCORES as SCORES_FAMILY
from ioc_aggregator.rollups.follower import Follower
from ioc_aggregator.rollups.state import State

AGGREGATOR = "ioc-aggregator"
SOURCES = ("admissions", "gradebook")
WITHIN = 600.0
RATE, SECONDS, TOGETHER = 5_000, 10, 50
QUIET_SECONDS = 2.0

LIVE_ROWS = Figure(
    "live-rows", "live: records of one cell", "records/s", mark=120_000, at_least=True, raw=RAW
)
LIVE_SHEETS = Figure(
    "live-sheets", "live: sheets", "scores/s", mark=2_000_000, at_least=True, raw=RAW
)
LIVE_MEMORY = Figure("live-memory", "live: memory after all of that", "MB", mark=512)
LIVE_FEED = Figure("live-feed", "event → feed at 5,000 records/s, p99", "ms", mark=1000)
FIGURES = (LIVE_ROWS, LIVE_SHEETS, LIVE_MEMORY, LIVE_FEED)


def measure(effort: Effort) -> Mapping[str, Measured | NotHere]:
    """Let one service read all of it, one backlog after another."""
    with suite(AGGREGATOR) as on:
        pin(on.pair)
        return run(_Live(on, effort).measure())


class _Live:
    """A province, whoever writes of it, and the service that reads."""

    def __init__(self, on: Supervisor, effort: Effort) -> None:
        self._on, self._effort = on, effort
        self._here: Province = province()
        levels = (Level.THCS, Level.THPT)
        self._rooms = [room for room in self._here.rooms if room.school.level in levels]
        self._writer = Writer(nowhere, self._here.seed)
        self._truths: list[Truth] = []
        self._pid = on.watched[AGGREGATOR].child.pid
        keep_on(self._pid, 1)

    async def measure(self) -> Mapping[str, Measured | NotHere]:
        found: dict[str, Measured | NotHere] = {}
        memory = Measured()
        await self._known()
        memory.notes["knowing schools and classes, MB"] = rounded(self._resident())
        for figure, manner, wanted in (
            (LIVE_SHEETS, SHEETS, SHEETS_SCORES),
            (LIVE_ROWS, ROWS, ROWS_RECORDS),
        ):
            if not self._effort.wants([figure, LIVE_MEMORY]):
                continue
            measured = found[figure.name] = Measured(recount_equal=True)
            spent = []
            for _ in range(self._effort.runs):
                one, seconds, busy = await self._read(manner, wanted)
                raw = recounted(self._on.bootstrap, one.spans, None)["raw"]
                measured.runs.append(one.amount / seconds)
                measured.raw.append(one.amount / raw)
                measured.recount_equal = measured.recount_equal and await self._is_right()
                spent.append(busy / one.records)
                memory.runs.append(self._resident())
            memory.notes[f"after {figure.name}, MB"] = rounded(memory.runs[-1])
            measured.notes["records"] = one.records
            measured.notes["processor µs per record"] = rounded(median(spent) * 1e6)
        if self._effort.wants([LIVE_FEED]):
            found[LIVE_FEED.name] = await self._fed()
        memory.runs.append(self._resident())
        memory.runs = memory.runs[-self._effort.runs :]
        found[LIVE_MEMORY.name] = memory
        return found

    def _resident(self) -> float:
        return float(psutil.Process(self._pid).memory_info().rss) / 1e6

    async def _known(self) -> None:
        """Tell of schools, classes and calendars, and wait until numbers are shown."""
        with sending(self._on.bootstrap) as self._writer.sink:
            register.write(self._writer, self._here, Counter())
        moment = datetime.now(UTC)
        with sending(self._on.bootstrap) as self._writer.sink:
            for source in SOURCES:
                positions = self._writer.positions(source)
                mark = Watermark(source=source, read_at=moment, positions=positions)
                self._writer.put(mark, f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z")
        async with Suite(self._on.home) as asked:
            await wait_until_counted(asked, dict.fromkeys(SOURCES, moment), standstill=WITHIN)

    async def _read(self, manner: Manner, wanted: int) -> tuple[Load, float, float]:
        """Send a backlog and let it be read; give the seconds, and those of the processor."""
        slots = marks.slots(self._here)
        secondary = [slot for slot in slots if slot.grade.level is Level.THCS]
        some = first(self._here, secondary, self._effort.of(wanted))
        connection = await asyncpg.connect(self._on.databases[AGGREGATOR])
        try:
            gate = connection.transaction()
            await gate.start()
            await connection.execute("LOCK TABLE journal IN EXCLUSIVE MODE")
            one, _ = await asyncio.to_thread(
                load, self._on.bootstrap, self._writer, self._here, some, manner
            )
            self._truths.append(one.truth)
            before, began = seconds_of(self._pid), time.perf_counter()
            await gate.commit()
            await _reached(connection, one.spans)
            return one, time.perf_counter() - began, seconds_of(self._pid) - before
        finally:
            await connection.close()

    async def _is_right(self) -> bool:
        """Hold what is counted against all that was sent."""
        rows = together(self._truths, self._here)
        return digest(counted(await self._counted())) == digest(rows)

    async def _counted(self) -> State:
        """Read back from the database what the service has counted."""
        database = Database(self._on.databases[AGGREGATOR], application="bench")
        try:
            follower = Follower(TOPICS)
            async with database.reading() as session:
                await follower.refresh(session)
        finally:
            await database.close()
        return follower.state

    async def _fed(self) -> Measured:
        """Send at the rate and wait until the feed has told of each save."""
        measured, middle = Measured(), []
        seen = _Seen(await self._entered())
        count = self._effort.of(RATE * SECONDS)
        home, url = self._on.home, self._on.urls[AGGREGATOR]
        head = await self._quiet()
        with progress("live: saves", self._effort.runs * count) as more:
            async with running(listen(home, url, seen.take, after=head)):
                # Once for each class: from then on all that is shown was shown before.
                await self._told(self._saves(len(self._rooms)), seen)
                for _ in range(self._effort.runs):
                    waits = await self._told(self._saves(count), seen)
                    middle.append(percentile(waits, 50))
                    measured.runs.append(percentile(waits, 99))
                    more(count)
        measured.notes["p50, ms"] = rounded(median(middle))
        measured.notes["saves in each run"] = count
        measured.notes["entries of the feed"] = await self._quiet() - head
        return measured

    async def _entered(self) -> dict[str, int]:
        """Give how many scores each school has entered."""
        scores = (await self._counted()).columns[SCORES_FAMILY.name]
        found: Counter[str] = Counter()
        for key, entered in zip(scores.keys, scores.column("entered").tolist(), strict=True):
            found[key[0]] += entered
        return dict(found)

    async def _quiet(self) -> int:
        """Wait until the feed has told everything; give its last number."""
        connection = await asyncpg.connect(self._on.databases[AGGREGATOR])
        head = -1
        try:
            while (now := await connection.fetchval("SELECT max(number) FROM feed") or 0) != head:
                head = now
                await asyncio.sleep(QUIET_SECONDS)
        finally:
            await connection.close()
        return head

    def _saves(self, count: int) -> list[tuple[str, int, bytes, bytes]]:
        """Write single new scores, class by class in turn through all schools."""
        rooms = self._rooms
        records: list[tuple[str, int, bytes, bytes]] = []
        self._writer.sink = lambda *record: records.append(record)
        none = '{"at":[],"value":[]}'
        for number in range(count):
            # A prime: neighbours are of different schools.
            room = rooms[number * 6_101 % len(rooms)]
            sheet = made_id(SHEET, self._here.seed, 2**40 + room.number)
            data = (
                f'{{"sheet_id":"{sheet}","school_id":"{room.school.id}","class_id":"{room.id}",'
                f'"school_year":"2025-2026","grade":"{room.grade}","subject":"{Subject.TOAN}",'
                f'"term":"{Term.HK2}","kind":"{ColumnKind.REGULAR}","position":1,'
                f'"entered_by":"{made_id(TEACHER, self._here.seed, room.number)}",'
                f'"day":"2026-05-20","pupils":["{self._here.pupil(room.first)}"],"after":[850],'
                f'"before":{none},"state":{none},"before_state":{none},"reason_code":null}}'
            )
            moment = "2026-05-20T02:00:00.000000Z"
            self._writer.write(ScoreEntered, room.school.id, sheet, moment, data)
        return records

    async def _told(
        self, records: Sequence[tuple[str, int, bytes, bytes]], seen: _Seen
    ) -> list[float]:
        """Send them at the rate; give the milliseconds until the feed told of each."""
        producer = Producer(
            {
                "bootstrap.servers": self._on.bootstrap,
                "enable.idempotence": True,
                "compression.type": "zstd",
                "linger.ms": 5,
            }
        )
        began = time.perf_counter()
        for at in range(0, len(records), TOGETHER):
            await asyncio.sleep(max(0.0, began + at / RATE - time.perf_counter()))
            for topic, partition, key, value in records[at : at + TOGETHER]:
                seen.sent[key.decode()].append(time.perf_counter())
                producer.produce(topic, value, key, partition)
            producer.poll(0)
        await asyncio.to_thread(producer.flush)
        producer.close()
        await eventually(seen.all_of_it, within=WITHIN)
        return seen.waits()


class _Seen:
    """What was sent of each school, and when the feed told of how many scores it has entered."""

    def __init__(self, entered: Mapping[str, int]) -> None:
        self.sent: defaultdict[str, list[float]] = defaultdict(list)
        self._before = defaultdict(int, entered)
        self._told: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)

    def take(self, number: Mapping[str, Any], moment: float | None = None) -> None:
        """Note when a number came."""
        moment = time.perf_counter() if moment is None else moment
        self._told[number["unit_id"]].append((number["numerator"] or 0, moment))

    def all_of_it(self) -> bool:
        """Tell whether each school's number counts all that was sent of it."""
        return all(
            self._told[school] and self._told[school][-1][0] >= self._before[school] + len(moments)
            for school, moments in self.sent.items()
        )

    def waits(self) -> list[float]:
        """Give the milliseconds that each save took, and begin anew."""
        found = []
        for school, moments in self.sent.items():
            told = iter(self._told[school])
            counted, moment = next(told)
            for number, sent in enumerate(moments, start=self._before[school] + 1):
                while counted < number:
                    counted, moment = next(told)
                found.append((moment - sent) * 1000)
            self._before[school] += len(moments)
        self.sent.clear()
        self._told.clear()
        return found


async def _reached(connection: asyncpg.Connection, spans: Sequence[Span]) -> None:
    """Return when the positions have reached the end of what was sent."""
    due = {(topic, lane): until for topic, lane, _, until in spans}

    async def read() -> bool:
        rows = await connection.fetch(
            "SELECT topic, partition, next FROM delivery.consumer_position WHERE topic = $1",
            SCORES.name,
        )
        at = {(row["topic"], row["partition"]): row["next"] for row in rows}
        return all(at.get(lane, 0) >= until for lane, until in due.items())

    await eventually(read, within=WITHIN)
