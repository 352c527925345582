"""The write half of delivery: an event becomes a row of the command's own transaction.

The relay (:mod:`chassis.relay`) numbers and sends the rows after the commit, in order of id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from sqlalchemy import insert

from chassis import clock, context
from chassis.database import EMITTED, Session
from chassis.tables import OUTBOX
from contracts import envelope
from contracts.event import Event
from contracts.topics import Topic, partition_for

_SEQUENCE_BYTES = 64
"""What the sequence and the joints add to a document when the relay renders it."""
_INSERT = insert(OUTBOX)


class EventTooLargeError(Exception):
    """An event's document would be over 64 KiB; the command that emits it is refused."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """What stands in the outbox for one event; the relay only adds its number."""

    partition: int
    attributes: str
    data: str


class Row(TypedDict):
    """A row of the outbox, not written yet."""

    created: datetime
    topic: str
    partition: int
    key: str
    attributes: str | None
    data: str | None


async def emit(session: Session, *events: Event) -> list[Emitted]:
    """Write ``events`` to the outbox of the transaction behind ``session``, in this order.

    Raises:
        EventTooLargeError: a document would be over 64 KiB.
    """
    rows = rendered(events)
    await write(session, rows)
    return [Emitted(row["partition"], row["attributes"] or "", row["data"] or "") for row in rows]


def rendered(events: Iterable[Event]) -> list[Row]:
    """Make the rows of ``events``, caused by what is at hand, for :func:`write`.

    Raises:
        EventTooLargeError: a document would be over 64 KiB.
    """
    moment = clock.now()
    cause = context.current()
    rows = []
    for event in events:
        data = event.data_json()
        attributes = envelope.attributes(
            event,
            id=clock.new_id(),
            time=moment,
            recordedtime=moment,
            correlationid=cause.correlation_id,
            causationid=cause.causation_id,
            traceparent=cause.traceparent,
        )
        size = len(attributes.encode()) + len(data.encode()) + _SEQUENCE_BYTES
        if size > envelope.MAX_DOCUMENT:
            message = f"{event.type_name()} would be {size} bytes; {envelope.MAX_DOCUMENT} at most"
            raise EventTooLargeError(message)
        rows.append(_row(event.TOPIC, event.partition_key(), attributes, data))
    return rows


async def emit_tombstones(session: Session, topic: Topic, keys: Sequence[str]) -> None:
    """Write a tombstone for each key of a compacted topic: Kafka forgets what stood there."""
    await write(session, [_row(topic, key, None, None) for key in keys])


async def write(session: Session, rows: Sequence[Row]) -> None:
    """Write rows in this order.

    Pending rows are flushed first: the locks of the aggregates are then held before an outbox id
    is drawn, so two changes of one aggregate have ids in the order of their commits.
    """
    if not rows:
        return
    await session.flush()
    # executemany sends the rows in order, so their ids ascend.
    await session.execute(_INSERT, rows)
    session.info[EMITTED] = True


def _row(topic: Topic, key: str, attributes: str | None, data: str | None) -> Row:
    return {
        "created": clock.now(),
        "topic": topic.name,
        "partition": partition_for(key, topic.partitions),
        "key": key,
        "attributes": attributes,
        "data": data,
    }
