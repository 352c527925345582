"""What the roster takes over by itself; enrolments also move seats, see ``gradebook.seating``."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers, Received
from chassis.database import Session
from contracts import topics
from contracts.admissions import SchoolRegistered, SchoolYearSet
from contracts.privacy import SubjectKey
from gradebook.roster import commands

handlers = Handlers()


@handlers.on(SchoolRegistered)
async def on_school_registered(
    session: Session, received: Sequence[Received[SchoolRegistered]]
) -> None:
    """Know the school, or know it anew."""
    await commands.copy_schools(session, [one.event for one in received])


@handlers.on(SchoolYearSet)
async def on_school_year_set(session: Session, received: Sequence[Received[SchoolYearSet]]) -> None:
    """Know the calendar."""
    await commands.copy_school_years(session, [one.event for one in received])


@handlers.on(SubjectKey)
async def on_subject_key(session: Session, received: Sequence[Received[SubjectKey]]) -> None:
    """Be able to open a pupil's name, whether or not the pupil is known yet."""
    await commands.copy_keys(session, [one.event for one in received])


@handlers.on_tombstone(topics.SUBJECT_KEYS)
async def on_person_erased(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget the persons."""
    await commands.erase(session, pupil_ids)
