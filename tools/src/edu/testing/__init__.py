"""The pytest plugin every distribution's tests use: one broker and one database per session.

Fixtures: `kafka` (address of the broker, every topic of contracts present and empty), `database`
(`database("gradebook")` gives the address of that service's database, migrated and empty),
`postgres` (the server as its superuser), `infra` (all of it). Nobody marks anything: who asks for
one of them is a `wire` test.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, TypeVar, overload

import pytest

if TYPE_CHECKING:
    from aiokafka import ConsumerRecord

    from contracts.topics import Topic
    from edu.infrastructure import Infrastructure

pytest_plugins = ("edu.testing.kept",)

INFRASTRUCTURE = frozenset({"infra", "kafka", "postgres", "database"})

Result = TypeVar("Result")


def pytest_configure() -> None:
    """Judge property tests by what they find, not by how busy the machine is."""
    from hypothesis import HealthCheck, settings  # noqa: PLC0415 - it is part of the tests' tools

    for talker in ("httpx", "mail.log"):  # a line for each request would bury what failed
        logging.getLogger(talker).setLevel(logging.WARNING)
    settings.register_profile("edu", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("edu")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark `wire` whatever asks for a broker or a database, so that nobody has to remember it.

    What crosses services takes longest, and then what the commands do, so these begin first: else
    one worker would do them at the end and the others wait.
    """
    for item in items:
        if INFRASTRUCTURE.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.wire)
    first = {"tests": 0, "tools": 1}
    items.sort(key=lambda item: first.get(item.nodeid.partition("/")[0], len(first)))


@pytest.fixture(scope="session")
def infra(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Infrastructure]:
    """Start what the collected tests ask for, once; everything of it ends with the session."""
    from edu.infrastructure import Infrastructure  # noqa: PLC0415 - unit tests load none of it

    names = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    with ExitStack() as stack:
        yield Infrastructure.enter(
            stack,
            tmp_path_factory.mktemp("edu"),
            kafka="kafka" in names,
            postgres=bool({"database", "postgres"} & names),
            worker=os.environ.get("PYTEST_XDIST_WORKER", "main"),
        )


@pytest.fixture
def kafka(infra: Infrastructure) -> str:
    """Return the broker's address; every topic of contracts is there and holds nothing."""
    from edu import topics  # noqa: PLC0415 - unit tests load none of it

    topics.reset(infra.bootstrap)
    return infra.bootstrap


@pytest.fixture(scope="session")
def postgres(infra: Infrastructure) -> str:
    """Return the server's address, as one who may make databases."""
    return infra.server_url


@pytest.fixture
def database(infra: Infrastructure) -> Callable[[str], str]:
    """Return the function that gives a service's database: migrated once, empty now.

    A name that is no service gives an empty database without tables, for a library's own tests;
    what they create stays, truncated, until the session ends.
    """
    given: dict[str, str] = {}

    def address(name: str) -> str:
        if name not in given:
            given[name] = infra.empty_database(name)
        return given[name]

    return address


@overload
async def eventually(probe: Callable[[], Awaitable[Result]], *, within: float = ...) -> Result: ...
@overload
async def eventually(probe: Callable[[], Result], *, within: float = ...) -> Result: ...
async def eventually(probe: Callable[[], Any], *, within: float = 10.0) -> Any:
    """Ask until the answer is true, and return it; the last answer or error is the failure."""
    deadline = time.monotonic() + within
    while True:
        failure: Exception
        try:
            outcome = probe()
            answer = await outcome if inspect.isawaitable(outcome) else outcome
        except Exception as error:  # noqa: BLE001 - whatever it is, it may pass before the deadline
            failure = error
        else:
            if answer:
                return answer
            failure = AssertionError(f"still {answer!r} after {within} s")
        if time.monotonic() >= deadline:
            raise failure
        await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run ``work`` beside the block, and cancel it at the end; its failure is the block's."""
    task = asyncio.ensure_future(work)
    try:
        yield task
        if task.done():
            task.result()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task


async def records(kafka: str, count: int, topic: Topic) -> list[ConsumerRecord[bytes, bytes]]:
    """Return all records of ``topic``, once there are ``count``, in order within partitions."""
    from aiokafka import AIOKafkaConsumer, TopicPartition  # noqa: PLC0415 - only wire tests read

    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        lanes = [TopicPartition(topic.name, p) for p in range(topic.partitions)]
        consumer.assign(lanes)
        await consumer.seek_to_beginning(*lanes)
        found: list[ConsumerRecord[bytes, bytes]] = []
        async with asyncio.timeout(20):
            while len(found) < count:
                for batch in (await consumer.getmany(timeout_ms=100)).values():
                    found += batch
        return found
    finally:
        await consumer.stop()
