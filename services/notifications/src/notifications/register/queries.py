"""What other slices may know of schools, classes and pupils."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import structlog
from sqlalchemy import and_, select
from sqlmodel import col

from chassis.database import Session
from chassis.sealing import MasterKeys, SealError, WrappedKey
from contracts.lists import Grade
from notifications.base import among
from notifications.register.tables import Placement, Pupil, School, SchoolClass, SubjectKey

_log = structlog.get_logger("notifications.register")


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


class NameState(NamedTuple):
    """A pupil's name, if it can be read."""

    name: str | None
    erased: bool
    """Nobody will ever read it again; otherwise it may still arrive."""


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


class Names:
    """Opens pupils' names when they are needed; nowhere else do they exist in the clear."""

    def __init__(self, keys: MasterKeys) -> None:
        self._keys = keys

    async def of(self, session: Session, pupil_ids: Collection[str]) -> Mapping[str, NameState]:
        """Give each pupil's name, or why there is none; this never fails."""
        states = dict.fromkeys(pupil_ids, NameState(None, erased=False))
        rows = await session.execute(_PERSONS, {"pupil_ids": list(pupil_ids)})
        for pupil_id, sealed, wrapped_key, key_id in rows:
            if wrapped_key is None or key_id is None:
                states[pupil_id] = NameState(None, erased=True)
            else:
                key = WrappedKey(wrapped_key, key_id)
                states[pupil_id] = NameState(self._open(pupil_id, sealed, key), erased=False)
        return states

    def _open(self, pupil_id: str, sealed: str | None, key: WrappedKey) -> str | None:
        try:
            person = self._keys.open_if_complete(sealed, key, pupil_id)
        except SealError as error:
            _log.warning("a name does not open", pupil=pupil_id, reason=str(error))
            return None
        return None if person is None else person.name


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
_PERSONS = (
    select(
        col(SubjectKey.pupil_id),
        col(Pupil.sealed),
        col(SubjectKey.wrapped_key),
        col(SubjectKey.key_id),
    )
    .join(Pupil, col(Pupil.pupil_id) == col(SubjectKey.pupil_id), isouter=True)
    .where(among(col(SubjectKey.pupil_id), "pupil_ids"))
)
