"""What each service may do in Kafka, derived from who owns and who reads each topic.

Everything else is refused: no service may create, alter or delete anything. A service's user has
the service's name. The owner also reads its own streams, because a relay that takes the lead holds
its numbers against the last records there; of a compacted topic it needs no tail.
"""

from dataclasses import dataclass
from enum import StrEnum

from contracts.topics import CONSUMERS, OWNERS


class Resource(StrEnum):
    """The kinds of Kafka's resources that a service meets."""

    TOPIC = "topic"
    GROUP = "group"


class Operation(StrEnum):
    """Kafka's operations that a service needs; an idempotent producer needs no other than these."""

    READ = "Read"
    WRITE = "Write"
    DESCRIBE = "Describe"


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One thing that one service may do."""

    resource: Resource
    name: str
    operation: Operation

    def __str__(self) -> str:
        """Say it as ``/readyz`` does: ``Write on topic gradebook.scores.v1``."""
        return f"{self.operation} on {self.resource} {self.name}"


def rights_of(service: str) -> tuple[Right, ...]:
    """Return all that ``service`` may do, in the order in which files show it."""
    written = {topic.name for topic in OWNERS[service]}
    read = {topic.name for topic in CONSUMERS[service]}
    read |= {topic.name for topic in OWNERS[service] if not topic.compacted}
    rights = {Right(Resource.TOPIC, name, Operation.WRITE) for name in written}
    rights |= {Right(Resource.TOPIC, name, Operation.READ) for name in read}
    # Read and Write imply it; said, so that whoever lost one still sees that the topic is there.
    rights |= {Right(Resource.TOPIC, name, Operation.DESCRIBE) for name in written | read}
    if CONSUMERS[service]:
        rights.add(Right(Resource.GROUP, service, Operation.READ))
    return tuple(sorted(rights))
