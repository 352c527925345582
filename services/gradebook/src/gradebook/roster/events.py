"""What the roster takes over by itself; enrolments also move seats, see ``gradebook.seating``."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers
from chassis.copies import keeping
from chassis.database import Session
from contracts import privacy, topics
from contracts.admissions import SchoolRegistered, SchoolYearSet
from gradebook.roster import commands
from gradebook.roster.tables import School, SchoolYear, SubjectKey

handlers = Handlers(
    keeping({SchoolRegistered: School, SchoolYearSet: SchoolYear, privacy.SubjectKey: SubjectKey})
)


@handlers.on_tombstone(topics.SUBJECT_KEYS)
async def on_person_erased(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget the persons."""
    await commands.erase(session, pupil_ids)
