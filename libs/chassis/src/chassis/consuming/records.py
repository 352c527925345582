"""The records of one poll, as the chassis hands them to whoever applies them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec

from chassis.database import Session
from contracts.envelope import Envelope, Tombstone, Whole
from contracts.topics import Topic

TopicPartition: TypeAlias = tuple[str, int]


class Record(msgspec.Struct, frozen=True, gc=False):
    """One accepted record: decoded, not a duplicate, of no held subject."""

    offset: int
    event: Envelope | Tombstone
    key: bytes | None
    value: bytes | None


class Prepared(NamedTuple):
    """Documents that follow one another, all read at once by whoever applies them."""

    documents: Sequence[Whole[Any]]
    make: Callable[[], Any]
    """Gives what is to be applied of all of them; None where each has to be looked at."""


@dataclass(slots=True)
class Slice:
    """What one poll brought of one partition: ``first`` is the position before it, ``next`` after.

    Slices of a partition join without a hole; the offsets of their records may have some.
    """

    topic: Topic
    partition: int
    first: int
    next: int
    records: list[Record] = field(default_factory=list)
    prepared: Sequence[Any] | None = None
    """What :attr:`Prepared.make` gave, of some records after others, where nothing about them is
    doubtful; then they are not in ``records``."""

    @property
    def lane(self) -> TopicPartition:
        """The topic's name and the partition."""
        return (self.topic.name, self.partition)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that could not be applied. ``holds``: later records of its subject wait for it."""

    slice: Slice
    record: Record
    reason: str
    detail: str
    holds: bool = False


class Projector(Protocol):
    """Whoever applies records. Tombstones come as records, too."""

    @property
    def topics(self) -> Sequence[Topic]:
        """The topics that it reads."""

    @property
    def whole_poll(self) -> bool:
        """Slices of many partitions in one transaction (the aggregator), or one in each."""

    def prepare(self, topic: Topic, values: Sequence[bytes]) -> Prepared | None:
        """Read a few documents of a slice at once, or leave it: then they come one by one."""

    async def load(self) -> None:
        """Make the memory, if any, equal to the database; called before the first slice."""

    async def project(
        self, session: Session, slices: Sequence[Slice], *, careful: bool
    ) -> Sequence[Rejected]:
        """Write the effect of ``slices`` inside the transaction; change no memory yet.

        An exception rolls everything back; the same slices then come again with ``careful``, and
        the projector applies record by record (in savepoints) and rejects those that fail.
        """

    def committed(self) -> None:
        """Take the last ``project`` into memory: its transaction is committed."""

    async def reload(self) -> None:
        """Load again: a transaction was fenced, or nobody knows whether it committed."""
