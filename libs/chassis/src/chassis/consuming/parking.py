"""What stands aside: list, show, replay and drop parked and held records."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update

from chassis.consuming.records import Projector, Record, Slice
from chassis.database import Database, Session
from chassis.tables import PARKED
from contracts import envelope
from contracts.envelope import Broken
from contracts.topics import Topic

ParkedRow = Any
"""A row of ``delivery.parked``, or some of its columns."""


class StillBrokenError(Exception):
    """A record was replayed and failed again; it stays parked."""


async def listed(session: Session, *, limit: int = 100) -> Sequence[ParkedRow]:
    """Return the parked and held records without their bytes, oldest first."""
    columns = [column for column in PARKED.c if column.name not in {"key", "value"}]
    return (await session.execute(select(*columns).order_by(PARKED.c.id).limit(limit))).all()


async def show(session: Session, number: int) -> ParkedRow | None:
    """Return one record with all its bytes."""
    return (await session.execute(select(PARKED).where(PARKED.c.id == number))).first()


async def drop(session: Session, number: int) -> bool:
    """Delete one record for good, and release what was held behind it; False if it is gone."""
    row = await show(session, number)
    if row is None:
        return False
    await session.execute(delete(PARKED).where(PARKED.c.id == number))
    await _promote(session, row)
    return True


async def replay(database: Database, projector: Projector, number: int | None = None) -> int:
    """Apply parked records again, each with what was held behind it, in the order of the log.

    One transaction per record. Without ``number`` all of them are tried; those that fail again
    stay. Returns how many were applied.

    Raises:
        StillBrokenError: ``number`` failed again.
    """
    topics = {topic.name: topic for topic in projector.topics}
    await projector.load()
    async with database.reading() as session:
        condition = _is_head() if number is None else PARKED.c.id == number
        first = (
            await session.execute(
                select(PARKED.c.id, PARKED.c.topic, PARKED.c.partition, PARKED.c.subject)
                .where(condition)
                .order_by(PARKED.c.id)
            )
        ).all()
    applied = 0
    for head in first:
        numbers = [head.id]
        if head.subject is not None:
            async with database.reading() as session:
                numbers += (
                    await session.execute(
                        select(PARKED.c.id)
                        .where(*_same_subject(head), PARKED.c.id > head.id)
                        .order_by(PARKED.c.offset)
                    )
                ).scalars()
        for each in numbers:
            if not await _replay_one(database, projector, topics, each):
                if number is not None:
                    message = f"record {each} failed again and stays parked"
                    raise StillBrokenError(message)
                break
            applied += 1
    return applied


async def _replay_one(
    database: Database, projector: Projector, topics: dict[str, Topic], number: int
) -> bool:
    async with database.transaction() as session:
        row = (
            await session.execute(select(PARKED).where(PARKED.c.id == number).with_for_update())
        ).first()
        if row is None:
            return True
        event = envelope.decode(row.value, row.key)
        if isinstance(event, Broken) or row.topic not in topics:
            return False
        record = Record(row.offset, event, row.key, row.value)
        part = Slice(topics[row.topic], row.partition, row.offset, row.offset + 1, [record])
        rejected = await projector.project(session, [part], careful=True)
        if rejected:
            await session.execute(
                update(PARKED)
                .where(PARKED.c.id == number)
                .values(state="parked", reason=rejected[0].reason, detail=rejected[0].detail)
            )
            return False
        await session.execute(delete(PARKED).where(PARKED.c.id == number))
    projector.committed()
    return True


def _is_head() -> ColumnElement[bool]:
    """What nothing waits before: a record held while the last one before it was replayed, too."""
    before = PARKED.alias()
    waits = exists().where(
        before.c.topic == PARKED.c.topic,
        before.c.partition == PARKED.c.partition,
        before.c.subject == PARKED.c.subject,
        before.c.id < PARKED.c.id,
    )
    return or_(PARKED.c.state == "parked", ~waits)


def _same_subject(row: ParkedRow) -> tuple[Any, ...]:
    return (
        PARKED.c.topic == row.topic,
        PARKED.c.partition == row.partition,
        PARKED.c.subject == row.subject,
    )


async def _promote(session: Session, gone: ParkedRow) -> None:
    """Make the record that waited longest behind a dropped one the next to be replayed."""
    if gone.subject is None:
        return
    following = (
        await session.execute(
            select(func.min(PARKED.c.id)).where(*_same_subject(gone), PARKED.c.state == "held")
        )
    ).scalar()
    if following is not None:
        await session.execute(update(PARKED).where(PARKED.c.id == following).values(state="parked"))
