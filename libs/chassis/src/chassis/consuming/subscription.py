"""One consumer group and one FastStream subscriber per service; FastStream only polls.

None of its defaults is relied on: they acknowledge before the work, start at the end of the log,
create topics, and lose a whole batch over one header that is not UTF-8.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from chassis import memory, metrics
from chassis.consuming import store
from chassis.consuming.consumer import Consumer, seek
from chassis.consuming.decisions import place
from chassis.consuming.records import TopicPartition as Lane
from chassis.consuming.topic_ids import TopicIds
from chassis.database import Database
from chassis.kafka import OPEN, Security

if TYPE_CHECKING:
    from faststream.kafka.subscriber.usecase import BatchSubscriber
    from faststream.message import StreamMessage
    from faststream.security import BaseSecurity

_WATCH_SECONDS = 5.0
_STALLED_SECONDS = 60.0
_POLL_MS = 50
_GRACEFUL_SECONDS = 5.0
_FETCH_BYTES = 256 * 1024
"""Of a lane, as they travel: packed, which makes them five to ten times fewer."""

_LARGE_POLL = 5_000
"""Records that come at once only of a backlog; what they took is given back."""

_log = structlog.get_logger()


class StalledError(Exception):
    """Records wait and nothing moves: the subscriber is made anew."""


class Subscription:
    """Keeps one subscriber of a service alive and its group's rights and topics in view."""

    def __init__(
        self,
        *,
        consumer: Consumer,
        database: Database,
        bootstrap: Sequence[str],
        group: str,
        security: Security = OPEN,
    ) -> None:
        """``bootstrap`` is a list: FastStream does not split a comma list."""
        self.missing: list[str] = []
        self.standstill: dict[Lane, float] = {}
        self.state = "starting"
        self._consumer = consumer
        self._database = database
        self._bootstrap = list(bootstrap)
        self._security = security
        self._group = group
        self._topics = [topic.name for topic in consumer.projector.topics]
        self._ids = TopicIds(bootstrap, self._topics, security=security)
        self._known: dict[str, str] = {}
        self._took_much = False

    async def run(self) -> None:
        """Consume until cancelled; any error ends the run and the supervisor starts another."""
        # Imported when consuming begins: HTTP need not wait for 0.2 s of it.
        from faststream import AckPolicy  # noqa: PLC0415
        from faststream.kafka import KafkaBroker  # noqa: PLC0415

        broker = KafkaBroker(
            self._bootstrap,
            security=_for_faststream(self._security),
            apply_types=False,
            allow_auto_create_topics=False,
            logger=None,
            metadata_max_age_ms=10_000,
            graceful_timeout=_GRACEFUL_SECONDS,
            client_id=f"{self._group}-consumer",
        )
        subscriber: BatchSubscriber = broker.subscriber(
            *self._topics,
            group_id=self._group,
            batch=True,
            batch_timeout_ms=_POLL_MS,
            # No max_records, which starves partitions: the bytes bound a batch, not its records.
            max_records=None,
            max_partition_fetch_bytes=_FETCH_BYTES,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            no_reply=True,
            parser=_parse,
            decoder=_decode,
            session_timeout_ms=10_000,
            heartbeat_interval_ms=3_000,
            max_poll_interval_ms=300_000,
            listener=(listener := _Listener(self._consumer)),
        )

        @subscriber
        async def consume(records: tuple[Any, ...]) -> None:
            if subscriber.consumer is not None:
                await self._consumer.consume(subscriber.consumer, records)
                self._took_much |= len(records) > _LARGE_POLL

        listener.subscriber = subscriber
        await self._check_topics(None)
        try:
            await broker.start()
            self.state = "running"
            await self._watch(subscriber)
        finally:
            self.state = "stopped"
            await broker.stop()
            self._consumer.revoked(list(self._consumer.stored))

    async def _watch(self, subscriber: "BatchSubscriber") -> None:
        """Watch what FastStream hides: rights taken away, a topic made anew, a standstill.

        Progress is read from the database and Kafka's ends, so that a member that was thrown out
        of the group, or holds no partition, does not pass for one that has caught up.
        """
        time = asyncio.get_running_loop().time
        moved: dict[Lane, tuple[int, float]] = {}
        applied = (self._consumer.applied, time())
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            if self._took_much:
                self._took_much = False
                memory.give_back()
            client = subscriber.consumer
            if client is None or not subscriber.running:
                message = "the subscriber ended"
                raise StalledError(message)
            await self._check_topics(client)
            lanes = [TopicPartition(*lane) for lane in self._lanes()]
            ends = await client.end_offsets(lanes) if lanes else {}
            async with self._database.reading() as session:
                positions = await store.positions(session)
            now = time()
            for lane, end in ends.items():
                position = positions.get((lane.topic, lane.partition), 0)
                before = moved.get((lane.topic, lane.partition))
                if position >= end or before is None or before[0] != position:
                    moved[lane.topic, lane.partition] = (position, now)
                metrics.CONSUMER_TIME_LAG.labels(lane.topic, lane.partition).set(
                    now - moved[lane.topic, lane.partition][1]
                )
            self.standstill = {
                lane: now - since for lane, (_, since) in moved.items() if since < now
            }
            if applied[0] != self._consumer.applied:
                applied = (self._consumer.applied, now)
            # A lane may wait for long where a handler is slow; then others, or others' pieces, go.
            quiet = not self._consumer.working or now - applied[1] > _STALLED_SECONDS
            if quiet and max(self.standstill.values(), default=0) > _STALLED_SECONDS:
                message = f"no progress for {_STALLED_SECONDS:.0f} s in {sorted(self.standstill)}"
                raise StalledError(message)

    def _lanes(self) -> list[Lane]:
        return [
            (topic.name, partition)
            for topic in self._consumer.projector.topics
            if topic.name in self._known
            for partition in range(topic.partitions)
        ]

    async def _check_topics(self, client: AIOKafkaConsumer | None) -> None:
        ids = await self._ids.read()
        self.missing = sorted(set(self._topics) - ids.keys())
        if ids == self._known:
            return
        self._known = ids
        restarted = []
        async with self._database.transaction() as session:
            for lane, state in (await store.load(session, self._lanes())).items():
                placement, anew = place(state.placement, ids[lane[0]])
                if placement != state.placement:
                    await store.replace_log(session, lane, placement, restarted=anew)
                if anew:
                    restarted.append(lane)
        for lane in restarted:
            _log.error("topic_was_made_anew", lane=lane, topic_id=ids[lane[0]])
            self._consumer.revoked([lane])
            if client is not None and TopicPartition(*lane) in client.assignment():
                seek(client, lane, 0)


def _for_faststream(security: Security) -> "BaseSecurity":
    from faststream.security import BaseSecurity, SASLScram512  # noqa: PLC0415 - as in run

    tls = security.tls
    if security.named:
        return SASLScram512(
            security.username or "",
            security.password or "",
            ssl_context=tls,
            use_ssl=tls is not None,
        )
    return BaseSecurity(ssl_context=tls, use_ssl=tls is not None)


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Moves the client to the database's positions as soon as partitions are assigned."""

    def __init__(self, consumer: Consumer) -> None:
        self.subscriber: BatchSubscriber | None = None
        self._consumer = consumer

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        if self.subscriber is None or self.subscriber.consumer is None or not assigned:
            return
        try:
            await self._consumer.assigned(
                self.subscriber.consumer, [(tp.topic, tp.partition) for tp in assigned]
            )
        except Exception as error:  # noqa: BLE001 - the database is away: the first poll loads
            _log.warning("assignment_not_loaded", error=repr(error))

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        self._consumer.revoked([(tp.topic, tp.partition) for tp in revoked])


async def _parse(records: "tuple[Any, ...]") -> "StreamMessage[Any]":
    """Wrap a batch without looking at it: FastStream's parser raises on foreign headers."""
    from faststream.kafka.message import KafkaAckableMessage  # noqa: PLC0415 - as in run

    return KafkaAckableMessage(
        body=b"",
        headers={},
        raw_message=records,
        consumer=None,
    )


async def _decode(message: "StreamMessage[Any]") -> Any:
    return message.raw_message
