"""`./edu topics apply`: makes Kafka's topics what contracts says they are, absent services' too."""

from __future__ import annotations

import time
from collections.abc import Iterable

from confluent_kafka import KafkaException, TopicPartition
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

    Raises:
        KafkaException: the broker does not know one of them, as on a busy machine after its start.
    """
    return _ends(administrator(bootstrap), topics)


def _ends(admin: AdminClient, topics: Iterable[Topic]) -> dict[tuple[str, int], int]:
    latest = {
        TopicPartition(topic.name, partition): OffsetSpec.latest()
        for topic in topics
        for partition in range(topic.partitions)
    }
    found = admin.list_offsets(latest)
    return {(lane.topic, lane.partition): f.result(SECONDS).offset for lane, f in found.items()}


def _holds_records(admin: AdminClient, topic: Topic) -> bool:
    try:
        return any(_ends(admin, [topic]).values())
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
