"""Taking over where pupils study, and forgetting who they were."""

from collections.abc import Iterable, Mapping, Sequence

from chassis import persons
from chassis.database import Session
from contracts.admissions import (
    PupilCell,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from gradebook.roster.tables import Pupil, SubjectKey


async def copy_enrolments(session: Session, facts: Iterable[persons.EnrolmentFact]) -> None:
    """Take over where pupils study, and what selects the cells in which they are counted."""
    await persons.copy_enrolments(session, Pupil, map(_row, facts))


def _row(fact: persons.EnrolmentFact) -> Mapping[str, object]:
    cell: StudentEnrolled | PupilCell
    match fact:
        case StudentEnrolled():
            cell = fact
        case StudentTransferred():
            cell = fact.after
        case StudentWithdrawn():
            cell = fact.before
    return persons.enrolment_row(fact) | {
        "sex": cell.sex,
        "ethnic_minority": cell.ethnic_minority,
        "birth_year": cell.birth_year,
    }


async def erase(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget these pupils as persons; scores stay, under an id that means nobody."""
    await persons.erase(session, SubjectKey, pupil_ids)
