"""``python -m chassis.topics HOST:PORT,…``: makes Kafka's topics what contracts says they are.

All of contracts' topics, absent services' too: a service that comes later finds its history. It
stands here and not in a service, because no service may create topics, and every image has it.
Where the broker asks who is there, ``KAFKA_SASL_USERNAME`` and its like say it.
"""

import sys
import time
from collections.abc import Iterable
from functools import cache

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from chassis.kafka import OPEN, Security
from chassis.settings import KafkaSettings, SettingsError, load
from contracts.topics import TOPICS, Topic

SECONDS = 30
REPLICAS = 3
_USAGE_ERROR = 2


class TopicsError(Exception):
    """The topics are not what contracts says, and cannot be made so."""


@cache
def administrator(bootstrap: str, security: Security = OPEN) -> AdminClient:
    """Return the one administrative client of this broker; a temporary one dies at its work."""
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, **security.confluent()})


def apply(bootstrap: str, security: Security = OPEN) -> list[str]:
    """Create what is missing and correct what differs; return one line per change."""
    admin = administrator(bootstrap, security)
    metadata = admin.list_topics(timeout=SECONDS)
    missing = [topic for topic in TOPICS if topic.name not in metadata.topics]
    present = [topic for topic in TOPICS if topic.name in metadata.topics]
    for topic in present:
        found = len(metadata.topics[topic.name].partitions)
        if found != topic.partitions:
            raise TopicsError(
                f"{topic.name} has {found} partitions, contracts says {topic.partitions}. That "
                "cannot be changed in place: keys would move. Make a new version of the topic."
            )
    replicas = min(REPLICAS, len(metadata.brokers))
    create(admin, missing, replicas)
    return [f"{topic.name}: created" for topic in missing] + _configure(admin, present, replicas)


def config(topic: Topic, replicas: int) -> dict[str, str]:
    """Return the topic's configuration; of three replicas two must hold what is acknowledged."""
    if replicas < REPLICAS:
        return topic.config()
    return topic.config() | {"min.insync.replicas": str(REPLICAS - 1)}


def create(admin: AdminClient, topics: Iterable[Topic], replicas: int) -> None:
    """Create these topics and return when every partition has a leader."""
    wanted = [
        NewTopic(topic.name, topic.partitions, replicas, config=config(topic, replicas))
        for topic in topics
    ]
    if not wanted:
        return
    deadline = time.monotonic() + SECONDS
    for name, future in admin.create_topics(wanted, operation_timeout=SECONDS).items():
        try:
            future.result(SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise TopicsError(f"{name} could not be created: {error}") from error
    while not _led(admin, wanted):
        if time.monotonic() > deadline:
            raise TopicsError(f"Some new topics had no leader after {SECONDS} s.")


def _led(admin: AdminClient, wanted: list[NewTopic]) -> bool:
    topics = admin.list_topics(timeout=SECONDS).topics
    return all(
        topic.topic in topics
        and len(topics[topic.topic].partitions) == topic.num_partitions
        and all(part.leader >= 0 for part in topics[topic.topic].partitions.values())
        for topic in wanted
    )


def _configure(admin: AdminClient, topics: list[Topic], replicas: int) -> list[str]:
    resources = {topic: ConfigResource(ResourceType.TOPIC, topic.name) for topic in topics}
    changes: list[str] = []
    altered: list[ConfigResource] = []
    found = admin.describe_configs(list(resources.values())) if topics else {}
    for topic, resource in resources.items():
        current = found[resource].result(SECONDS)
        differing = {
            name: value
            for name, value in config(topic, replicas).items()
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


def main(arguments: list[str]) -> int:
    """Provision the topics of the broker that is named."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m chassis.topics HOST:PORT[,HOST:PORT…]\n")
        return _USAGE_ERROR
    try:
        changes = apply(arguments[0], load(KafkaSettings).kafka_security)
    except (TopicsError, KafkaException, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("\n".join(changes or ["every topic is as contracts says"]) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
