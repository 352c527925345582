"""An erased key really leaves Kafka's disk, though nobody writes anything any more."""

from pathlib import Path

import pytest
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from chassis.clock import new_id
from chassis.database import Database
from chassis.outbox import emit, emit_tombstones
from chassis.relay import filler
from chassis.relay.relay import Relay
from chassis.topics import SECONDS, administrator
from contracts import topics
from contracts.privacy import SubjectKey
from contracts.topics import SUBJECT_KEYS, partition_for
from edu.testing import eventually, records, running

# What takes days in production, in seconds; uncompressed, so that bytes can be searched for.
HURRIED = {
    "segment.ms": "1000",
    "max.compaction.lag.ms": "1000",
    "file.delete.delay.ms": "100",
    "compression.type": "uncompressed",
}


@pytest.fixture
def hurried(kafka: str) -> str:
    """Let the keys' topic forget within seconds; the next test finds it made anew."""
    resource = ConfigResource(ResourceType.TOPIC, SUBJECT_KEYS.name)
    for name, value in HURRIED.items():
        entry = ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        resource.add_incremental_config(entry)
    for future in administrator(kafka).incremental_alter_configs([resource]).values():
        future.result(SECONDS)
    return kafka


def holds(folder: Path, text: str) -> bool:
    """Tell whether any file of the topic holds this text."""
    return any(
        text.encode() in path.read_bytes()
        for path in folder.rglob(f"{SUBJECT_KEYS.name}-*/*")
        if path.is_file()
    )


async def test_the_bytes_of_an_erased_key_leave_the_disk(
    delivery: Database, hurried: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    erased, kept = (
        SubjectKey(pupil_id=new_id(), version=1, wrapped_key=box, key_id="k1")
        for box in ("RXJhc2VkIGtleQ==", "S2VwdCBrZXk=")
    )
    relay = Relay(service="admissions", url=delivery.url, bootstrap=[hurried], fill_seconds=0.5)
    async with running(relay.run()):
        async with delivery.transaction() as session:
            await emit(session, erased, kept)
        await eventually(lambda: holds(folder, erased.wrapped_key))
        async with delivery.transaction() as session:
            await emit_tombstones(session, SUBJECT_KEYS, [erased.pupil_id])
        await eventually(lambda: not holds(folder, erased.wrapped_key), within=60)
    assert holds(folder, kept.wrapped_key)
    left = {record.key: record.value for record in await records(hurried, 2, SUBJECT_KEYS)}
    assert left[erased.pupil_id.encode()] is None


@pytest.mark.parametrize("topic", [topic for topic in topics.TOPICS if topic.erases])
def test_each_partition_has_a_key_of_nobody(topic: topics.Topic) -> None:
    keys = filler.keys_of_nobody(topic)
    assert [partition_for(key, topic.partitions) for key in keys] == list(range(topic.partitions))
    assert keys == filler.keys_of_nobody(topic)
