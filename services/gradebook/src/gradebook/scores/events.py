"""A key that is gone from the log erases the person, and what people wrote about them."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers
from chassis.database import Session
from contracts import topics
from gradebook.scores import commands

handlers = Handlers()


@handlers.on_tombstone(topics.SUBJECT_KEYS)
async def on_person_erased(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget why scores were corrected, in words; that they were, and the code, stays."""
    await commands.forget_words(session, pupil_ids)
