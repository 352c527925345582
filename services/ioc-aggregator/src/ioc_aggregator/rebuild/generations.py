"""Generations beside the live one: begun, kept, made live, and left, each in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import func, insert, select, text

from chassis import clock
from chassis.consuming import store
from chassis.consuming.decisions import Interval, SourceState
from chassis.database import Session
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rollups import ends, journal
from ioc_aggregator.rollups.state import Lane
from ioc_aggregator.rollups.tables import GENERATION

Sources: TypeAlias = dict[Lane, dict[str, SourceState]]
"""How far each source was read in each lane, and what is missing behind it."""

_DAYS_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('ioc.days', 0))")
_POSITIONS = text(
    "SELECT topic, partition, next FROM delivery.consumer_position ORDER BY 1, 2 FOR UPDATE"
)
_SEND_BACK = text(
    "UPDATE delivery.consumer_position SET next = :next "
    "WHERE topic = :topic AND partition = :partition"
)
_FORGET_PARKED = text(
    "DELETE FROM delivery.parked WHERE topic = :topic AND partition = :partition "
    'AND "offset" >= :next'
)


class NoGenerationError(Exception):
    """There is none to go on with, or to go back to."""


async def candidate(session: Session) -> tuple[int, Sources]:
    """Give the generation that is being counted, and how far its sources have come."""
    live = await journal.live_generation(session)
    row = (
        await session.execute(
            select(GENERATION.c.number, GENERATION.c.sources, GENERATION.c.families)
            .where(GENERATION.c.number > live)
            .order_by(GENERATION.c.number.desc())
        )
    ).first()
    if row is not None and row.families == sorted(FAMILIES):
        return row.number, _read(row.sources or {})
    if row is not None:
        # What another release began lacks what this one counts, or the reverse: it is begun anew.
        await give_up(session)
    highest = await session.scalar(select(func.max(GENERATION.c.number)))
    number = max(highest or 0, live) + 1
    await session.execute(
        insert(GENERATION).values(
            number=number, live=False, begun_at=clock.now(), families=sorted(FAMILIES)
        )
    )
    return number, {}


async def give_up(session: Session) -> None:
    """Forget whatever is being counted beside the live generation."""
    live = await journal.live_generation(session)
    kept = list(
        await session.scalars(select(GENERATION.c.number).where(GENERATION.c.number < live))
    )
    await _keep(session, [*kept, live])


async def remember(session: Session, number: int, sources: Sources) -> None:
    """Write down how far the sources of a generation that is not live have come."""
    await session.execute(
        GENERATION.update().where(GENERATION.c.number == number).values(sources=_written(sources))
    )


async def hold(session: Session) -> dict[Lane, int]:
    """Let nobody count, or end a day, until the transaction is over; give the positions."""
    await session.execute(_DAYS_LOCK)
    rows = await session.execute(_POSITIONS)
    return {(row.topic, row.partition): row.next for row in rows}


async def switch(session: Session, number: int, sources: Sources) -> None:
    """Make a generation live that stands where the live one does; that one stays behind it."""
    live = await journal.live_generation(session)
    lanes = await store.positions(session)
    left = {lane: one.sources for lane, one in (await store.load(session, lanes)).items()}
    await _point(session, live, number)
    await remember(session, live, left)
    await _replace_sources(session, sources)
    await _keep(session, [live, number])


async def back(session: Session, vector: Mapping[Lane, int]) -> int:
    """Make the generation before live again, as it was left at ``vector``; return its number.

    What was counted since is read again from the log: the positions go back, so a consumer that
    runs is fenced and seeks.
    """
    live = await journal.live_generation(session)
    number, sources = await previous(session)
    await hold(session)
    for (topic, partition), position in vector.items():
        lane = {"topic": topic, "partition": partition, "next": position}
        await session.execute(_SEND_BACK, lane)
        await session.execute(_FORGET_PARKED, lane)
    await _point(session, live, number)
    await _replace_sources(session, sources)
    await _keep(session, [number])
    return number


async def previous(session: Session) -> tuple[int, Sources]:
    """Give the generation before the live one, and how far its sources had come."""
    live = await journal.live_generation(session)
    row = (
        await session.execute(
            select(GENERATION.c.number, GENERATION.c.sources)
            .where(GENERATION.c.number < live, GENERATION.c.sources.is_not(None))
            .order_by(GENERATION.c.number.desc())
        )
    ).first()
    if row is None:
        raise NoGenerationError("there is no generation to go back to")
    return row.number, _read(row.sources)


async def _point(session: Session, old: int, new: int) -> None:
    await session.execute(GENERATION.update().values(live=False))
    known = set(await session.scalars(select(GENERATION.c.number)))
    rows = [
        {"number": number, "live": False, "begun_at": clock.now()} for number in {old, new} - known
    ]
    if rows:  # the first generation has no row until there is a second
        await session.execute(insert(GENERATION), rows)
    await session.execute(
        GENERATION.update().where(GENERATION.c.number == new).values(live=True, sources=None)
    )


async def _keep(session: Session, numbers: Sequence[int]) -> None:
    await journal.forget(session, but=numbers)
    await ends.forget(session, but=numbers)
    await session.execute(GENERATION.delete().where(GENERATION.c.number.not_in(numbers)))


async def _replace_sources(session: Session, sources: Sources) -> None:
    for table in ("source_sequence", "sequence_gap"):
        await session.execute(text(f"DELETE FROM delivery.{table}"))  # noqa: S608 - of two names
    await store.save_sources(session, sources)


def _written(sources: Sources) -> dict[str, dict[str, dict[str, Any]]]:
    document: dict[str, dict[str, dict[str, Any]]] = {}
    for (topic, partition), states in sources.items():
        document.setdefault(topic, {})[str(partition)] = {
            source: [state.last, [[gap.first, gap.last] for gap in state.gaps]]
            for source, state in states.items()
        }
    return document


def _read(document: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Sources:
    return {
        (topic, int(partition)): {
            source: SourceState(last, tuple(Interval(*gap) for gap in gaps))
            for source, (last, gaps) in states.items()
        }
        for topic, partitions in document.items()
        for partition, states in partitions.items()
    }
