"""Reading and writing the feed's entries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import insert, select, text

from chassis import clock
from chassis.database import Session
from chassis.outbox import Emitted
from contracts import envelope
from contracts.statistics import IndicatorChanged
from ioc_aggregator.feed.tables import FEED, FEED_START

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('ioc.feed', 0))")

_HEAD = text("SELECT coalesce(max(number), 0) FROM feed")

_LATEST = text(
    "SELECT DISTINCT ON (cell) number, partition, sequence, data, hidden FROM feed "
    "WHERE number > :after ORDER BY cell, number DESC"
)

_TRIM = text(
    "DELETE FROM feed f WHERE f.number <= :upto "
    "AND EXISTS (SELECT 1 FROM feed later WHERE later.cell = f.cell AND later.number > f.number)"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, and whether the public may see its value."""

    number: int
    sequence: int
    attributes: str
    data: str
    hidden: bool

    @property
    def unit_id(self) -> str:
        """The place whose number this is."""
        return _PLACE.decode(self.data).unit_id

    def document(self, *, full: bool) -> bytes:
        """Give the event's document: the bytes that stand on Kafka, or with the value withheld."""
        data = self.data if full or not self.hidden else withheld(self.data)
        return envelope.render(self.attributes, data, self.sequence)


def withheld(data: str) -> str:
    """Give an entry's data without the value."""
    event = IndicatorChanged.read(data)
    return event.model_copy(update={"numerator": None, "denominator": None}).data_json()


class Written(msgspec.Struct, gc=False):
    """What a writer must know of an entry that another one wrote."""

    indicator: str
    version: int
    period: str
    dims: dict[str, str]
    unit_kind: str
    unit_id: str
    numerator: int | None
    denominator: int | None
    schools_reported: int
    schools_expected: int
    retracted: bool


_WRITTEN = msgspec.json.Decoder(Written)


class _Place(msgspec.Struct, gc=False):
    unit_id: str


_PLACE = msgspec.json.Decoder(_Place)


async def lock(session: Session) -> bool:
    """Become the only writer until the end of the transaction; False when another one is."""
    return bool(await session.scalar(_LOCK))


async def head(session: Session) -> int:
    """Give the latest N; 0 before the first entry."""
    return int(await session.scalar(_HEAD) or 0)


async def start(session: Session) -> int:
    """Give the number after which every entry is still there."""
    return int(await session.scalar(select(FEED_START.c.after)) or 0)


async def latest(session: Session, after: int) -> list[tuple[Any, Written]]:
    """Give the latest entry of each cell that has one after ``after``."""
    rows = (await session.execute(_LATEST, {"after": after})).all()
    return [(row, _WRITTEN.decode(row.data)) for row in rows]


async def page(session: Session, after: int, limit: int) -> list[Entry]:
    """Give up to ``limit`` entries after ``after``, in order."""
    rows = await session.execute(
        select(FEED.c.number, FEED.c.sequence, FEED.c.attributes, FEED.c.data, FEED.c.hidden)
        .where(FEED.c.number > after)
        .order_by(FEED.c.number)
        .limit(limit)
    )
    return [Entry(*row) for row in rows]


async def write(
    session: Session,
    events: Sequence[IndicatorChanged],
    emitted: Sequence[Emitted],
    sequences: Sequence[int],
    hidden: Sequence[bool],
) -> None:
    """Store entries beside the outbox rows that carry the same texts."""
    moment = clock.now()
    rows = [
        {
            "number": event.number,
            "cell": event.cell,
            "partition": row.partition,
            "sequence": sequence,
            "attributes": row.attributes,
            "data": row.data,
            "hidden": withhold,
            "written_at": moment,
        }
        for event, row, sequence, withhold in zip(events, emitted, sequences, hidden, strict=True)
    ]
    await session.execute(insert(FEED), rows)


async def trim(session: Session, upto: int) -> None:
    """Forget the entries up to a number that a later one of the same cell has replaced."""
    await session.execute(_TRIM, {"upto": upto})
    await session.execute(FEED_START.delete())
    await session.execute(FEED_START.insert().values(after=upto))
