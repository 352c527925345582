"""What the relay decides, as pure functions: production calls them, the simulation drives them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

Lane: TypeAlias = tuple[str, int]
"""A topic and a partition: within it order and numbers hold, between lanes nothing does."""


def number(lanes: Iterable[Lane], last: Mapping[Lane, int]) -> list[int]:
    """Give each row, in order of id, the number after the last one of its lane: no gap, ever."""
    latest = dict(last)
    numbers = []
    for lane in lanes:
        latest[lane] = latest.get(lane, 0) + 1
        numbers.append(latest[lane])
    return numbers


def continues(tail: int, sequences: Sequence[int], *, held: int, limit: int) -> bool:
    """Tell whether rows just numbered may join a lane's memory, which ends at ``tail``.

    Otherwise they stay in the database until the lane has worked off what it holds.
    """
    return held < limit and bool(sequences) and sequences[0] == tail + 1


class Lead(StrEnum):
    """What a relay may do after it has taken the lead."""

    SEND = "send"
    KAFKA_AHEAD = "kafka-ahead"
    KAFKA_BEHIND = "kafka-behind"


def may_lead(kafka: Mapping[Lane, int], positions: Mapping[Lane, tuple[int, int]]) -> Lead:
    """Compare our numbers with the tail of every partition.

    ``kafka`` holds the last sequence seen in each lane, ``positions`` our (numbered,
    acknowledged). Where Kafka is ahead of what we ever numbered, the database was restored from a
    backup: numbers would be given twice, so nothing may be sent. Where Kafka lacks acknowledged
    records it has lost its tail: sending goes on, ``relay republish`` heals the gap.
    """
    if any(last > positions.get(lane, (0, 0))[0] for lane, last in kafka.items()):
        return Lead.KAFKA_AHEAD
    if any(kafka.get(lane, 0) < acked for lane, (_, acked) in positions.items()):
        return Lead.KAFKA_BEHIND
    return Lead.SEND


@dataclass(frozen=True, slots=True)
class Read:
    """A read of the outbox that left nothing unnumbered: its time and the numbers given by then."""

    at: datetime
    numbered: Mapping[Lane, int]


def is_covered(read: Read, acknowledged: Mapping[Lane, int]) -> bool:
    """Tell whether every row of ``read`` is acknowledged: its time may be the watermark."""
    return all(acknowledged.get(lane, 0) >= last for lane, last in read.numbered.items())
