"""Taking over where pupils study, and forgetting who they were."""

from collections.abc import Iterable, Sequence

from chassis import persons
from chassis.database import Session
from notifications.register.tables import Pupil, SubjectKey


async def copy_enrolments(session: Session, facts: Iterable[persons.EnrolmentFact]) -> None:
    """Take over where pupils study."""
    await persons.copy_enrolments(session, Pupil, map(persons.enrolment_row, facts))


async def erase(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget these pupils as persons."""
    await persons.erase(session, SubjectKey, pupil_ids)
