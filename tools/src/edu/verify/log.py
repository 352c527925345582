"""The log, read by a reader of its own exactly up to a position vector.

Partitions are assigned, not subscribed to: no group, no rights but reading, no trace left behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from edu.failure import Failure

Lane: TypeAlias = tuple[str, int]

SECONDS = 10.0
BATCH = 500


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it lies in Kafka."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


@dataclass(slots=True)
class Log:
    """The part of the log below a vector: ``next`` of a lane is the first offset not to be read."""

    bootstrap: str
    vector: Mapping[Lane, int]
    after: Mapping[Lane, int] = field(default_factory=dict)
    """The first offset of each lane to be read, where not the first that Kafka has."""
    begins: dict[Lane, int] = field(default_factory=dict)
    """Where the records start that Kafka still has."""
    short: dict[Lane, int] = field(default_factory=dict)
    """The lanes whose log ends before the vector, with its end."""

    def __iter__(self) -> Iterator[Record]:
        """Yield every record below the vector, each lane in the order of its offsets."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "edu-verify",  # required by the client; assign() never uses it
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "fetch.queue.backoff.ms": 2,
                "log_level": 0,
            }
        )
        try:
            lanes = self._measure(consumer)
            consumer.assign(
                [
                    TopicPartition(*lane, max(self.begins[lane], self.after.get(lane, 0)))
                    for lane in lanes
                ]
            )
            yield from self._read(consumer, lanes)
        except KafkaException as error:
            raise Failure(f"Kafka at {self.bootstrap}: {error.args[0].str()}") from None
        finally:
            consumer.close()

    def _measure(self, consumer: Consumer) -> set[Lane]:
        """Find where each lane begins and ends; give those with anything to read."""
        lanes = set()
        for lane, limit in self.vector.items():
            begin, end = consumer.get_watermark_offsets(TopicPartition(*lane), timeout=SECONDS)
            self.begins[lane] = begin
            begin = max(begin, self.after.get(lane, 0))
            if end < limit:
                self.short[lane] = end
            if begin < min(end, limit):
                lanes.add(lane)
        return lanes

    def _read(self, consumer: Consumer, lanes: set[Lane]) -> Iterator[Record]:
        waiting = set(lanes)
        while waiting:
            messages = consumer.consume(BATCH, timeout=SECONDS)
            if not messages:
                raise Failure(f"Kafka sent nothing of {sorted(waiting)} for {SECONDS:.0f} s.")
            for message in messages:
                error = message.error()
                if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001
                    raise KafkaException(error)
                topic, partition = cast("str", message.topic()), cast("int", message.partition())
                offset, limit = cast("int", message.offset()), self.vector[topic, partition]
                if error is not None or offset + 1 >= limit:
                    waiting.discard((topic, partition))
                if error is None and offset < limit:
                    yield Record(topic, partition, offset, message.key(), message.value())
