"""Taking over where pupils study, and forgetting who they were."""

from collections.abc import Iterable, Sequence

from chassis import persons
from chassis.database import Session
from gradebook.roster.tables import Pupil, SubjectKey


async def copy_enrolments(session: Session, facts: Iterable[persons.EnrolmentFact]) -> None:
    """Take over where pupils study."""
    await persons.copy_enrolments(session, Pupil, map(persons.enrolment_row, facts))


async def erase(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget these pupils as persons; scores stay, under an id that means nobody."""
    await persons.erase(session, SubjectKey, pupil_ids)
