"""The log, lane by lane, as fast as Kafka's own client gives it; no group takes part."""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

from chassis.kafka import OPEN, Security
from ioc_aggregator.rollups.state import Lane

if TYPE_CHECKING:
    from confluent_kafka import Message

_POLL = 500
"""Messages that one call gives: more gain nothing."""

_POLL_SECONDS = 0.05
"""It waits so long for all of them, also where the last offsets are holes."""

_AT_ONCE = 4 * _POLL
_BYTES_AT_ONCE = 2 * 2**20
"""What is counted together: many keys of a batch come again, and are added once. More of it would
no longer fit into a processor's cache, and take a quarter longer."""

_SECONDS = 30.0
"""So long nothing may come where something must be."""


class UnreadableError(Exception):
    """The log does not hold, or does not give, what is asked for."""


class Log:
    """Reads any range of any lane, one after another."""

    def __init__(self, bootstrap: Sequence[str], security: Security = OPEN) -> None:
        """Connect with the first question."""
        # Loaded by whoever rebuilds: a service that starts need not wait for it.
        from confluent_kafka import Consumer  # noqa: PLC0415

        self._client = Consumer(
            {
                "bootstrap.servers": ",".join(bootstrap),
                # The client wants a name; positions are given, so no group is ever asked.
                "group.id": "ioc-aggregator",
                "enable.auto.commit": False,
                "enable.auto.offset.store": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "error",
                # Its default of a second empties the queue again and again: a third of the rate.
                "fetch.queue.backoff.ms": 2,
                # A request that waits at the end of one lane holds up the first of the next.
                "fetch.wait.max.ms": 10,
                # Little at a time: what was unpacked is counted while it is in the processor's
                # cache. The default of 1 MiB, sixteen of it unpacked, takes a third longer to read.
                "fetch.message.max.bytes": 128 * 2**10,
                "queued.max.messages.kbytes": 4_096,
                **security.confluent(),
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def ends(self, lane: Lane) -> tuple[int, int]:
        """Give the first offset that is kept, and the next one that will be written."""
        from confluent_kafka import KafkaException, TopicPartition  # noqa: PLC0415 - as above

        try:
            first, end = self._client.get_watermark_offsets(TopicPartition(*lane), _SECONDS)
        except KafkaException as error:
            raise UnreadableError(f"{lane[0]}/{lane[1]}: {error}") from error
        return first, end

    def read(self, lane: Lane, first: int, until: int) -> "Iterator[list[Message]]":
        """Yield the messages from offset ``first`` up to ``until``, in chunks.

        Offsets may have holes: what was compacted away is not there, and the last may be a hole.
        """
        from confluent_kafka import TopicPartition  # noqa: PLC0415 - as above

        if first >= until:
            return
        self._client.assign([TopicPartition(*lane, first)])
        chunk: list[Message] = []
        size = 0
        done, heard, position = False, time.monotonic(), first
        try:
            while not done:
                # No more than there are: at the end of a lane it would wait for the others.
                found = self._client.consume(min(_POLL, until - position), _POLL_SECONDS)
                if not found:
                    if time.monotonic() > heard + _SECONDS:
                        raise UnreadableError(f"{lane[0]}/{lane[1]} up to {until}: nothing comes")
                    continue
                heard = time.monotonic()
                if found[-1].error() is None:
                    position = (found[-1].offset() or 0) + 1
                found, done = _cut(found, until)
                chunk += found
                size += sum(map(len, found))
                if chunk and (done or len(chunk) >= _AT_ONCE or size >= _BYTES_AT_ONCE):
                    yield chunk
                    chunk, size = [], 0
        finally:
            self._client.unassign()


def _cut(found: "list[Message]", until: int) -> "tuple[list[Message], bool]":
    """Leave out what is no record or comes too late; tell whether ``until`` is reached."""
    from confluent_kafka import KafkaError  # noqa: PLC0415 - as above

    last = found[-1]
    if last.error() is None and (last.offset() or 0) < until - 1:
        # In the middle of much: an error among them has no document, so it is found when read.
        return found, False
    done = False
    records = []
    for one in found:
        error = one.error()
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - it has no other name
                raise UnreadableError(error.str())
            done = done or (one.offset() or 0) >= until
        elif (one.offset() or 0) < until:
            records.append(one)
    return records, done or (last.error() is None and (last.offset() or 0) >= until - 1)
