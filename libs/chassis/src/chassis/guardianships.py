"""Copied guardianships: whose guardian somebody is, as notifications say, for those who must know.

A guardian's token proves who they are and nothing else; which pupils are theirs the service finds
in its own copy.
"""

from collections.abc import Sequence

from sqlalchemy import select
from sqlmodel import Field, SQLModel, col

from chassis.auth import Principal, Role
from chassis.columns import Id
from chassis.consuming.handlers import Handlers, Received
from chassis.copies import write_newer
from chassis.database import Session
from contracts.notifications import GuardianLinked, GuardianUnlinked

GUARDIAN_OF = "guardian-of"
"""The relation to a pupil, and to what is a pupil's: the asker is their guardian."""


class GuardianshipCopy(SQLModel):
    """Whether somebody is a pupil's guardian, by the newest fact about the two."""

    guardian_id: str = Field(primary_key=True, sa_type=Id)
    pupil_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    active: bool


def keeping_guardianships(copy: type[GuardianshipCopy]) -> Handlers:
    """Take the facts over into the copy."""
    handlers = Handlers()

    @handlers.on(GuardianLinked, GuardianUnlinked)
    async def take_over(
        session: Session, received: Sequence[Received[GuardianLinked | GuardianUnlinked]]
    ) -> None:
        facts = [one.event for one in received]
        rows = [
            {
                "guardian_id": fact.guardian_id,
                "pupil_id": fact.pupil_id,
                "version": fact.version,
                "active": isinstance(fact, GuardianLinked),
            }
            for fact in facts
        ]
        await write_newer(session, copy, rows)

    return handlers


async def relations_to_pupil(
    session: Session, copy: type[GuardianshipCopy], principal: Principal, pupil_id: str
) -> frozenset[str]:
    """Give the relation of whoever asks as a guardian to a pupil, if it is theirs."""
    if Role.GUARDIAN not in principal.roles:
        return frozenset()
    statement = select(col(copy.guardian_id)).where(
        col(copy.pupil_id) == pupil_id, col(copy.active)
    )
    # Compared as texts: a subject is whatever the identity provider calls somebody.
    guardians = set(await session.scalars(statement))
    return frozenset({GUARDIAN_OF}) if principal.subject in guardians else frozenset()
