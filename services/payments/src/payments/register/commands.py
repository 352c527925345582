"""Taking over where pupils study, and forgetting who they were."""

from collections.abc import Iterable, Sequence

from chassis import persons
from chassis.database import Session
from payments.register.domain import reference_of
from payments.register.tables import Pupil, SubjectKey


async def copy_enrolments(session: Session, facts: Iterable[persons.EnrolmentFact]) -> None:
    """Take over where pupils study."""
    await persons.copy_enrolments(session, Pupil, [_row(fact) for fact in facts])


async def erase(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget these pupils as persons; the ledger stays, under an id that means nobody."""
    await persons.erase(session, SubjectKey, pupil_ids)


def _row(fact: persons.EnrolmentFact) -> dict[str, object]:
    return persons.enrolment_row(fact) | {"reference": reference_of(fact.pupil_id)}
