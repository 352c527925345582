"""What other slices may know of schools, classes and pupils."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import col

from chassis import persons
from chassis.database import Session
from chassis.sealing import MasterKeys
from contracts.lists import Grade, Ownership
from payments.register.domain import reference_of
from payments.register.tables import (
    Placement,
    Pupil,
    School,
    SchoolClass,
    SchoolYear,
    SubjectKey,
)


class KnownPupil(NamedTuple):
    """Where a pupil is enrolled, and the reference by which money finds them."""

    pupil_id: str
    school_id: str
    school_year: str
    grade: Grade
    enrolled: bool
    reference: str


class KnownSchool(NamedTuple):
    """What the register says of a school."""

    name: str
    ownership: Ownership
    open: bool


class ClassRoom(NamedTuple):
    """A class."""

    class_id: str
    school_id: str
    school_year: str
    name: str


class Calendar(NamedTuple):
    """The first and last day of a school year."""

    first_day: date
    last_day: date


async def school(session: Session, school_id: str) -> KnownSchool | None:
    """Give a school, if the register is known to hold it."""
    row = await session.get(School, school_id)
    return None if row is None else KnownSchool(row.name, row.ownership, row.open)


async def calendar(session: Session, school_year: str) -> Calendar | None:
    """Give the calendar of a school year, if it has come."""
    row = await session.get(SchoolYear, school_year)
    return None if row is None else Calendar(row.first_day, row.last_day)


async def room(session: Session, class_id: str) -> ClassRoom | None:
    """Give a class, if it is known."""
    row = await session.get(SchoolClass, class_id)
    if row is None:
        return None
    return ClassRoom(row.class_id, row.school_id, row.school_year, row.name)


async def seated(session: Session, class_id: str) -> Sequence[str]:
    """Give the pupils who sit in a class now."""
    statement = select(col(Placement.pupil_id)).where(col(Placement.class_id) == class_id)
    return (await session.scalars(statement)).all()


async def pupils(
    session: Session, pupil_ids: Collection[str], *, hold: bool = False
) -> Mapping[str, KnownPupil]:
    """Give those of the pupils who are known.

    With ``hold`` they are locked: until the transaction ends nobody else changes what they owe.
    """
    statement = select(
        col(Pupil.pupil_id),
        col(Pupil.school_id),
        col(Pupil.school_year),
        col(Pupil.grade),
        col(Pupil.enrolled),
        col(Pupil.reference),
    ).where(col(Pupil.pupil_id).in_(pupil_ids))
    if hold:
        # Always in the order of the ids, so that two transactions cannot wait for each other.
        statement = statement.order_by(col(Pupil.pupil_id)).with_for_update(key_share=True)
    rows = (await session.execute(statement)).all()
    return {row.pupil_id: KnownPupil(*row) for row in rows}


def reference(of_id: str) -> str:
    """Give the reference of whatever has this id: a pupil, or one request for payment."""
    return reference_of(of_id)


async def by_reference(session: Session, written: str) -> str | None:
    """Give the pupil whose reference somebody wrote, if there is one."""
    statement = select(col(Pupil.pupil_id)).where(col(Pupil.reference) == written)
    return (await session.scalars(statement)).one_or_none()


class Names(persons.Names):
    """Opens the names of the pupils who are known here."""

    def __init__(self, keys: MasterKeys) -> None:
        """Take what unwraps a pupil's key."""
        super().__init__(keys, Pupil, SubjectKey)
