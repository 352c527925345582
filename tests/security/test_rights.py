"""Every service tries everything at a real broker, and can do exactly what contracts say."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from chassis import rights
from chassis.health import Health
from chassis.kafka import Security
from chassis.readiness import watch_rights
from chassis.rights_watch import RightsWatch
from chassis.topics import SECONDS, administrator
from contracts.rights import Operation, Resource, Right
from contracts.topics import CONSUMERS, OWNERS, SCORES, SERVICES, TOPICS, Topic
from edu.testing import eventually, running

from .conftest import Cluster

REFUSED = (
    TopicAuthorizationFailedError,
    GroupAuthorizationFailedError,
    ClusterAuthorizationFailedError,
)
PATIENCE = 120.0
Ask = Callable[[AdminClient], Mapping[Any, Future[Any]]]
Tried = set[tuple[str, str, str]]
"""(service, what was tried, with which topic or group)."""


@asynccontextmanager
async def producing(cluster: Cluster, security: Security) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(
        bootstrap_servers=cluster.broker.bootstrap,
        enable_idempotence=True,
        acks="all",
        **security.aiokafka(),
    )
    try:
        await producer.start()
        yield producer
    finally:
        await producer.stop()


async def produces(producer: AIOKafkaProducer, topic: Topic) -> bool:
    try:
        await producer.send_and_wait(topic.name, b"{}", b"key", partition=0)
    except REFUSED:
        return False
    return True


async def consumes(cluster: Cluster, security: Security, topic: Topic) -> bool:
    """Read without a group, as who only wants to look."""
    # A topic that is only assigned, and may not even be described, is silence: so it subscribes.
    consumer = AIOKafkaConsumer(
        topic.name,
        bootstrap_servers=cluster.broker.bootstrap,
        auto_offset_reset="earliest",
        **security.aiokafka(),
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await consumer.start()
            while not await consumer.getmany(timeout_ms=200):
                pass
    except REFUSED:
        return False
    finally:
        await consumer.stop()
    return True


async def joins(cluster: Cluster, security: Security, topic: str, group: str) -> bool:
    consumer = AIOKafkaConsumer(
        topic, group_id=group, bootstrap_servers=cluster.broker.bootstrap, **security.aiokafka()
    )
    try:
        async with asyncio.timeout(PATIENCE):
            await consumer.start()
            while not consumer.assignment():
                await consumer.getmany(timeout_ms=100)
    except REFUSED:
        return False
    finally:
        await consumer.stop()
    return True


def said_by_contracts() -> Tried:
    """Return what has to be possible, from who owns and who reads each topic."""
    return {
        *((name, "produce", topic.name) for name in SERVICES for topic in OWNERS[name]),
        *((name, "consume", topic.name) for name in SERVICES for topic in CONSUMERS[name]),
        # Of its own streams a relay reads the tails, where there are any.
        *(
            (str(topic.owner), "consume", topic.name)
            for topic in TOPICS
            if topic.owner and not topic.compacted
        ),
        *((name, "join", name) for name in SERVICES if CONSUMERS[name]),
    }


async def test_each_service_can_do_exactly_what_contracts_say(cluster: Cluster) -> None:
    async with producing(cluster, cluster.broker.admin) as everywhere:
        for topic in TOPICS:
            assert await produces(everywhere, topic)
    possible: Tried = set()

    async def everything(service: str) -> None:
        security = cluster.of(service)
        async with producing(cluster, security) as producer:
            for topic in TOPICS:
                if await produces(producer, topic):
                    possible.add((service, "produce", topic.name))
        for topic in TOPICS:
            if await consumes(cluster, security, topic):
                possible.add((service, "consume", topic.name))
        own = next(topic.name for topic in OWNERS[service] if topic.owner and not topic.erases)
        for group in SERVICES:
            if await joins(cluster, security, own, group):
                possible.add((service, "join", group))

    await asyncio.gather(*(everything(service) for service in SERVICES))
    assert possible == said_by_contracts()


def refused(admin: AdminClient, ask: Ask) -> bool:
    (answer,) = ask(admin).values()
    try:
        answer.result(SECONDS)
    except KafkaException as error:
        return str(error.args[0].name()).endswith("_AUTHORIZATION_FAILED")
    return False


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_makes_alters_or_deletes_anything(cluster: Cluster, service: str) -> None:
    admin = administrator(cluster.broker.bootstrap, cluster.of(service))
    own = OWNERS[service][0].name
    longer = ConfigResource(ResourceType.TOPIC, own)
    longer.add_incremental_config(
        ConfigEntry("retention.ms", "1", incremental_operation=AlterConfigOpType.SET)
    )
    rule = rights.binding(service, Right(Resource.TOPIC, "x", Operation.READ))
    tried: dict[str, Ask] = {
        "create": lambda one: one.create_topics([NewTopic(f"{own}x", 1, 1)]),
        "delete": lambda one: one.delete_topics([own]),
        "alter": lambda one: one.incremental_alter_configs([longer]),
        "give itself a right": lambda one: one.create_acls([rule]),
    }
    assert [name for name, ask in tried.items() if not refused(admin, ask)] == []
    assert not refused(
        administrator(cluster.broker.bootstrap, cluster.broker.admin), tried["create"]
    )


async def test_nobody_is_let_in_without_a_name_or_with_a_wrong_password(cluster: Cluster) -> None:
    for security in (
        Security(),
        Security("SSL", ca_file=str(cluster.broker.ca_file)),
        cluster.broker.security("gradebook", "guessed"),
        cluster.broker.security("nobody", "guessed"),
        # Encrypted, but by whom? The certificate is not one that the system knows.
        Security("SASL_SSL", "gradebook", cluster.of("gradebook").password),
    ):
        with pytest.raises(KafkaConnectionError):
            async with producing(cluster, security):
                pass


def test_rights_that_were_taken_or_added_by_hand_are_put_right(cluster: Cluster) -> None:
    admin = administrator(cluster.broker.bootstrap, cluster.broker.admin)
    write = rights.binding("gradebook", Right(Resource.TOPIC, SCORES.name, Operation.WRITE))
    foreign = rights.binding("gradebook", Right(Resource.GROUP, "payments", Operation.READ))
    rights.take(admin, [write])
    rights.give(admin, [foreign])

    def applied() -> list[str]:
        return rights.apply(cluster.broker.bootstrap, None, security=cluster.broker.admin)

    assert applied() == [
        f"gradebook: may Write on topic {SCORES.name}",
        "gradebook: may no longer Read on group payments",
    ]
    assert applied() == []


async def test_a_service_with_a_wrong_password_says_so_and_is_let_in_when_it_is_right(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.rights_watch._EVERY_SECONDS", 0.2)
    password = cluster.passwords / "gradebook"
    security = cluster.broker.security("gradebook", "the password of tomorrow")
    watch = RightsWatch(
        service="gradebook", bootstrap=[cluster.broker.bootstrap], security=security
    )
    health = Health(service="gradebook", version="1")
    watch_rights(health, watch)

    async def says(text: str) -> bool:
        _, report = await health.report()
        return text in str(report["parts"])

    async with running(watch.run()):
        await eventually(lambda: says("Kafka does not accept gradebook"), within=20)
        before = password.read_text("utf-8")
        password.write_text("the password of tomorrow", "utf-8")
        rights.apply(cluster.broker.bootstrap, cluster.passwords, security=cluster.broker.admin)
        await eventually(lambda: says("'detail': 'gradebook'"), within=20)
        password.write_text(before, "utf-8")
        rights.apply(cluster.broker.bootstrap, cluster.passwords, security=cluster.broker.admin)
