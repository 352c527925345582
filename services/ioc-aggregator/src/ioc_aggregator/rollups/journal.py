"""Reading and writing the journal and its snapshots."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, text

from chassis import clock
from chassis.database import Session
from contracts.topics import Topic
from ioc_aggregator.rollups import codec
from ioc_aggregator.rollups.state import Entry, Lane
from ioc_aggregator.rollups.tables import GENERATION, JOURNAL, SNAPSHOT, SNAPSHOT_PART

REPLAYED: Lane = ("replayed", 0)
"""The lane of parked records that were applied later: their offsets lie below their own lane's
position, so they are numbered anew, one after another."""

FIRST_GENERATION = 1

_PAGE = 200

_AFTER = text(
    "SELECT j.topic, j.partition, j.first, j.next, j.blob "
    "FROM unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), "
    "CAST(:nexts AS bigint[])) v(topic, partition, next) "
    "JOIN journal j ON j.generation = :generation AND j.topic = v.topic "
    "AND j.partition = v.partition AND j.first >= v.next "
    "ORDER BY j.topic, j.partition, j.first LIMIT :page"
)

_HEADS = text(
    "SELECT v.topic, v.partition, j.next FROM unnest(CAST(:topics AS text[]), "
    "CAST(:partitions AS int[])) v(topic, partition) CROSS JOIN LATERAL "
    "(SELECT next FROM journal WHERE generation = :generation AND topic = v.topic "
    "AND partition = v.partition ORDER BY first DESC LIMIT 1) j"
)

_PRUNE = text(
    "DELETE FROM journal j USING unnest(CAST(:topics AS text[]), CAST(:partitions AS int[]), "
    "CAST(:nexts AS bigint[])) v(topic, partition, next) WHERE j.generation = :generation "
    "AND j.topic = v.topic AND j.partition = v.partition AND j.next <= v.next"
)

_SNAPSHOT_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('ioc.snapshot', 0))")
_NO_SNAPSHOT = text("SELECT pg_advisory_xact_lock(hashtextextended('ioc.snapshot', 0))")


async def live_generation(session: Session) -> int:
    """Give the generation that everybody answers from."""
    live = select(GENERATION.c.number).where(GENERATION.c.live)
    number: int | None = await session.scalar(live)
    return FIRST_GENERATION if number is None else number


async def write(session: Session, generation: int, entries: Sequence[Entry]) -> None:
    """Make entries durable, in the transaction that moves the positions over them."""
    if entries:
        rows = [
            {
                "generation": generation,
                "topic": entry.lane[0],
                "partition": entry.lane[1],
                "first": entry.first,
                "next": entry.next,
                "blob": codec.encode(entry.delta),
            }
            for entry in entries
        ]
        await session.execute(insert(JOURNAL), rows)


async def read_after(
    session: Session, generation: int, vector: Mapping[Lane, int], topics: Iterable[Topic]
) -> AsyncIterator[list[Entry]]:
    """Yield the entries beyond ``vector``, in the order of each lane, page by page.

    The caller applies a page before it asks for the next one, so ``vector`` moves.
    """
    lanes = _all_lanes(topics)
    while True:
        rows = (
            await session.execute(
                _AFTER,
                {
                    **_arrays({lane: vector.get(lane, 0) for lane in lanes}),
                    "generation": generation,
                    "page": _PAGE,
                },
            )
        ).all()
        if rows:
            yield [
                Entry((row.topic, row.partition), row.first, row.next, codec.decode(row.blob))
                for row in rows
            ]
        if len(rows) < _PAGE:
            return


async def vector(session: Session, generation: int, topics: Iterable[Topic]) -> dict[Lane, int]:
    """Give where each lane stands, without reading what its entries hold."""
    latest = await _snapshots(session, generation, 1)
    found = _lanes(latest[0].vector) if latest else {}
    lanes = _arrays(dict.fromkeys(_all_lanes(topics), 0))
    del lanes["nexts"]
    for row in await session.execute(_HEADS, {**lanes, "generation": generation}):
        lane = (row.topic, row.partition)
        found[lane] = max(row.next, found.get(lane, 0))
    return found


async def boundaries(session: Session, generation: int) -> list[tuple[str, int, int, int]]:
    """Give topic, partition, first offset and next offset of every entry that is kept."""
    columns = (JOURNAL.c.topic, JOURNAL.c.partition, JOURNAL.c.first, JOURNAL.c.next)
    rows = await session.execute(
        select(*columns).where(JOURNAL.c.generation == generation).order_by(*columns)
    )
    return [(row.topic, row.partition, row.first, row.next) for row in rows]


async def read_snapshot(session: Session, generation: int) -> tuple[dict[Lane, int], list[bytes]]:
    """Give the latest snapshot's vector and parts; nothing where there is none."""
    latest = await _snapshots(session, generation, 1)
    if not latest:
        return {}, []
    parts = await session.scalars(
        select(SNAPSHOT_PART.c.blob)
        .where(SNAPSHOT_PART.c.snapshot == latest[0].number)
        .order_by(SNAPSHOT_PART.c.part)
    )
    return _lanes(latest[0].vector), list(parts)


async def alone(session: Session) -> None:
    """Wait until nobody else writes a snapshot; in this transaction one can be written."""
    await session.execute(_NO_SNAPSHOT)


async def write_snapshot(
    session: Session,
    generation: int,
    vector: Mapping[Lane, int],
    blobs: Sequence[bytes],
    *,
    needed_from: Mapping[Lane, int] | None = None,
) -> bool:
    """Store a snapshot; forget all but this one, the one before, and the journal since that.

    What stands in the journal beyond ``needed_from`` is kept for the sums of its day.

    Only one process does it at a time: False when another one is at it.
    """
    if not await session.scalar(_SNAPSHOT_LOCK):
        return False
    positions: dict[str, dict[str, int]] = {}
    for (topic, partition), position in vector.items():
        positions.setdefault(topic, {})[str(partition)] = position
    number = await session.scalar(
        insert(SNAPSHOT)
        .values(generation=generation, taken_at=clock.now(), vector=positions)
        .returning(SNAPSHOT.c.number)
    )
    await session.execute(
        insert(SNAPSHOT_PART),
        [{"snapshot": number, "part": part, "blob": blob} for part, blob in enumerate(blobs)],
    )
    kept = await _snapshots(session, generation, 2)
    oldest = kept[-1]
    old = (SNAPSHOT.c.generation == generation) & (SNAPSHOT.c.number < oldest.number)
    await _forget_snapshots(session, old)
    if len(kept) > 1:
        upto = _lanes(oldest.vector)
        if needed_from is not None:
            upto = {lane: min(reached, needed_from.get(lane, 0)) for lane, reached in upto.items()}
        await session.execute(_PRUNE, {**_arrays(upto), "generation": generation})
    return True


async def forget(session: Session, *, but: Collection[int] = ()) -> None:
    """Forget every entry and snapshot of all generations but these."""
    await session.execute(JOURNAL.delete().where(JOURNAL.c.generation.not_in(but)))
    await _forget_snapshots(session, SNAPSHOT.c.generation.not_in(but))


async def _forget_snapshots(session: Session, which: ColumnElement[bool]) -> None:
    numbers = select(SNAPSHOT.c.number).where(which)
    await session.execute(SNAPSHOT_PART.delete().where(SNAPSHOT_PART.c.snapshot.in_(numbers)))
    await session.execute(SNAPSHOT.delete().where(which))


async def _snapshots(
    session: Session, generation: int, most: int
) -> Sequence[Row[int, dict[str, dict[str, int]]]]:
    rows = await session.execute(
        select(SNAPSHOT.c.number, SNAPSHOT.c.vector)
        .where(SNAPSHOT.c.generation == generation)
        .order_by(SNAPSHOT.c.number.desc())
        .limit(most)
    )
    return rows.all()


def _all_lanes(topics: Iterable[Topic]) -> list[Lane]:
    lanes = [(topic.name, partition) for topic in topics for partition in range(topic.partitions)]
    return [*lanes, REPLAYED]


def _lanes(positions: Mapping[str, Mapping[str, int]]) -> dict[Lane, int]:
    return {
        (topic, int(partition)): position
        for topic, partitions in positions.items()
        for partition, position in partitions.items()
    }


def _arrays(vector: Mapping[Lane, int]) -> dict[str, list[Any]]:
    return {
        "topics": [topic for topic, _ in vector],
        "partitions": [partition for _, partition in vector],
        "nexts": list(vector.values()),
    }
