"""The aggregator's processes over one broker and one database: started, frozen, killed, asked."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.protocol.group import LeaveGroupRequest
from confluent_kafka import Producer

from chassis.topics import administrator
from contracts.envelope import CONTENT_TYPE
from contracts.event import Event
from contracts.topics import CONSUMERS, partition_for
from edu import tokens
from edu.embedded.process import Child, free_ports
from edu.failure import Failure
from edu.home import Home
from edu.proof.year import Document
from edu.suite import SERVICES
from edu.supervisor import Supervisor, ask
from edu.testing.making import Make
from edu.testing.sources import document
from edu.topics import log_ends
from edu.verify.documents import TOPICS
from edu.verify.dump import Dump, fetch
from edu.verify.log import Lane

ENTRY = SERVICES["ioc-aggregator"]
WHOLE, FOLDS, ANSWERS = "api,consumer,relay", "consumer", "api,relay"
"""Roles: all in one process, a member of the group alone, and whoever answers without folding."""
PATIENCE = 180.0
READY_SECONDS = 90.0


@dataclass
class Process:
    """One process of the aggregator; it may die and be started again where its callers know it."""

    child: Child
    url: str

    def wait_ready(self) -> None:
        """Return when it says that it is ready."""
        ends = time.monotonic() + READY_SECONDS
        answer = ""
        while time.monotonic() < ends:
            status, answer = ask(f"{self.url}/readyz")
            if status == 200:  # noqa: PLR2004
                return
            if not self.child.running:
                raise self.child.failure("did not start")
            time.sleep(0.05)
        raise self.child.failure(f"was not ready after {READY_SECONDS:.0f} s and says {answer}")

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does."""
        os.killpg(self.child.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        os.killpg(self.child.pid, signal.SIGCONT)

    def kill(self) -> None:
        """End it as a machine does; one that is frozen, too."""
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(10)


class Aggregator:
    """The service: its database, its processes, and what one can ask of them."""

    def __init__(self, folder: Path, bootstrap: str, database: str) -> None:
        """Start nothing yet; the database has the service's tables and no row."""
        self.home = Home.at(folder)
        tokens.prepare(self.home)
        self.bootstrap, self.database = bootstrap, database
        self._suite = Supervisor(self.home, [ENTRY])
        self._suite.bootstrap = bootstrap
        self._suite.databases[ENTRY.name] = database
        self._processes: list[Process] = []

    def process(self, name: str, roles: str) -> Process:
        """Make a process of these roles, not started."""
        port = free_ports(1)[0]
        environment = self._suite.environment(ENTRY) | {
            ENTRY.variable("ROLES"): roles,
            ENTRY.variable("PORT"): str(port),
        }
        command = [sys.executable, "-P", "-m", ENTRY.package, "serve"]
        log = self.home.logs / f"{name}.log"
        child = Child(name, command, log, environment=environment, patience=20.0)
        made = Process(child, f"http://127.0.0.1:{port}")
        self._processes.append(made)
        return made

    def close(self) -> None:
        """End all of them, those that sleep too."""
        for one in self._processes:
            if one.child.running:
                one.thaw()
                one.child.ask_to_stop()
        for one in self._processes:
            one.child.stop()

    def dump(self, process: Process) -> Dump:
        """Ask a process for all that it has counted."""
        return fetch(process.url, self.token())

    def token(self) -> str:
        """Mint a token for somebody who may see everything."""
        return tokens.token(self.home, "auditor")

    def ends(self) -> dict[Lane, int]:
        """Give where the log of each of its streams ends."""
        return log_ends(self.bootstrap, CONSUMERS[ENTRY.name])

    async def positions(self, connection: asyncpg.Connection) -> dict[Lane, int]:
        """Give where the group stands, by the database."""
        rows = await connection.fetch("SELECT * FROM delivery.consumer_position")
        return {(row["topic"], row["partition"]): row["next"] for row in rows}

    async def at_rest(self, connection: asyncpg.Connection) -> None:
        """Return when everything is read, no gap is left, and nothing stands aside."""
        ends = self.ends()

        async def read() -> bool:
            positions = await self.positions(connection)
            return all(positions.get(lane, 0) >= end for lane, end in ends.items())

        await until(read, "everything is read")
        for table in ("sequence_gap", "parked"):
            left = await connection.fetchval(f"SELECT count(*) FROM delivery.{table}")  # noqa: S608
            if left:
                raise Failure(f"{left} rows are left in delivery.{table}")

    def follows(self, process: Process, positions: Mapping[Lane, int]) -> bool:
        """Tell whether whoever answers knows all that is counted."""
        known = self.dump(process).positions
        return all(known.get(lane, 0) >= at for lane, at in positions.items() if lane[0] in TOPICS)


@contextmanager
def aggregator(folder: Path, bootstrap: str, database: str) -> Iterator[Aggregator]:
    """Give the service; all its processes end with the block."""
    made = Aggregator(folder, bootstrap, database)
    try:
        yield made
    finally:
        made.close()


class Line:
    """Sends documents where they belong, as often as it is told to."""

    def __init__(self, bootstrap: str, documents: Sequence[Document]) -> None:
        """Send nothing yet."""
        self._documents = documents
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "enable.idempotence": True,
                "compression.type": "zstd",
                "linger.ms": 0,
                "queue.buffering.max.messages": 1_000_000,
            }
        )

    def send(self, places: Sequence[int]) -> None:
        """Return when Kafka has these, in this order."""
        for place in places:
            document = self._documents[place]
            topic, partition = document.lane
            headers: dict[str, str | bytes | None] = {"content-type": CONTENT_TYPE}
            self._producer.produce(topic, document.value, document.key, partition, headers=headers)
        self._flush()

    def tell(self, events: Iterable[Event]) -> None:
        """Send these as well, once: watermarks, which have no number that counts."""
        for event in events:
            key = event.partition_key()
            topic, partition = event.TOPIC.name, partition_for(key, event.TOPIC.partitions)
            value = document(event, at=Make.moment)
            self._producer.produce(topic, value, key.encode(), partition)
        self._flush()

    def _flush(self) -> None:
        if self._producer.flush(PATIENCE):
            raise Failure("Kafka does not take what is sent.")


class Graveyard:
    """Tells Kafka which members have died; else each death costs their session's ten seconds.

    It is what their machine would have said had it been asked; nothing of the service is changed.
    """

    def __init__(self, bootstrap: str, client: AIOKafkaClient) -> None:
        """Speak over a client that is connected."""
        self._bootstrap, self._client = bootstrap, client

    async def bury(self) -> int:
        """Let every member of the group leave; return how many there were."""
        group = ENTRY.name
        asked = administrator(self._bootstrap).describe_consumer_groups([group])
        members = asked[group].result(10).members
        node = await self._client.coordinator_lookup(CoordinationType.GROUP, group)
        await self._client.ready(node, group=ConnectionGroup.COORDINATION)
        for member in members:
            leave = LeaveGroupRequest(group, member.member_id)
            await self._client.send(node, leave, group=ConnectionGroup.COORDINATION)
        return len(members)


@asynccontextmanager
async def graveyard(bootstrap: str) -> AsyncIterator[Graveyard]:
    """Connect for as long as the block runs."""
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    await client.bootstrap()
    try:
        yield Graveyard(bootstrap, client)
    finally:
        await client.close()


async def until(
    condition: Callable[[], object],
    what: str,
    *,
    within: float = PATIENCE,
    every: float = 0.02,
) -> None:
    """Return when something is so; whoever cannot answer yet has not said no."""
    ends = time.monotonic() + within
    said: object = False
    while time.monotonic() < ends:
        try:
            said = condition()
            if asyncio.iscoroutine(said):
                said = await said
            if said:
                return
        except (Failure, httpx.HTTPError) as error:
            said = error
        await asyncio.sleep(every)
    raise Failure(f"After {within:.0f} s it is still not so that {what} ({said}).")
