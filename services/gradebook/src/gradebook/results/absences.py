"""The one door to on how many days pupils were absent.

Roll-calls know it. Of a pupil of whom no roll was ever called, what the homeroom teacher wrote down
term by term holds.
"""

from collections.abc import Mapping

from chassis.database import Session
from gradebook.attendance import queries as attendance
from gradebook.conduct import queries as conducts


async def counted(
    session: Session, written: Mapping[str, conducts.OfYear], school_year: str
) -> Mapping[str, int | None]:
    """Give the absences of the year, with leave or without; None: not counted yet.

    Of the pupils in ``written``, which is what the homeroom teacher wrote of them.
    """
    called = await attendance.absences_of(session, written, school_year)
    return {pupil: called.get(pupil, of_year.absences) for pupil, of_year in written.items()}
