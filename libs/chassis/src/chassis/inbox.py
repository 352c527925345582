"""Once per (consumer, event): the guard in front of side effects that a position cannot undo."""

from sqlalchemy.dialects.postgresql import insert

from chassis import clock
from chassis.database import Session
from chassis.tables import INBOX
from contracts.envelope import Envelope


async def claim(session: Session, consumer: str, event: Envelope) -> bool:
    """Take ``event`` for ``consumer``; False when it was taken before.

    The row is inserted first and the primary key decides ("check, then insert" would race); it
    commits or rolls back with the effect, so a failed effect may be tried again.
    """
    statement = (
        insert(INBOX)
        .values(consumer=consumer, source=event.source, event_id=event.id, received=clock.now())
        .on_conflict_do_nothing()
        .returning(INBOX.c.event_id)
    )
    return (await session.execute(statement)).first() is not None
