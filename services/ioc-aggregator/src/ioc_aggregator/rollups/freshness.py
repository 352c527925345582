"""As-of: up to when the facts of a source are all counted.

A watermark says that everything its source had written by then is in Kafka up to given sequences.
It is *fully applied* when the consumer has those sequences and no gap below them. A source that is
offline sends none, so it cannot look fresh; an event lost on the way keeps the time from moving.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from sqlalchemy import text

from chassis.database import Session
from contracts.topics import Topic
from ioc_aggregator.measures.facts import WatermarkFact

STALE_AFTER = timedelta(seconds=10)
"""Two watermarks missed: a page shows it within fifteen seconds of the silence."""

SourceLane: TypeAlias = tuple[str, str, int]
"""A source (as in CloudEvents), a topic and a partition."""

_SEQUENCES = text(
    "SELECT s.source, s.topic, s.partition, s.last, "
    "(SELECT min(g.first) FROM delivery.sequence_gap g WHERE g.source = s.source "
    "AND g.topic = s.topic AND g.partition = s.partition) AS missing "
    "FROM delivery.source_sequence s"
)


class Freshness(StrEnum):
    """What can be said of a number's age."""

    FRESH = "fresh"
    STALE = "stale"
    LOADING = "loading"
    """The source is known, but no watermark of it is fully applied yet."""
    NO_SOURCE = "no-source"
    """The source was never heard of."""
    ENDED = "ended"
    """It is what was counted at the end of a past day, and does not age."""


@dataclass(frozen=True, slots=True)
class Applied:
    """Up to which sequence each source's events are applied without a gap."""

    sequences: Mapping[SourceLane, int] = field(default_factory=dict)

    def covers(self, mark: WatermarkFact, topics: Sequence[Topic]) -> bool:
        """Tell whether all that the watermark promises of ``topics`` is applied."""
        return not self.behind(mark, topics)

    def behind(
        self, mark: WatermarkFact, topics: Sequence[Topic]
    ) -> list[tuple[str, int, int, int]]:
        """Give (topic, partition, applied, due) where something is still to come."""
        source = f"urn:edu:{mark.source}"
        return [
            (topic.name, partition, applied, due)
            for topic in topics
            for partition, due in sorted(mark.positions.get(topic.name, {}).items())
            if (applied := self.sequences.get((source, topic.name, partition), 0)) < due
        ]


async def read_applied(session: Session) -> Applied:
    """Read what the consumer has applied."""
    return Applied(
        {
            (row.source, row.topic, row.partition): (
                row.last if row.missing is None else row.missing - 1
            )
            for row in await session.execute(_SEQUENCES)
        }
    )


def reached(
    marks: Sequence[WatermarkFact], applied: Applied, topics: Sequence[Topic]
) -> WatermarkFact | None:
    """Give the latest watermark that is fully applied; ``marks`` are in order of time."""
    return next((mark for mark in reversed(marks) if applied.covers(mark, topics)), None)


def judge(as_of: datetime | None, now: datetime, *, known: bool) -> Freshness:
    """Say in one word how old a number is."""
    if as_of is None:
        return Freshness.LOADING if known else Freshness.NO_SOURCE
    return Freshness.STALE if now - as_of > STALE_AFTER else Freshness.FRESH
