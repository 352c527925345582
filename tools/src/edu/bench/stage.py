"""What benchmarks run on: a broker and a durable database of their own, gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from edu import topics
from edu.embedded.pair import Pair
from edu.embedded.postgres import in_thread
from edu.home import Home
from edu.migrate import main as migrate
from edu.suite import SERVICES
from edu.supervisor import Supervisor, chosen


@dataclass(frozen=True, slots=True)
class Stage:
    """The embedded pair, with the settings of production: every commit is on the disk."""

    home: Home
    pair: Pair

    @property
    def bootstrap(self) -> str:
        """The broker's address."""
        assert self.pair.kafka is not None  # noqa: S101 - started by `stage`
        return self.pair.kafka.bootstrap

    def database(self, service: str, name: str | None = None) -> str:
        """Return the address of a service's database, migrated; by another name it is another."""
        assert self.pair.postgres is not None  # noqa: S101 - started by `stage`
        package = SERVICES[service].package
        url = self.pair.postgres.ensure_database(name or package)
        in_thread(migrate, {package: url})
        return url

    def processor_seconds(self) -> dict[str, float]:
        """Return how long broker and database have kept a processor busy."""
        return {child.name: seconds_of(child.pid) for child in self.pair.children()}


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder on the disk of the checkout; a system's temporary files may lie in memory."""
    parent = Home.default()
    parent.prepare()
    with tempfile.TemporaryDirectory(
        prefix="bench-", dir=parent.folder, ignore_cleanup_errors=True
    ) as path:
        yield Path(path)


@contextmanager
def stage() -> Iterator[Stage]:
    """Start broker and database and provision all topics."""
    with folder() as path:
        home = Home.at(path)
        with home.owned("edu bench"):
            pair = Pair(home)
            pair.start()
            try:
                topics.apply(Stage(home, pair).bootstrap)
                yield Stage(home, pair)
            finally:
                pair.stop()


@contextmanager
def suite(*names: str) -> Iterator[Supervisor]:
    """Start these services and what they stand on, each a process of its own; all ready."""
    with folder() as path:
        home = Home.at(path)
        with home.owned("edu bench"):
            supervisor = Supervisor(home, chosen(list(names)))
            try:
                supervisor.start()
                yield supervisor
            finally:
                supervisor.stop()


def busy(here: Supervisor) -> dict[str, float]:
    """Return how long each process of a suite has kept a processor busy, in seconds."""
    return {name: seconds_of(one.child.pid) for name, one in here.watched.items()}


def seconds_of(pid: int, *, children: bool = True) -> float:
    """Return the processor time of a process, and of its children, the ended ones among them."""
    one = psutil.Process(pid)
    total = 0.0
    for process in (one, *(one.children(recursive=True) if children else ())):
        try:
            total += sum(process.cpu_times()[:4])
        except psutil.NoSuchProcess:  # a short-lived worker of the database
            continue
    return total
