"""Once per (consumer, event): the guard in front of side effects that a position cannot undo."""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from chassis import clock
from chassis.database import Session
from chassis.tables import INBOX
from contracts.envelope import Attributes


async def claim(session: Session, consumer: str, event: Attributes) -> bool:
    """Take ``event`` for ``consumer``; False when it was taken before.

    The row is inserted first and the primary key decides ("check, then insert" would race); it
    commits or rolls back with the effect, so a failed effect may be tried again.
    """
    return bool(await claim_all(session, consumer, [event]))


async def claim_all(session: Session, consumer: str, events: Sequence[Attributes]) -> set[str]:
    """Take all of ``events`` for ``consumer`` at once; return the ids that were not taken before.

    An event that stands twice in ``events`` is taken once.
    """
    statement = insert(INBOX).on_conflict_do_nothing().returning(INBOX.c.event_id)
    moment = clock.now()
    rows = [
        {"consumer": consumer, "source": source, "event_id": event_id, "received": moment}
        # In one order everywhere, so that two transactions cannot wait for each other.
        for source, event_id in sorted({(event.source, event.id) for event in events})
    ]
    return set((await session.execute(statement, rows)).scalars()) if rows else set()
