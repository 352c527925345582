"""What other slices may know of schools and pupils."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from chassis import persons
from chassis.columns import among
from chassis.database import Session
from chassis.sealing import MasterKeys
from contracts.lists import Grade, Level, Sex
from gradebook.roster.tables import Pupil, School, SchoolYear, SubjectKey


class Enrolment(NamedTuple):
    """Where a pupil is enrolled now."""

    school_id: str
    school_year: str
    grade: Grade
    enrolled: bool


class KnownSchool(NamedTuple):
    """What the register says of a school."""

    name: str
    levels: frozenset[Level]
    open: bool


class Calendar(NamedTuple):
    """The first and last day of a school year."""

    first_day: date
    last_day: date


async def schools(session: Session, school_ids: Collection[str]) -> Mapping[str, KnownSchool]:
    """Give those of the schools that the register is known to hold."""
    rows = await session.scalars(_SCHOOLS, {"school_ids": list(school_ids)})
    return {row.school_id: KnownSchool(row.name, frozenset(row.levels), row.open) for row in rows}


async def calendar(session: Session, school_year: str) -> Calendar | None:
    """Give the calendar of a school year, if it has come."""
    row = await session.get(SchoolYear, school_year)
    return None if row is None else Calendar(row.first_day, row.last_day)


async def enrolments(
    session: Session, pupil_ids: Collection[str], *, hold: bool = False
) -> Mapping[str, Enrolment]:
    """Give where each pupil is enrolled, if it is known.

    With ``hold`` the pupils are locked: until the transaction ends, no fact moves them and nobody
    else seats them.
    """
    statement = _ENROLMENTS_HELD if hold else _ENROLMENTS
    rows = await session.execute(statement, {"pupil_ids": list(pupil_ids)})
    return {
        pupil_id: Enrolment(school_id, school_year, grade, enrolled)
        for pupil_id, school_id, school_year, grade, enrolled in rows
    }


class Counted(NamedTuple):
    """What selects the cells in which a pupil's results are counted."""

    sex: Sex
    ethnic_minority: bool
    birth_year: int | None


async def counted_as(session: Session, pupil_ids: Collection[str]) -> Mapping[str, Counted]:
    """Give how each pupil is counted; what admissions has not said is `other`, and no minority."""
    statement = select(
        col(Pupil.pupil_id), col(Pupil.sex), col(Pupil.ethnic_minority), col(Pupil.birth_year)
    ).where(among(col(Pupil.pupil_id), "pupil_ids"))
    known = {
        pupil_id: Counted(sex or Sex.OTHER, bool(minority), birth_year)
        for pupil_id, sex, minority, birth_year in await session.execute(
            statement, {"pupil_ids": list(pupil_ids)}
        )
    }
    nobody = Counted(Sex.OTHER, ethnic_minority=False, birth_year=None)
    return {pupil_id: known.get(pupil_id, nobody) for pupil_id in pupil_ids}


async def pupils_of(
    session: Session, school_id: str, school_year: str, grade: Grade | None
) -> Mapping[str, Grade]:
    """Give the pupils enrolled at a school in a school year, with their grades."""
    statement = select(col(Pupil.pupil_id), col(Pupil.grade)).where(
        col(Pupil.school_id) == school_id,
        col(Pupil.school_year) == school_year,
        col(Pupil.enrolled),
    )
    if grade is not None:
        statement = statement.where(col(Pupil.grade) == grade)
    return dict((await session.execute(statement)).all())


class Names(persons.Names):
    """Opens the names of the pupils who are known here."""

    def __init__(self, keys: MasterKeys) -> None:
        """Take what unwraps a pupil's key."""
        super().__init__(keys, Pupil, SubjectKey)


_SCHOOLS = select(School).where(among(col(School.school_id), "school_ids"))
_ENROLMENTS = select(
    col(Pupil.pupil_id),
    col(Pupil.school_id),
    col(Pupil.school_year),
    col(Pupil.grade),
    col(Pupil.enrolled),
).where(among(col(Pupil.pupil_id), "pupil_ids"))
# Always in the order of the ids, so that two transactions cannot wait for each other.
_ENROLMENTS_HELD = _ENROLMENTS.order_by(col(Pupil.pupil_id)).with_for_update(key_share=True)
