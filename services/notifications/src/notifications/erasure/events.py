"""A tombstone in place of a pupil's key erases the pupil."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers
from chassis.database import Session
from contracts import topics
from notifications.erasure import commands

handlers = Handlers()


@handlers.on_tombstone(topics.SUBJECT_KEYS)
async def on_pupil_erased(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget the pupils."""
    await commands.erase_pupils(session, pupil_ids)
