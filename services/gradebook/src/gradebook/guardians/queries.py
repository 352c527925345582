"""What other slices may know of guardians."""

from collections.abc import Collection

from sqlalchemy import select
from sqlmodel import col

from chassis.auth import Principal
from chassis.database import Session
from chassis.guardianships import relations_to_pupil
from gradebook.guardians.tables import Guardianship
from gradebook.policy import person


async def relations(session: Session, principal: Principal, pupil_id: str) -> frozenset[str]:
    """Give the relation of a guardian to a pupil; nothing to whoever is none."""
    return await relations_to_pupil(session, Guardianship, principal, pupil_id)


async def children(session: Session, principal: Principal) -> Collection[str]:
    """Give the pupils whose guardian somebody is; nobody's, where the account is no person's."""
    me = person(principal)
    if me is None:
        return ()
    statement = select(col(Guardianship.pupil_id)).where(
        col(Guardianship.guardian_id) == me, col(Guardianship.active)
    )
    return (await session.scalars(statement)).all()
