"""Enrolment moves seats: who is transferred or withdrawn leaves the class, and its sheets."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers, Received
from chassis.database import Session
from contracts.admissions import StudentEnrolled, StudentTransferred, StudentWithdrawn
from gradebook.classes import seats
from gradebook.roster import commands as roster
from gradebook.scores import sheets

handlers = Handlers()


@handlers.on(StudentEnrolled, StudentTransferred, StudentWithdrawn)
async def on_enrolment(
    session: Session,
    received: Sequence[Received[StudentEnrolled | StudentTransferred | StudentWithdrawn]],
) -> None:
    """Copy where the pupils study, then let those go whose seat no longer fits."""
    facts = [one.event for one in received]
    await roster.copy_enrolments(session, facts)
    left = await seats.release(session, {fact.pupil_id for fact in facts})
    if left.changed:
        await sheets.recount(session, left.changed)
