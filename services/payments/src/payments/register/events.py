"""What is taken over from admissions and gradebook; erasure is in ``payments.erasure``."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers, Received
from chassis.copies import keeping
from chassis.database import Session
from contracts import privacy
from contracts.admissions import (
    SchoolRegistered,
    SchoolYearSet,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from contracts.gradebook import ClassOpened, PupilPlaced
from payments.register import commands
from payments.register.tables import Placement, School, SchoolClass, SchoolYear, SubjectKey

handlers = Handlers(
    keeping(
        {
            SchoolRegistered: School,
            SchoolYearSet: SchoolYear,
            ClassOpened: SchoolClass,
            PupilPlaced: Placement,
            privacy.SubjectKey: SubjectKey,
        }
    )
)


@handlers.on(StudentEnrolled, StudentTransferred, StudentWithdrawn)
async def on_enrolment(
    session: Session,
    received: Sequence[Received[StudentEnrolled | StudentTransferred | StudentWithdrawn]],
) -> None:
    """Know where the pupil studies. What is owed stays owed, to the school that is owed."""
    await commands.copy_enrolments(session, [one.event for one in received])
