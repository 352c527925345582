"""Which families the live generation has counted from the log's beginning.

A release that counts more than the one before meets a generation that passed over what it would
have counted: until the log is counted again, those families lack whatever came before. The
generation therefore remembers what it counts, and a release that counts less than it says so, too.
"""

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert

from chassis import clock
from chassis.database import Database, Session
from chassis.health import Health, Part
from ioc_aggregator.measures.families import FAMILIES
from ioc_aggregator.rollups import journal
from ioc_aggregator.rollups.tables import GENERATION

_READ_ANYTHING = text("SELECT EXISTS (SELECT 1 FROM delivery.consumer_position WHERE next > 0)")


async def begin(session: Session) -> None:
    """Note what this release counts, before it folds its first record.

    A generation that has counted nothing yet will have counted all of it; one that has loses what
    this release does not know.
    """
    known = await _known(session)
    if known is None:
        if await session.scalar(_READ_ANYTHING):
            return
        kept = sorted(FAMILIES)
    else:
        kept = sorted(known & FAMILIES.keys())
    if known is None or len(kept) < len(known):
        number = await journal.live_generation(session)
        row = {"number": number, "live": True, "begun_at": clock.now(), "families": kept}
        await session.execute(
            insert(GENERATION)
            .values(row)
            .on_conflict_do_update(index_elements=["number"], set_={"families": kept})
        )


async def lacking(session: Session) -> list[str]:
    """Name the families that lack what came before this release counted them."""
    known = await _known(session)
    if known is None:
        return sorted(FAMILIES) if await session.scalar(_READ_ANYTHING) else []
    return sorted(FAMILIES.keys() - known)


def watch(health: Health, database: Database) -> None:
    """Show in ``/readyz`` what has to be counted again, and how."""

    async def look(part: Part) -> None:
        async with database.reading() as session:
            missing = await lacking(session)
        if missing:
            part.failing(
                f"not counted from the beginning of the log: {', '.join(missing)}",
                mend=f"python -m ioc_aggregator rebuild --accept {','.join(missing)}",
            )
        else:
            part.ok(f"{len(FAMILIES)} families")

    health.probe("families", look, required=False)


async def _known(session: Session) -> set[str] | None:
    families = await session.scalar(select(GENERATION.c.families).where(GENERATION.c.live))
    return None if families is None else set(families)
