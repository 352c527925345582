"""What other slices may know of guardians."""

from chassis.auth import Principal
from chassis.database import Session
from chassis.guardianships import relations_to_pupil
from gradebook.guardians.tables import Guardianship


async def relations(session: Session, principal: Principal, pupil_id: str) -> frozenset[str]:
    """Give the relation of a guardian to a pupil; nothing to whoever is none."""
    return await relations_to_pupil(session, Guardianship, principal, pupil_id)
