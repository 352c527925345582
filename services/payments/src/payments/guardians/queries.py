"""What other slices may know of guardians."""

from chassis.auth import Principal
from chassis.database import Session
from chassis.guardianships import relations_to_pupil
from payments.guardians.tables import Guardianship


async def relations(
    session: Session, principal: Principal, pupil_id: str | None, school_id: str | None
) -> frozenset[str]:
    """Give all relations to what a pupil owes a school: of who works there, and of guardians."""
    at_school = principal.relations_to_school(school_id) if school_id else frozenset[str]()
    if pupil_id is None:
        return at_school
    return at_school | await relations_to_pupil(session, Guardianship, principal, pupil_id)
