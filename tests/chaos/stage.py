"""The stage of the fault scenarios: one broker, one database server, services as processes.

Scenarios share a stage as long as they leave it whole. Which processes play is the scenario's
choice: ``stage.play(RELAY, AGGREGATOR)`` starts what does not run and ends what is not wanted.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from confluent_kafka import KafkaException

from edu import migrate, tokens, topics
from edu.embedded import artifacts
from edu.embedded.cluster import three_brokers
from edu.embedded.kafka import Java, Kafka
from edu.embedded.pair import Pair
from edu.embedded.postgres import Postgres, run
from edu.embedded.process import Child, free_ports
from edu.home import Home
from edu.suite import SERVICES, Entry
from edu.supervisor import Supervisor, ask

from . import faults, watching
from .province import Ledger, settle
from .proxy import Background, Proxy

READY_SECONDS = 60.0
PATIENCE = 90.0


@dataclass(frozen=True)
class Part:
    """A process that may play: which service, in which roles."""

    name: str
    service: str
    roles: str = "api,consumer,relay"


API = Part("gradebook", "gradebook", "api,consumer")
RELAY = Part("gradebook-relay", "gradebook", "relay")
SECOND_RELAY = Part("gradebook-relay-2", "gradebook", "relay")
AGGREGATOR = Part("ioc-aggregator", "ioc-aggregator")
MEMBER = Part("ioc-aggregator-2", "ioc-aggregator", "consumer")
"""One more member of the aggregator's group: it folds and answers nobody."""
NOTIFICATIONS = Part("notifications", "notifications")
ADMISSIONS = Part("admissions", "admissions")


@dataclass
class Process:
    """A part while it plays."""

    part: Part
    child: Child
    url: str
    environment: dict[str, str]

    @property
    def sends(self) -> bool:
        """Whether it has a relay."""
        return "relay" in self.part.roles

    def wait_ready(self, *, within: float = READY_SECONDS) -> float:
        """Return the seconds after which it says that it is ready."""
        began = time.monotonic()
        answer = ""
        while time.monotonic() - began < within:
            status, answer = ask(f"{self.url}/readyz")
            if status == 200:
                return time.monotonic() - began
            if not self.child.running:
                raise self.child.failure("did not start")
            time.sleep(0.02)
        raise self.child.failure(f"was not ready after {within:.0f} s and says {answer}")

    def kill(self) -> None:
        """End it as a machine does."""
        faults.kill(self.child)

    def start(self) -> None:
        """Start it again where its callers know it."""
        self.child.start()

    def metrics(self) -> dict[str, float]:
        """Return what it measures: by name, with the labels as Prometheus writes them."""
        _, text = ask(f"{self.url}/metrics")
        found = re.findall(r"^(\w+(?:\{[^}]*\})?) (\S+)$", text, re.MULTILINE)
        return {name: float(value) for name, value in found}


@dataclass
class Stage:
    """Everything that plays, and the tools to harm it."""

    home: Home
    stack: ExitStack
    background: Background = field(default_factory=Background)
    processes: dict[str, Process] = field(default_factory=dict)
    inside: dict[str, list[str]] = field(default_factory=dict)
    """By a part's name, the command that starts its own: a limit is set before it loads a line."""
    ledger: Ledger = field(default_factory=Ledger)
    """What was answered to whom since the stage stands."""
    late: set[tuple[str, int, int]] = field(default_factory=set)
    """Topic, partition and number of what a scenario took from Kafka's log and sent again later."""
    pair: Pair = field(init=False)
    nodes: list[Kafka] = field(default_factory=list)
    """The brokers; one, unless the stage was built with three."""
    suite: Supervisor = field(init=False)
    line: Proxy = field(init=False)
    """Between services and broker, for those that are given ``stage.behind_the_line``."""

    @classmethod
    def build(cls, folder: Path, *, brokers: int = 1) -> Stage:
        """Start one broker or three, make schemas and topics, let a small province move in."""
        home = Home.at(folder)
        stack = ExitStack()
        with ExitStack() as building:
            stack.enter_context(home.owned("chaos"))
            building.callback(stack.close)
            stage = cls(home, stack)
            stage._build(brokers)
            building.pop_all()
        return stage

    def _build(self, brokers: int) -> None:
        self.stack.callback(self.background.stop)
        advertised, behind = free_ports(2)
        self.pair = Pair(
            self.home,
            broker_settings={
                "listeners": "PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},"
                f"PROXIED://127.0.0.1:{behind}",
                "advertised.listeners": "PLAINTEXT://127.0.0.1:{port},"
                f"PROXIED://127.0.0.1:{advertised}",
                "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
                "PROXIED:PLAINTEXT",
            },
        )
        self.line = Proxy(self.background, advertised, behind)
        self.line.open()
        self.stack.callback(self.line.close)
        self.stack.callback(self.pair.stop)
        self.suite = Supervisor(self.home, list(SERVICES.values()))
        self.stack.callback(self._stop_all)
        tokens.prepare(self.home)
        self.pair.begin(kafka=brokers == 1)
        self._begin_brokers(brokers)
        self.suite.bootstrap = ",".join(node.bootstrap for node in self.nodes)
        for entry in SERVICES.values():
            self.suite.databases[entry.name] = self.postgres.ensure_database(entry.package)
        migrations = Child(
            "migrate",
            [sys.executable, "-P", "-m", "edu.migrate"],
            self.home.logs / "migrate.log",
            environment=self._migrating(),
        )
        migrations.start()
        for node in self.nodes:
            node.wait_ready()
        topics.apply(self.kafka.bootstrap)
        if migrations.wait(120) != 0:
            raise migrations.failure("could not bring the schemas to their heads")
        for entry in SERVICES.values():
            run(watching.note_positions(self.suite.databases[entry.name]))
        self.play(ADMISSIONS, API, RELAY)
        asyncio.run(settle(self))
        self.play(API)

    def _begin_brokers(self, brokers: int) -> None:
        if self.pair.kafka is not None:
            self.nodes = [self.pair.kafka]
            return
        files = artifacts.fetch(artifacts.locked("kafka"), self.home.cache)
        java = Java(files, self.home.cache)
        self.nodes = three_brokers(java, self.home.folder, self.home.logs)
        assert len(self.nodes) == brokers
        for node in self.nodes:
            self.stack.callback(node.stop)
            node.start()

    def _migrating(self) -> dict[str, str]:
        databases = {SERVICES[name].package: url for name, url in self.suite.databases.items()}
        return dict(os.environ) | {"EDU_MIGRATE": json.dumps(migrate.behind(databases))}

    @property
    def kafka(self) -> Kafka:
        """The broker; the first, where there are three."""
        return self.nodes[0]

    @property
    def postgres(self) -> Postgres:
        """The database server."""
        assert self.pair.postgres is not None
        return self.pair.postgres

    @property
    def behind_the_line(self) -> dict[str, str]:
        """The setting by which a service speaks to the broker through ``line``."""
        return {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{self.line.port}"}

    def token(self, role: str, subject: str | None = None, school: str | None = None) -> str:
        """Mint a token."""
        return tokens.token(self.home, role, subject=subject, school=school)

    def url(self, part: Part) -> str:
        """Return where a part answers."""
        return self.processes[part.name].url

    def play(
        self, *parts: Part, settings: Mapping[Part, Mapping[str, str]] | None = None
    ) -> list[Process]:
        """Let exactly these parts play and return them, ready.

        A part that plays already with the same settings goes on; the others end in order.
        """
        given = settings or {}
        names = {part.name for part in parts}
        ending = [
            one
            for name, one in self.processes.items()
            if name not in names
            or not one.child.running
            or any(one.environment.get(k) != v for k, v in given.get(one.part, {}).items())
            or (one.part not in given and self._is_altered(one))
        ]
        for one in ending:
            one.child.ask_to_stop()
        for one in ending:
            one.child.stop()
            del self.processes[one.part.name]
        for part in parts:
            if part.name not in self.processes:
                self.processes[part.name] = self._start(part, given.get(part, {}))
        for part in parts:
            self.processes[part.name].wait_ready()
        return [self.processes[part.name] for part in parts]

    def _is_altered(self, one: Process) -> bool:
        return one.environment != self._environment(one.part, one.url, {})

    def _environment(self, part: Part, url: str, more: Mapping[str, str]) -> dict[str, str]:
        entry = SERVICES[part.service]
        own = {
            entry.variable("ROLES"): part.roles,
            entry.variable("PORT"): url.rpartition(":")[2],
            entry.variable("LOG_LEVEL"): "INFO",
        }
        return {**self.suite.environment(entry), **own, **more}

    def _start(self, part: Part, more: Mapping[str, str]) -> Process:
        entry: Entry = SERVICES[part.service]
        url = f"http://127.0.0.1:{free_ports(1)[0]}"
        environment = self._environment(part, url, more)
        child = Child(
            part.name,
            [*self.inside.get(part.name, []), sys.executable, "-P", "-m", entry.package, "serve"],
            self.home.logs / f"{part.name}.log",
            environment=environment,
            patience=20.0,
        )
        child.start()
        if part.name == part.service:
            self.suite.urls[part.service] = url
        return Process(part, child, url, environment)

    def _stop_all(self) -> None:
        for one in self.processes.values():
            one.child.ask_to_stop()
        for one in self.processes.values():
            one.child.stop()

    def rows(self, service: str, statement: str, *arguments: object) -> list[Any]:
        """Read (or write) a service's database behind its back."""
        return run(_rows(self.suite.databases[service], statement, *arguments))

    def unsent(self, service: str = "gradebook") -> int:
        """Count the facts that a service has kept and Kafka does not hold."""
        [row] = self.rows(service, UNSENT)
        return int(row[0])

    @contextmanager
    def locked(self, service: str, table: str) -> Iterator[None]:
        """Hold a table so that whoever would write to it waits: a fault can then be timed."""
        connection = self.background.run(asyncpg.connect(self.suite.databases[service]))
        transaction = connection.transaction()
        try:
            self.background.run(transaction.start())
            self.background.run(connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE"))
            yield
        finally:
            self.background.run(transaction.rollback())
            self.background.run(connection.close())


UNSENT = """
SELECT (SELECT count(*) FROM delivery.outbox WHERE sequence IS NULL)
     + (SELECT coalesce(sum(numbered - acknowledged), 0) FROM delivery.relay_position)
"""


async def _rows(url: str, statement: str, *arguments: object) -> list[Any]:
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return list(await connection.fetch(statement, *arguments))
    finally:
        await connection.close()


def until(condition: Callable[[], object], what: str, *, within: float = PATIENCE) -> float:
    """Return the seconds after which something is so; errors on the way mean not yet."""
    began = time.monotonic()
    failure: Exception | None = None
    while time.monotonic() - began < within:
        try:
            if condition():
                return time.monotonic() - began
        except (OSError, KafkaException, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            failure = error
        time.sleep(0.02)
    raise AssertionError(f"after {within:.0f} s still not: {what} ({failure})")
