"""A key that is gone from the log erases the person; what is owed stays, without a name."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers
from chassis.database import Session
from contracts import topics
from payments.fees import commands as fees
from payments.receipts import commands as receipts
from payments.register import commands as register

handlers = Handlers()


@handlers.on_tombstone(topics.SUBJECT_KEYS)
async def on_person_erased(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget the persons, and the words in which people wrote about them."""
    await register.erase(session, pupil_ids)
    await fees.forget_words(session, pupil_ids)
    await receipts.forget_words(session, pupil_ids)
