"""Topics: declared once, and keys on the partition where every Kafka client puts them."""

import pytest

from contracts import topics
from contracts.registry import EVENTS


@pytest.mark.parametrize(
    ("key", "signed"),
    # From Kafka's own UtilsTest.testMurmur2.
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        ("abc", 479470107),
    ],
)
def test_a_key_has_kafkas_partition(key: str, signed: int) -> None:
    for partitions in (1, 6, 12, 1000):
        assert topics.partition_for(key, partitions) == (signed & 0x7FFFFFFF) % partitions


def test_a_key_may_be_in_vietnamese_or_empty() -> None:
    assert 0 <= topics.partition_for("Tây Ninh", 6) < 6
    assert topics.partition_for("", 1) == 0


def test_names_are_domain_stream_and_major() -> None:
    names = [topic.name for topic in topics.TOPICS]
    assert len(set(names)) == len(names)
    for topic in topics.TOPICS:
        assert topic.name == f"{topic.domain}.{topic.name.split('.')[1]}.v1"


def test_every_topic_has_events_and_each_event_the_topics_key() -> None:
    assert {event.TOPIC for event in EVENTS} == set(topics.TOPICS)
    for event in EVENTS:
        assert event.TOPIC.key == event.KEY
        assert (event.TOPIC.owner or "relay") == event.SOURCE


def test_who_writes_and_who_reads() -> None:
    for topic in topics.TOPICS:
        writers = {service for service, own in topics.OWNERS.items() if topic in own}
        assert writers == ({topic.owner} if topic.owner else set(topics.SERVICES))
    assert set(topics.CONSUMERS) == set(topics.OWNERS) == set(topics.SERVICES)
    assert topics.consumers_of(topics.SUBJECT_KEYS) == ("gradebook", "payments", "notifications")
    assert topics.consumers_of(topics.SCORES) == ("notifications", "ioc-aggregator")


def test_kafka_keeps_what_must_be_kept() -> None:
    for topic in topics.TOPICS:
        config = topic.config()
        assert config["message.timestamp.type"] == "LogAppendTime"
        assert config["compression.type"] == "zstd"
    assert topics.UNITS.config()["retention.ms"] == "-1"
    assert topics.SCORES.config()["retention.ms"] == str(400 * 86_400_000)
    keys = topics.SUBJECT_KEYS.config()
    assert keys["cleanup.policy"] == "compact"
    assert keys["delete.retention.ms"] == str(400 * 86_400_000)
    assert int(keys["segment.ms"]) + int(keys["max.compaction.lag.ms"]) <= 2 * 86_400_000
