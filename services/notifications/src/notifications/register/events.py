"""What is taken over from admissions and gradebook; erasure is in ``notifications.erasure``."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers, Received
from chassis.database import Session
from contracts.admissions import (
    SchoolRegistered,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from contracts.gradebook import ClassOpened, PupilPlaced
from contracts.privacy import SubjectKey
from notifications.register import commands

handlers = Handlers()


@handlers.on(SchoolRegistered)
async def on_school_registered(
    session: Session, received: Sequence[Received[SchoolRegistered]]
) -> None:
    """Know the school, or know it anew."""
    await commands.copy_schools(session, [one.event for one in received])


@handlers.on(ClassOpened)
async def on_class_opened(session: Session, received: Sequence[Received[ClassOpened]]) -> None:
    """Know the class and its homeroom teacher."""
    await commands.copy_classes(session, [one.event for one in received])


@handlers.on(PupilPlaced)
async def on_pupil_placed(session: Session, received: Sequence[Received[PupilPlaced]]) -> None:
    """Know who sits where."""
    await commands.copy_placements(session, [one.event for one in received])


@handlers.on(StudentEnrolled, StudentTransferred, StudentWithdrawn)
async def on_enrolment(
    session: Session,
    received: Sequence[Received[StudentEnrolled | StudentTransferred | StudentWithdrawn]],
) -> None:
    """Know where the pupil studies."""
    await commands.copy_enrolments(session, [one.event for one in received])


@handlers.on(SubjectKey)
async def on_subject_key(session: Session, received: Sequence[Received[SubjectKey]]) -> None:
    """Be able to open a pupil's name, whether or not the pupil is known yet."""
    await commands.copy_keys(session, [one.event for one in received])
