"""Straight to Kafka, without any service: as fast as its own client takes documents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from edu.failure import Failure
from edu.simulator.documents import Sink

_TOGETHER = 2_000
"""Records of a lane that are handed over in one call, which takes a third of the time of single
ones; such a call knows no headers, so these have none."""

_ROOM_SECONDS = 0.05


class _Lanes:
    """Collects records by lane and hands them over."""

    def __init__(self, bootstrap: str) -> None:
        self._failed: KafkaError | None = None
        self._waiting: defaultdict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                # Order within a lane, and nothing twice, whatever happens to a request.
                "enable.idempotence": True,
                "compression.type": "zstd",
                "compression.level": 1,
                "linger.ms": 50,
                "batch.size": 1_000_000,
                "queue.buffering.max.messages": 200_000,
                "queue.buffering.max.kbytes": 131_072,
                "delivery.report.only.error": True,
                "on_delivery": self._told,
            }
        )

    def take(self, topic: str, partition: int, key: bytes, value: bytes) -> None:
        """Take one record."""
        waiting = self._waiting[topic, partition]
        waiting.append({"key": key, "value": value})
        if len(waiting) >= _TOGETHER:
            self._hand_over((topic, partition))

    def close(self) -> None:
        """Return when all of it is in Kafka."""
        for lane in list(self._waiting):
            self._hand_over(lane)
        self._producer.flush()
        self._check()
        # Else it lives on in its callback's cycle, and complains when the broker stops.
        self._producer.close()

    def _hand_over(self, lane: tuple[str, int]) -> None:
        records = self._waiting.pop(lane)
        while records:
            taken = self._producer.produce_batch(lane[0], records, partition=lane[1])
            # Those that found no room say so; room comes only by waiting.
            self._producer.poll(_ROOM_SECONDS if taken < len(records) else 0)
            self._check()
            records = [
                {"key": one["key"], "value": one["value"]} for one in records if "_error" in one
            ]

    def _told(self, error: KafkaError | None, _: Message) -> None:
        self._failed = self._failed or error

    def _check(self) -> None:
        if self._failed is not None:
            raise Failure(f"Kafka does not take the province's events: {self._failed.str()}")


@contextmanager
def sending(bootstrap: str) -> Iterator[Sink]:
    """Give where to write records; at the end all of them are in Kafka."""
    lanes = _Lanes(bootstrap)
    yield lanes.take
    lanes.close()
