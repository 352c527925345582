"""Where business days end: position vectors, the same for every generation.

A generation that is counted later is cut at the same places, so its days change the same cells.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta

import msgspec
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis import clock
from chassis.consuming.records import Slice
from chassis.database import Session
from ioc_aggregator.measures.cells import Delta
from ioc_aggregator.measures.facts import DayEnd, Fact, WatermarkFact
from ioc_aggregator.rollups import codec
from ioc_aggregator.rollups.state import Content, Lane
from ioc_aggregator.rollups.tables import DAY_CHANGE, DAY_END

FACTS = ""
"""The name under which a day's facts stand; there for every day whose change is known."""


class WholeError(Exception):
    """A day ended within a slice whose records are no longer apart."""


def midnight(day: date) -> datetime:
    """Give the moment at which a business day is over."""
    return datetime.combine(day + timedelta(days=1), time(), clock.BUSINESS_ZONE)


def lanes(end: DayEnd | None) -> dict[Lane, int]:
    """Give a day's end lane by lane; before the first day, the beginning of each."""
    return {
        (topic, partition): position
        for topic, partitions in (end.positions if end else {}).items()
        for partition, position in partitions.items()
    }


def cut(part: Slice, ends: Sequence[DayEnd]) -> Iterator[Slice]:
    """Divide a slice where days ended in it, so that no entry belongs to two days.

    Raises:
        WholeError: it was counted as a whole; then it has to come again, record by record.
    """
    topic, partition = part.lane
    positions = {end.positions.get(topic, {}).get(partition, 0) for end in ends}
    borders = sorted(border for border in positions if part.first < border < part.next)
    if not borders:
        yield part
        return
    if part.prepared is not None:
        raise WholeError(f"{topic}/{partition}: a day ends at {borders[0]}")
    rest, first = part.records, part.first
    for border in borders:
        before = [record for record in rest if record.offset < border]
        yield Slice(part.topic, partition, first, border, before)
        rest, first = rest[len(before) :], border
    yield Slice(part.topic, partition, first, part.next, rest)


async def read(session: Session) -> list[DayEnd]:
    """Give every end that is known, in the order of the days."""
    rows = (await session.execute(select(DAY_END).order_by(DAY_END.c.day))).mappings()
    return [
        msgspec.convert({str(name): value for name, value in row.items()}, DayEnd, str_keys=True)
        for row in rows
    ]


async def settled(session: Session, generation: int) -> list[DayEnd]:
    """Give the ends of the days whose changes this generation knows."""
    known = select(DAY_CHANGE.c.day).where(
        DAY_CHANGE.c.generation == generation, DAY_CHANGE.c.family == FACTS
    )
    days = set(await session.scalars(known.distinct()))
    return [end for end in await read(session) if end.day in days]


async def learn(
    session: Session, ends: Sequence[DayEnd], *, generation: int = 0, replayed: int = 0
) -> None:
    """Write ends down; one that stands already does not change."""
    for end in ends:
        row = msgspec.to_builtins(end, str_keys=True) | {"day": end.day, "ended_at": end.ended_at}
        row |= {"generation": generation, "replayed": replayed}
        await session.execute(upsert(DAY_END).values(row).on_conflict_do_nothing())


async def settle(
    session: Session, generation: int, day: date, blobs: Mapping[str, Sequence[bytes]]
) -> None:
    """Write down what a day changed, by family; that it is known stands with its facts."""
    named = {FACTS: [codec.encode(Delta())], **blobs}
    rows = [
        {"generation": generation, "day": day, "family": family, "part": part, "blob": blob}
        for family, parts in named.items()
        for part, blob in enumerate(parts)
    ]
    await session.execute(insert(DAY_CHANGE), rows)


def by_family(content: Content) -> dict[str, list[bytes]]:
    """Write a content down; watermarks are of no use once their day has ended."""
    facts: list[Fact] = [fact for fact in content.facts if not isinstance(fact, WatermarkFact)]
    blobs = {FACTS: [codec.encode(Delta(facts=facts))]}
    blobs[FACTS] += [codec.encode(Delta(foreign=foreign)) for foreign in content.foreign]
    for copy in content.copies:
        parts = [Delta({copy.family.name: change}) for change in copy.changes() if len(change)]
        if parts:
            blobs[copy.family.name] = [codec.encode(part) for part in parts]
    return blobs


async def needed_from(session: Session, generation: int) -> dict[Lane, int] | None:
    """Give the vector from which on the journal is still to be summed up by days.

    None where no day has ended yet: the first one takes everything that is counted by then.
    """
    if not await session.scalar(select(DAY_END.c.day).limit(1)):
        return None
    known = await settled(session, generation)
    return lanes(known[-1] if known else None)


async def forget(session: Session, *, but: Collection[int] = ()) -> None:
    """Forget what days changed in all generations but these; where they ended stays."""
    await session.execute(DAY_CHANGE.delete().where(DAY_CHANGE.c.generation.not_in(but)))
