"""What other slices may know of schools, classes and pupils."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlmodel import col

from chassis import persons
from chassis.columns import among
from chassis.database import Session
from chassis.sealing import MasterKeys
from contracts.lists import Grade
from notifications.register.tables import (
    Placement,
    PublishedSheet,
    Pupil,
    School,
    SchoolClass,
    SubjectKey,
)


class Enrolment(NamedTuple):
    """Where a pupil studies, or last did."""

    version: int
    school_id: str
    school_year: str
    grade: Grade
    enrolled: bool
    class_id: str | None
    class_name: str | None
    homeroom_teacher_id: str | None


async def enrolments(
    session: Session, pupil_ids: Collection[str], *, hold: bool = False
) -> Mapping[str, Enrolment]:
    """Give where each of the pupils studies, as far as it is known.

    With ``hold`` they are locked: until the transaction ends, no fact moves them.
    """
    parameters = {"pupil_ids": list(pupil_ids)}
    if hold:
        await session.execute(_HELD, parameters)
    rows = await session.execute(_ENROLMENTS, parameters)
    return {row[0]: Enrolment._make(row[1:]) for row in rows}


async def pupils_of_class(session: Session, class_id: str) -> Sequence[str]:
    """Give the pupils who sit in a class."""
    statement = select(col(Placement.pupil_id)).where(col(Placement.class_id) == class_id)
    return (await session.scalars(statement.order_by(col(Placement.pupil_id)))).all()


async def class_of(session: Session, class_id: str) -> tuple[str, str | None] | None:
    """Give the school and the homeroom teacher of a class."""
    found = await session.get(SchoolClass, class_id)
    return None if found is None else (found.school_id, found.homeroom_teacher_id)


async def school_names(session: Session, school_ids: Collection[str]) -> Mapping[str, str]:
    """Give what the schools are called, as far as it is known."""
    statement = select(col(School.school_id), col(School.name)).where(
        among(col(School.school_id), "school_ids")
    )
    return dict((await session.execute(statement, {"school_ids": list(school_ids)})).all())


async def published(session: Session, sheet_ids: Collection[str]) -> frozenset[str]:
    """Give those of the columns that guardians may see."""
    statement = select(col(PublishedSheet.sheet_id)).where(
        among(col(PublishedSheet.sheet_id), "sheet_ids"), col(PublishedSheet.published)
    )
    return frozenset(await session.scalars(statement, {"sheet_ids": list(sheet_ids)}))


class Names(persons.Names):
    """Opens the names of the pupils who are known here."""

    def __init__(self, keys: MasterKeys) -> None:
        """Take what unwraps a pupil's key."""
        super().__init__(keys, Pupil, SubjectKey)


# Always in the order of the ids, so that two transactions cannot wait for each other.
_HELD = (
    select(col(Pupil.pupil_id))
    .where(among(col(Pupil.pupil_id), "pupil_ids"))
    .order_by(col(Pupil.pupil_id))
    .with_for_update(key_share=True)
)
_ENROLMENTS = (
    select(
        col(Pupil.pupil_id),
        col(Pupil.version),
        col(Pupil.school_id),
        col(Pupil.school_year),
        col(Pupil.grade),
        col(Pupil.enrolled),
        col(SchoolClass.class_id),
        col(SchoolClass.name),
        col(SchoolClass.homeroom_teacher_id),
    )
    .join(
        Placement,
        and_(
            col(Placement.pupil_id) == col(Pupil.pupil_id),
            col(Placement.school_year) == col(Pupil.school_year),
        ),
        isouter=True,
    )
    .join(SchoolClass, col(SchoolClass.class_id) == col(Placement.class_id), isouter=True)
    .where(among(col(Pupil.pupil_id), "pupil_ids"))
)
