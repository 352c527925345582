"""Broker and database together: fetched, started side by side, ready, stopped."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from edu.embedded import artifacts
from edu.embedded.kafka import Java, Kafka
from edu.embedded.postgres import Postgres, unpacked
from edu.embedded.process import Child
from edu.embedded.training import builder
from edu.home import Home


@dataclass
class Pair:
    """The embedded broker and database of one home; one of them may have been given instead."""

    home: Home
    durable: bool = True
    broker_settings: Mapping[str, str] = field(default_factory=dict)
    kafka: Kafka | None = None
    postgres: Postgres | None = None
    training: Child | None = None

    def begin(self, *, kafka: bool = True, postgres: bool = True) -> None:
        """Start what is asked for; the database serves on return, the broker after `wait_ready`.

        The caller owns the home.
        """
        server = artifacts.locked(f"postgres-{artifacts.this_platform()}") if postgres else []
        broker = artifacts.locked("kafka") if kafka else []
        files = artifacts.fetch(server + broker, self.home.cache)
        with ThreadPoolExecutor(1) as pool:
            programs = pool.submit(unpacked, files[0], self.home.cache) if postgres else None
            if kafka:
                java = Java(files[len(server) :], self.home.cache)
                self.kafka = Kafka(
                    java,
                    self.home.folder / "kafka",
                    self.home.logs / "kafka.log",
                    settings=self.broker_settings,
                )
                self.kafka.start()
            if programs is not None:
                self.postgres = Postgres(self.home, programs.result(), durable=self.durable)
                self.postgres.start()
                self.postgres.wait_ready()

    def wait_ready(self) -> None:
        """Return when the broker serves too; from now on its AOT cache may be built."""
        if self.kafka is not None:
            self.kafka.wait_ready()
            self._train(self.kafka.java)

    def start(self, *, kafka: bool = True, postgres: bool = True) -> None:
        """Start what is asked for and return when it serves; what fails leaves nothing behind."""
        try:
            self.begin(kafka=kafka, postgres=postgres)
            self.wait_ready()
        except BaseException:
            self.stop()
            raise

    def _train(self, java: Java) -> None:
        if not java.aot_cache.exists():
            self.training = builder(self.home.cache, self.home.logs / "training.log")
            self.training.start()

    def children(self) -> list[Child]:
        """Return the processes that must stay alive."""
        return [one.child for one in (self.kafka, self.postgres) if one is not None and one.child]

    def stop(self) -> None:
        """Stop both, the broker first: nothing it serves needs the database."""
        if self.training is not None:
            self.training.stop()
        if self.kafka is not None:
            self.kafka.stop()
        if self.postgres is not None:
            self.postgres.stop()
