"""One service's turn: the old one takes its place for a while, then gives it back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

import asyncpg
import httpx
from confluent_kafka import KafkaException
from prometheus_client.parser import text_string_to_metric_families

from contracts import envelope, registry
from contracts.registry import ContractError
from contracts.topics import CONSUMERS, TOPICS, Topic, consumers_of
from edu.embedded.process import Child
from edu.failure import Failure
from edu.skew.release import Release
from edu.skew.traffic import Traffic
from edu.suite import SERVICES, Entry
from edu.supervisor import Supervisor
from edu.topics import log_ends
from edu.verify.log import Lane, Log

SECONDS = 120.0
ROUND = 0.1

Ends = Mapping[Lane, int]


@dataclass
class Turn:
    """What came of it."""

    service: str
    written: int = 0
    """How many records the old one has written that a new one has read."""
    readers: tuple[str, ...] = ()
    read: int = 0
    """How many events the old one has applied, all of them written by new ones."""
    passed_over: int = 0
    answered: int = 0
    """How many requests the old one has answered with success."""
    failed: int = 0
    parked: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether everybody understood everybody, and both had something to say."""
        reads = self.read > 0 or not CONSUMERS[self.service]
        spoke = self.written > 0 and self.answered > 0
        return spoke and reads and not (self.failed or self.parked or self.wrong)


async def take(suite: Supervisor, release: Release, entry: Entry, played: Traffic) -> Turn:
    """Put the old service in the place of the new one while schools are played, and back."""
    turn = Turn(entry.name)
    child = suite.watched[entry.name].child
    new, failed, refused = child.environment, played.failed, len(played.refusals)
    own = [topic for topic in TOPICS if topic.owner == entry.name]
    said = release.ask(entry)
    begun = await _replace(child, said.known(new) | release.environment(entry), suite, own)
    await _ready(suite, entry, child)
    schools = played.schools
    # The one that is played now began before; the next one meets the old service in every step.
    await _until(lambda: _reached(schools + 2, played), f"two schools beside the old {entry.name}")
    sent = await _ends(suite, [topic for topic in TOPICS if topic.name in said.topics])
    await _applied(suite, entry.name, sent)
    counted = await _metrics(suite.urls[entry.name])
    turn.read = int(counted["applied"])
    turn.passed_over = int(counted["passed_over"])
    turn.answered = int(counted["answered"])
    if counted["parked"] or counted["held"]:
        turn.wrong.append(f"the old one parked {counted['parked']:.0f}")
    await _until(lambda: _content(suite.urls[entry.name]), f"every part of the old {entry.name}")
    ended = await _replace(child, new, suite, own)
    await _ready(suite, entry, child)
    written = {lane: end for lane, end in ended.items() if end > begun[lane]}
    turn.written = sum(end - begun[lane] for lane, end in written.items())
    turn.readers = await _read_by_new(suite, entry, written, begun)
    turn.failed = played.failed - failed
    turn.wrong += played.refusals[refused:]
    turn.parked = await _parked(suite)
    return turn


async def _replace(
    child: Child, environment: dict[str, str], suite: Supervisor, own: Collection[Topic]
) -> Ends:
    """Stop the service and start the other; return where its topics ended between the two."""
    child.ask_to_stop()
    await _until(lambda: _ended(child), f"the end of {child.name}")
    ends = await _ends(suite, own)
    child.environment = environment
    child.start()
    return ends


async def _ended(child: Child) -> bool:
    return not child.running


async def _reached(schools: int, played: Traffic) -> bool:
    played.look()
    return played.schools >= schools


async def _ready(suite: Supervisor, entry: Entry, child: Child) -> None:
    async def look() -> bool:
        if not child.running:
            raise child.failure("ended instead of serving")
        async with httpx.AsyncClient() as client:
            try:
                answer = await client.get(f"{suite.urls[entry.name]}/readyz")
            except httpx.TransportError:
                return False
        return answer.is_success

    await _until(look, f"a {entry.name} that is ready")


async def _content(url: str) -> bool:
    """Tell whether every part of a service works, also those that it can do without."""
    async with httpx.AsyncClient() as client:
        report = (await client.get(f"{url}/readyz")).json()
    return all(part["state"] == "ok" for part in report["parts"])


async def _metrics(url: str) -> dict[str, float]:
    """Count by outcome what a process has read, and what it has answered with success."""
    async with httpx.AsyncClient() as client:
        text = (await client.get(f"{url}/metrics")).text
    found = {"answered": 0.0}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "events_total":
                found[sample.labels["outcome"]] = sample.value
            if sample.name == "http_request_duration_seconds_count":
                asked = sample.labels["route"] not in {"/livez", "/readyz", "/metrics"}
                if asked and sample.labels["status"].startswith("2"):
                    found["answered"] += sample.value
    return found


async def _ends(suite: Supervisor, topics: Collection[Topic]) -> Ends:
    """Return the ends of these topics, once the broker knows them: on a busy machine it may not."""
    found: dict[Lane, int] = {}

    async def look() -> bool:
        with contextlib.suppress(KafkaException):
            found.update(await asyncio.to_thread(log_ends, suite.bootstrap, topics))
        return len(found) == sum(topic.partitions for topic in topics)

    await _until(look, "the ends of the topics")
    return found


async def _read_by_new(
    suite: Supervisor, entry: Entry, written: Ends, begun: Ends
) -> tuple[str, ...]:
    """Wait until every other service that listens has read it; what nobody hears, read it here."""
    names = {topic for topic, _ in written}
    heard = [topic for topic in TOPICS if topic.name in names]
    readers = tuple({one: None for topic in heard for one in consumers_of(topic)})
    for reader in readers:
        listened = {topic.name for topic in CONSUMERS[reader]}
        await _applied(suite, reader, {e: n for e, n in written.items() if e[0] in listened})
    if readers:
        return readers
    for record in Log(suite.bootstrap, dict(written)):
        event = envelope.decode(record.value, record.key)
        if record.offset < begun[record.topic, record.partition]:
            continue
        if not isinstance(event, envelope.Envelope):
            raise Failure(f"{entry.name} wrote what nobody can read: {event}")
        try:
            registry.parse(event)
        except ContractError as error:
            raise Failure(f"{entry.name} wrote what contracts do not know: {error}") from error
    return ("the contracts of now",)


async def _applied(suite: Supervisor, service: str, ends: Ends) -> None:
    """Return when the service has read to these ends."""
    connection = await asyncpg.connect(suite.databases[service])

    async def look() -> bool:
        rows = await connection.fetch(
            "SELECT topic, partition, next FROM delivery.consumer_position"
        )
        found = {(row["topic"], row["partition"]): row["next"] for row in rows}
        return all(found.get(lane, 0) >= end for lane, end in ends.items())

    try:
        await _until(look, f"{service} to read to the end")
    finally:
        await connection.close()


async def _parked(suite: Supervisor) -> int:
    """Count what stands aside anywhere."""
    count = 0
    for name in SERVICES:
        connection = await asyncpg.connect(suite.databases[name])
        try:
            count += await connection.fetchval("SELECT count(*) FROM delivery.parked")
        finally:
            await connection.close()
    return count


async def _until(done: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for a condition."""
    deadline = time.monotonic() + SECONDS
    while not await done():
        if time.monotonic() > deadline:
            raise Failure(f"waited {SECONDS:.0f} s in vain for {what}")
        await asyncio.sleep(ROUND)
