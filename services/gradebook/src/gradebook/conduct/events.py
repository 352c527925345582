"""A key that is gone from the log erases the person, and what was remarked about them."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers
from chassis.database import Session
from contracts import topics
from gradebook.conduct import commands

handlers = Handlers()


@handlers.on_tombstone(topics.SUBJECT_KEYS)
async def on_person_erased(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget the remarks; the conduct stays under an id that means nobody."""
    await commands.forget_words(session, pupil_ids)
