"""The service as a whole: tables, settings, policy, and its way over a real broker."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from chassis.auth import WORKS_AT, Role
from chassis.consuming.consumer import Consumer
from chassis.consuming.subscription import Subscription
from chassis.database import Database
from chassis.relay.relay import Relay
from contracts import topics
from edu.testing import eventually, running
from edu.testing.sources import Sources, sources
from ioc_aggregator import policy
from ioc_aggregator.app import SERVICE
from ioc_aggregator.base import METADATA
from ioc_aggregator.engine import Engine
from ioc_aggregator.rebuild import job


async def test_the_migrations_make_the_tables(store: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), METADATA))

    async with store.engine.connect() as connection:
        found = await connection.run_sync(differences)
    assert [item for item in found if getattr(item[1], "name", "") != "alembic_version"] == []


def test_the_service_names_its_newest_migration() -> None:
    assert SERVICE.head == "0006"


def test_who_may_see_what() -> None:
    allowed: dict[tuple[str, str], set[str | None]] = {}
    for action, role, relation, may in policy.POLICY.matrix():
        if may:
            allowed.setdefault((action, role), set()).add(relation)
    always = {None, policy.IN_OWN_UNIT, WORKS_AT}
    assert allowed == {
        (policy.READ_IN_FULL, Role.DEPARTMENT_OFFICER): {policy.IN_OWN_UNIT},
        (policy.READ_IN_FULL, Role.PRINCIPAL): {WORKS_AT},
        (policy.READ_IN_FULL, Role.TEACHER): {WORKS_AT},
        (policy.READ_IN_FULL, Role.HOMEROOM_TEACHER): {WORKS_AT},
        (policy.READ_IN_FULL, Role.SERVICE): always,
        (policy.READ_IN_FULL, Role.AUDITOR): always,
        (policy.READ_DUMP, Role.AUDITOR): always,
        (policy.READ_DUMP, Role.SERVICE): always,
    }


async def reach(sender: Sources, make: Any, source: str, *, seconds: float) -> None:
    """Let a source say that all of its facts were sent."""
    await sender.send(make.watermark(source, sender.positions(source), seconds=seconds))


@pytest.fixture
async def sender(kafka: str) -> AsyncIterator[Sources]:
    async with sources(kafka) as writing:
        yield writing


async def on_kafka(kafka: str, count: int) -> list[bytes]:
    """Read at least so many published numbers from the broker."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    await consumer.start()
    lanes = [TopicPartition(topics.INDICATORS.name, at) for at in range(6)]
    consumer.assign(lanes)
    await consumer.seek_to_beginning(*lanes)
    found: list[bytes] = []
    try:
        while len(found) < count:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found += [record.value for record in records]
    finally:
        await consumer.stop()
    return found


async def test_a_rebuild_beside_a_running_consumer_counts_the_log_again(
    kafka: str, store: Database, make: Any, sender: Sources
) -> None:
    """Partitions in which nothing new comes go back to their beginning, too."""
    engine = Engine(store, writes_feed=True, feed_kept=1_000)
    consumer = Consumer(service=SERVICE.name, database=store, projector=engine.projector)
    subscription = Subscription(
        consumer=consumer, database=store, bootstrap=[kafka], group=SERVICE.name
    )
    await sender.send(make.unit(1), make.school(11, 1), *make.enrolments(11, 40))
    await sender.send(make.sheet(11), make.save(11, [850] * 40))
    await reach(sender, make, "admissions", seconds=1)
    await reach(sender, make, "gradebook", seconds=1)
    sources = {"admissions", "gradebook"}
    writer = engine._writer
    assert writer is not None
    async with running(subscription.run()), running(engine.follow()):
        await eventually(lambda: engine.follower.as_of.keys() == sources, within=20)
        await eventually(lambda: writer._seen == writer._mark(), within=20)
        before, head = engine.follower.state.hash(), engine.feed.head
        async with store.transaction() as session:
            await job.begin(session)
        await reach(sender, make, "gradebook", seconds=2)
        await eventually(
            lambda: engine.follower.generation == 2 and engine.follower.as_of.keys() == sources,
            within=20,
        )
        assert engine.follower.state.hash() == before
        await eventually(lambda: engine.feed.head == head + 1)
    assert [entry.number for entry in await engine.feed.after(head, 10)] == [head + 1]


async def test_from_kafka_to_the_feed_and_back_to_kafka(
    kafka: str, store: Database, make: Any, sender: Sources
) -> None:
    """Records become numbers; page, stream and Kafka carry the same bytes."""
    engine = Engine(store, writes_feed=True, feed_kept=1_000)
    relay = Relay(service="ioc-aggregator", url=store.url, bootstrap=[kafka])
    store.after_emit(relay.wake)
    consumer = Consumer(service=SERVICE.name, database=store, projector=engine.projector)
    subscription = Subscription(
        consumer=consumer, database=store, bootstrap=[kafka], group=SERVICE.name
    )
    await sender.send(
        make.unit(1), make.unit(2, parent=1), make.school(11, 2), *make.enrolments(11, 40)
    )
    await sender.send(make.sheet(11), make.save(11, [850] * 40), make.save(11, [900], [850]))
    async with (
        running(relay.run()),
        running(subscription.run()),
        running(engine.follow()),
    ):
        await reach(sender, make, "admissions", seconds=1)
        await reach(sender, make, "gradebook", seconds=1)

        def counted() -> bool:
            scores = engine.follower.state.columns["scores"].values
            return engine.follower.as_of.keys() >= {"admissions", "gradebook"} and (
                scores.tolist() == [[40, 40, 1, 39 * 850 + 900, 39 * 850**2 + 900**2]]
            )

        await eventually(counted, within=20)
        await eventually(lambda: engine.feed.head > 20)
        head = engine.feed.head
        served = [e.document(full=True) for e in await engine.feed.after(0, 10_000)]
        sent = await asyncio.wait_for(on_kafka(kafka, head), 20)
    assert len(served) == head
    assert set(served) <= set(sent)
