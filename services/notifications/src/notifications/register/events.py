"""What is taken over from admissions and gradebook; erasure is in ``notifications.erasure``."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers, Received
from chassis.copies import keeping
from chassis.database import Session
from contracts import privacy
from contracts.admissions import (
    SchoolRegistered,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from contracts.gradebook import ClassOpened, PupilPlaced, ScoresPublished
from notifications.register import commands
from notifications.register.tables import (
    Placement,
    PublishedSheet,
    School,
    SchoolClass,
    SubjectKey,
)

handlers = Handlers(
    keeping(
        {
            SchoolRegistered: School,
            ClassOpened: SchoolClass,
            PupilPlaced: Placement,
            ScoresPublished: PublishedSheet,
            privacy.SubjectKey: SubjectKey,
        }
    )
)


@handlers.on(StudentEnrolled, StudentTransferred, StudentWithdrawn)
async def on_enrolment(
    session: Session,
    received: Sequence[Received[StudentEnrolled | StudentTransferred | StudentWithdrawn]],
) -> None:
    """Know where the pupil studies."""
    await commands.copy_enrolments(session, [one.event for one in received])
