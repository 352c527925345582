"""The one door to on how many days pupils were absent.

Roll-calls know it. Of a pupil of whom no roll was ever called, what the homeroom teacher wrote down
term by term holds.
"""

from collections.abc import Collection, Mapping

from chassis.database import Session
from gradebook.attendance import queries as attendance
from gradebook.conduct import queries as conducts


async def counted(
    session: Session, pupil_ids: Collection[str], school_year: str
) -> Mapping[str, int | None]:
    """Give the absences of the year, with leave or without; None: not counted yet."""
    called = await attendance.absences_of(session, pupil_ids, school_year)
    written = await conducts.of_pupils(session, pupil_ids, school_year)
    return {pupil: called.get(pupil, written[pupil].absences) for pupil in pupil_ids}
