"""Records that say nothing, so that Kafka really forgets who was erased.

Kafka cleans only segments that it has closed, and closes one only when a record comes after its
time: without further records a key and its tombstone would both stay for ever. Where persons are
erased the relay therefore writes a tombstone of nobody to each partition every hour. A segment is
then closed an hour after its day is over at the latest, and cleaned at once, since what it replaces
has waited a day by then (``contracts.topics.COMPACTION_DAYS``).
"""

from itertools import count
from uuid import UUID, uuid5

from contracts.topics import Topic, partition_for

EVERY_SECONDS = 3600.0

_NOBODY = UUID("0d5a4f0e-8d0b-5a43-9c57-3f2f6f1b7c11")


def keys_of_nobody(topic: Topic) -> list[str]:
    """Give one key for each partition, in their order: always the same, so Kafka keeps one each."""
    found: dict[int, str] = {}
    for number in count():
        key = str(uuid5(_NOBODY, f"{topic.name}/{number}"))
        found.setdefault(partition_for(key, topic.partitions), key)
        if len(found) == topic.partitions:
            break
    return [found[partition] for partition in range(topic.partitions)]
