"""What the consumer keeps in the service's database, written in the transaction of the effect."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, text

from chassis import clock
from chassis.consuming.decisions import Interval, Outcome, Placement, SourceState
from chassis.consuming.records import Record, Slice, TopicPartition
from chassis.database import Session
from chassis.tables import PARKED
from contracts.envelope import Tombstone

LONGEST_MS = 30_000
"""Of a transaction; a slice that takes longer comes again, cut smaller."""


@dataclass(slots=True)
class Stored:
    """What the database holds of one partition."""

    placement: Placement
    sources: dict[str, SourceState]


async def load(session: Session, lanes: Iterable[TopicPartition]) -> dict[TopicPartition, Stored]:
    """Return the stored state of ``lanes``; a lane never seen gets its row, at the beginning."""
    names = sorted(lanes)
    arrays = {"topics": [t for t, _ in names], "partitions": [p for _, p in names]}
    await session.execute(
        text(
            # Only what is missing: inserting over a row that a handler holds would wait for it.
            "INSERT INTO delivery.consumer_position (topic, partition, next) "
            "SELECT t, p, 0 FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) "
            "v(t, p) WHERE NOT EXISTS (SELECT FROM delivery.consumer_position c "
            "WHERE c.topic = t AND c.partition = p) ON CONFLICT DO NOTHING"
        ),
        arrays,
    )
    stored: dict[TopicPartition, Stored] = {}
    for row in await session.execute(
        text(
            "SELECT c.topic, c.partition, c.next, c.topic_id FROM delivery.consumer_position c "
            "JOIN unnest(CAST(:topics AS text[]), CAST(:partitions AS int[])) v(t, p) "
            "ON c.topic = v.t AND c.partition = v.p"
        ),
        arrays,
    ):
        stored[row.topic, row.partition] = Stored(Placement(row.next, row.topic_id), {})
    gaps: dict[tuple[str, str, int], list[Interval]] = {}
    for row in await session.execute(
        text("SELECT source, topic, partition, first, last FROM delivery.sequence_gap ORDER BY 4")
    ):
        gaps.setdefault((row.source, row.topic, row.partition), []).append(
            Interval(row.first, row.last)
        )
    for row in await session.execute(
        text("SELECT source, topic, partition, last FROM delivery.source_sequence")
    ):
        if (lane := stored.get((row.topic, row.partition))) is not None:
            missing = gaps.get((row.source, row.topic, row.partition), [])
            lane.sources[row.source] = SourceState(row.last, tuple(missing))
    return stored


async def positions(session: Session) -> dict[TopicPartition, int]:
    """Return the next offset of every partition that the service reads."""
    rows = await session.execute(
        text("SELECT topic, partition, next FROM delivery.consumer_position")
    )
    return {(row.topic, row.partition): row.next for row in rows}


async def advance(
    session: Session, moves: Mapping[TopicPartition, tuple[int, int]]
) -> set[TopicPartition]:
    """Compare-and-set the position of each lane from its expected value to the next one.

    Returns the lanes that moved. A lane left out was advanced by another member meanwhile (this
    one slept through a rebalance): its slice must not be applied.

    From here on the transaction holds what the next member waits for, so the database bounds it:
    a member that is frozen in the middle of a message is not idle, and would hold it for ever.
    """
    await session.execute(text(f"SET LOCAL transaction_timeout = {LONGEST_MS}"))
    lanes = sorted(moves)
    rows = await session.execute(
        text(
            "UPDATE delivery.consumer_position c SET next = v.n "
            "FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), "
            "CAST(:expected AS bigint[]), CAST(:next AS bigint[])) v(t, p, e, n) "
            "WHERE c.topic = v.t AND c.partition = v.p AND c.next = v.e "
            "RETURNING c.topic, c.partition"
        ),
        {
            "topics": [topic for topic, _ in lanes],
            "partitions": [partition for _, partition in lanes],
            "expected": [moves[lane][0] for lane in lanes],
            "next": [moves[lane][1] for lane in lanes],
        },
    )
    return {(row.topic, row.partition) for row in rows}


async def replace_log(
    session: Session, lane: TopicPartition, placement: Placement, *, restarted: bool
) -> None:
    """Store where ``lane`` stands in a log that was found (or found anew) under its name."""
    await session.execute(
        text(
            "UPDATE delivery.consumer_position SET topic_id = :id, "
            "next = CASE WHEN :restarted THEN :next ELSE next END "
            "WHERE topic = :topic AND partition = :partition"
        ),
        {
            "id": placement.topic_id,
            "restarted": restarted,
            "next": placement.next,
            "topic": lane[0],
            "partition": lane[1],
        },
    )


async def save_sources(
    session: Session, changed: Mapping[TopicPartition, Mapping[str, SourceState]]
) -> None:
    """Write the last sequence and the gaps of every source that a transaction moved."""
    rows: list[dict[str, Any]] = [
        {"source": source, "topic": topic, "partition": partition, "state": state}
        for (topic, partition), states in changed.items()
        for source, state in states.items()
    ]
    if not rows:
        return
    keys = {name: [row[name] for row in rows] for name in ("source", "topic", "partition")}
    await session.execute(
        text(
            "INSERT INTO delivery.source_sequence (source, topic, partition, last) "
            "SELECT * FROM unnest(CAST(:source AS text[]), CAST(:topic AS text[]), "
            "CAST(:partition AS int[]), CAST(:last AS bigint[])) "
            "ON CONFLICT (source, topic, partition) DO UPDATE SET last = excluded.last"
        ),
        {**keys, "last": [row["state"].last for row in rows]},
    )
    await session.execute(
        text(
            "DELETE FROM delivery.sequence_gap g USING unnest(CAST(:source AS text[]), "
            "CAST(:topic AS text[]), CAST(:partition AS int[])) v(s, t, p) "
            "WHERE g.source = v.s AND g.topic = v.t AND g.partition = v.p"
        ),
        keys,
    )
    gaps = [
        {**{name: row[name] for name in keys}, "first": gap.first, "last": gap.last}
        for row in rows
        for gap in row["state"].gaps
    ]
    if gaps:
        await session.execute(
            text(
                "INSERT INTO delivery.sequence_gap (source, topic, partition, first, last, seen) "
                "VALUES (:source, :topic, :partition, :first, :last, now())"
            ),
            gaps,
        )


async def held_subjects(session: Session) -> set[tuple[str, int, str]]:
    """Return (topic, partition, subject) of each subject whose later records must wait."""
    rows = await session.execute(
        text(
            "SELECT DISTINCT topic, partition, subject FROM delivery.parked "
            "WHERE subject IS NOT NULL AND reason IN ('handler-failed', 'held')"
        )
    )
    return {(row.topic, row.partition, row.subject) for row in rows}


@dataclass(frozen=True, slots=True)
class Parked:
    """A record to be kept aside, with all its bytes, until somebody replays or drops it."""

    slice: Slice
    record: Record
    outcome: Outcome
    reason: str
    detail: str


async def park(session: Session, parked: Sequence[Parked]) -> None:
    """Keep ``parked`` aside in the transaction that moves the position past them."""
    if not parked:
        return
    moment = clock.now()
    await session.execute(
        insert(PARKED),
        [
            {
                "topic": item.slice.topic.name,
                "partition": item.slice.partition,
                "offset": item.record.offset,
                "key": item.record.key,
                "value": item.record.value,
                "source": getattr(item.record.event, "source", None),
                "subject": getattr(item.record.event, "subject", None),
                "type": getattr(item.record.event, "type", None),
                "event_id": getattr(item.record.event, "id", None),
                "state": str(item.outcome),
                "reason": item.reason,
                "detail": item.detail[:2000],
                "parked_at": moment,
            }
            for item in parked
        ],
    )


async def forget_erased(session: Session, part: Slice) -> None:
    """Drop what is parked from before a tombstone of its key: replayed, it would undo the erasure.

    Kafka forgets these records, too; parking would be the last place where they stand.
    """
    if not part.topic.compacted:
        return
    tombs = [(one.key, one.offset) for one in part.records if isinstance(one.event, Tombstone)]
    if not tombs:
        return
    await session.execute(
        text(
            "DELETE FROM delivery.parked p "
            'USING unnest(CAST(:keys AS bytea[]), CAST(:offsets AS bigint[])) v(key, "offset") '
            "WHERE p.topic = :topic AND p.partition = :partition AND p.key = v.key "
            'AND p."offset" < v."offset"'
        ),
        {
            "keys": [key for key, _ in tombs],
            "offsets": [offset for _, offset in tombs],
            "topic": part.topic.name,
            "partition": part.partition,
        },
    )
