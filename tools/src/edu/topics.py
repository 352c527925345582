"""`./edu topics apply`: makes Kafka's topics what contracts says they are, absent services' too."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import cache

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from contracts.topics import TOPICS, Topic
from edu.failure import Failure
from edu.home import Home
from edu.suite import given_kafka

SECONDS = 30
REPLICAS = 3


@cache
def administrator(bootstrap: str) -> AdminClient:
    """Return the one administrative client of this broker; a temporary one dies at its work."""
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})


def apply(bootstrap: str) -> list[str]:
    """Create what is missing and correct what differs; return one line per change."""
    admin = administrator(bootstrap)
    metadata = admin.list_topics(timeout=SECONDS)
    missing = [topic for topic in TOPICS if topic.name not in metadata.topics]
    present = [topic for topic in TOPICS if topic.name in metadata.topics]
    for topic in present:
        found = len(metadata.topics[topic.name].partitions)
        if found != topic.partitions:
            raise Failure(
                f"{topic.name} has {found} partitions, contracts says {topic.partitions}. That "
                "cannot be changed in place: keys would move. Make a new version of the topic."
            )
    create(admin, missing, min(REPLICAS, len(metadata.brokers)))
    return [f"{topic.name}: created" for topic in missing] + _configure(admin, present)


def create(admin: AdminClient, topics: Iterable[Topic], replicas: int) -> None:
    """Create these topics and return when every partition has a leader."""
    wanted = [
        NewTopic(topic.name, topic.partitions, replicas, config=topic.config()) for topic in topics
    ]
    if not wanted:
        return
    deadline = time.monotonic() + SECONDS
    for name, future in admin.create_topics(wanted, operation_timeout=SECONDS).items():
        try:
            future.result(SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise Failure(f"{name} could not be created: {error}") from error
    while not _led(admin, wanted):
        if time.monotonic() > deadline:
            raise Failure(f"Some new topics had no leader after {SECONDS} s.")


def _led(admin: AdminClient, wanted: list[NewTopic]) -> bool:
    topics = admin.list_topics(timeout=SECONDS).topics
    return all(
        topic.topic in topics
        and len(topics[topic.topic].partitions) == topic.num_partitions
        and all(part.leader >= 0 for part in topics[topic.topic].partitions.values())
        for topic in wanted
    )


def _configure(admin: AdminClient, topics: list[Topic]) -> list[str]:
    resources = {topic: ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics}
    changes: list[str] = []
    altered: list[ConfigResource] = []
    found = admin.describe_configs(list(resources.values())) if topics else {}
    for topic, resource in resources.items():
        current = found[resource].result(SECONDS)
        differing = {
            name: value
            for name, value in topic.config().items()
            if current.get(name) is None or current[name].value != value
        }
        if differing:
            for name, value in differing.items():
                changes.append(f"{topic.name}: {name}={value}")
                resource.add_incremental_config(
                    ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
                )
            altered.append(resource)
    if altered:
        for future in admin.incremental_alter_configs(altered).values():
            future.result(SECONDS)
    return changes


def reset(bootstrap: str) -> None:
    """Make every topic of contracts exist and be empty; for tests, as truncation is for tables."""
    admin = administrator(bootstrap)
    known = admin.list_topics(timeout=SECONDS).topics
    present = [topic for topic in TOPICS if topic.name in known]
    written = {topic.name for topic in present if _holds_records(admin, topic)}
    if written:
        for future in admin.delete_topics(list(written), operation_timeout=SECONDS).values():
            future.result(SECONDS)
    create(admin, [t for t in TOPICS if t.name in written or t.name not in known], 1)


def _holds_records(admin: AdminClient, topic: Topic) -> bool:
    latest = {TopicPartition(topic.name, p): OffsetSpec.latest() for p in range(topic.partitions)}
    try:
        return any(f.result(SECONDS).offset > 0 for f in admin.list_offsets(latest).values())
    except KafkaException:
        return True  # just made, and the client still asks the wrong place: make it once more


def main(arguments: list[str]) -> int:
    """Provision the topics of the broker that is given or that `./edu up` runs."""
    if arguments != ["apply"]:
        print("usage: ./edu topics apply")
        return 2
    run = Home.default().run()
    bootstrap = given_kafka() or (run and run["kafka"]["bootstrap"])
    if not bootstrap:
        raise Failure("No broker: set KAFKA_BOOTSTRAP_SERVERS, or start one with `./edu up`.")
    changes = apply(bootstrap)
    print("\n".join(changes or ["every topic is as contracts says"]))
    return 0
