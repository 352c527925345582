"""`./edu topics apply`: makes Kafka's topics what contracts says they are, absent services' too."""

from __future__ import annotations

import time
from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from chassis import topics
from chassis.settings import KafkaSettings, SettingsError, load
from chassis.topics import SECONDS, administrator, create
from contracts.topics import TOPICS, Topic
from edu.failure import Failure
from edu.home import Home
from edu.suite import given_kafka

__all__ = ["administrator", "apply", "log_ends", "reset"]


def apply(bootstrap: str) -> list[str]:
    """Create what is missing and correct what differs; return one line per change."""
    try:
        return topics.apply(bootstrap, load(KafkaSettings).kafka_security)
    except (topics.TopicsError, SettingsError) as error:
        raise Failure(str(error)) from error


def reset(bootstrap: str) -> None:
    """Make every topic of contracts exist and be empty; for tests, as truncation is for tables."""
    admin = administrator(bootstrap)
    known = admin.list_topics(timeout=SECONDS).topics
    present = [topic for topic in TOPICS if topic.name in known]
    written = {topic.name for topic in present if _holds_records(admin, topic)}
    if written:
        for future in admin.delete_topics(list(written), operation_timeout=SECONDS).values():
            future.result(SECONDS)
        # The controller has deleted them; until the broker knows, it takes records into the old.
        deadline = time.monotonic() + SECONDS
        while written & admin.list_topics(timeout=SECONDS).topics.keys():
            if time.monotonic() > deadline:
                raise Failure(f"Some topics were not deleted after {SECONDS} s.")
            time.sleep(0.01)
    create(admin, [t for t in TOPICS if t.name in written or t.name not in known], 1)


def log_ends(bootstrap: str, topics: Iterable[Topic]) -> dict[tuple[str, int], int]:
    """Return the end of every partition: the offset that the next record will have.

    Asked of a consumer, each partition by itself: where the broker was fenced for a moment,
    ``AdminClient.list_offsets`` is refused for minutes (FENCED_LEADER_EPOCH), by new clients, too.

    Raises:
        KafkaException: the broker does not know one of them, as on a busy machine after its start.
    """
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": "edu log-ends", "log_level": 0}
    )
    try:
        return {
            (topic.name, partition): consumer.get_watermark_offsets(
                TopicPartition(topic.name, partition), timeout=SECONDS
            )[1]
            for topic in topics
            for partition in range(topic.partitions)
        }
    finally:
        consumer.close()


def _holds_records(admin: AdminClient, topic: Topic) -> bool:
    latest = {TopicPartition(topic.name, p): OffsetSpec.latest() for p in range(topic.partitions)}
    try:
        return any(f.result(SECONDS).offset for f in admin.list_offsets(latest).values())
    except KafkaException:
        return True  # just made, and the client still asks the wrong place: make it once more


def given_or_running() -> str:
    """Return the broker that the environment gives, or that `./edu up` runs."""
    run = Home.default().run()
    bootstrap = given_kafka() or (run and run["kafka"]["bootstrap"])
    if not bootstrap:
        raise Failure("No broker: set KAFKA_BOOTSTRAP_SERVERS, or start one with `./edu up`.")
    return str(bootstrap)


def main(arguments: list[str]) -> int:
    """Provision the topics of the broker that is given or that `./edu up` runs."""
    if arguments != ["apply"]:
        print("usage: ./edu topics apply")
        return 2
    changes = apply(given_or_running())
    print("\n".join(changes or ["every topic is as contracts says"]))
    return 0
