"""The documents that benchmarks send: saves of score sheets, as the gradebook writes them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import cycle, islice

from chassis import clock
from contracts import envelope
from contracts.event import Event
from contracts.topics import SCORES, partition_for
from edu.testing.making import Make

SCHOOLS = 60


@dataclass(frozen=True, slots=True)
class Written:
    """An event as it stands in the outbox: numbering is all that is left to do."""

    topic: str
    partition: int
    key: str
    attributes: str
    data: str

    def document(self, sequence: int) -> bytes:
        """Return its bytes in Kafka."""
        return envelope.render(self.attributes, self.data, sequence)


def written(event: Event) -> Written:
    """Write an event as its service does."""
    moment = clock.now()
    attributes = envelope.attributes(
        event,
        id=clock.new_id(),
        time=moment,
        recordedtime=moment,
        correlationid=clock.new_id(),
        causationid=clock.new_id(),
        traceparent=None,
    )
    key = event.partition_key()
    partition = partition_for(key, event.TOPIC.partitions)
    return Written(event.TOPIC.name, partition, key, attributes, event.data_json())


def saves(count: int, cells: int = 1) -> list[Written]:
    """Make saves of so many cells each, over schools that share the partitions evenly."""
    make = Make()
    schools = islice(cycle(_sharing_evenly()), count)
    return [written(make.save(school, [850] * cells)) for school in schools]


def _sharing_evenly() -> list[int]:
    """Choose as many schools of each partition.

    The thousand schools of a province come out even by themselves. Any sixty do not: of two members
    of a group one had 62 % of the records, and the other waited for it.
    """
    lanes: defaultdict[int, list[int]] = defaultdict(list)
    for number in range(10 * SCHOOLS):
        lanes[partition_for(Make.id(number), SCORES.partitions)].append(number)
    share = SCHOOLS // SCORES.partitions
    return sorted(number for lane in lanes.values() for number in lane[:share])
