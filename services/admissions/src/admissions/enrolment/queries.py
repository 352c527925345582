"""What is read of the pupils; the slice's public door. Names are opened here and nowhere else."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ARRAY, Text, any_, func, literal, select
from sqlmodel import col

from admissions.base import UUID
from admissions.enrolment.domain import Pupil, State
from admissions.enrolment.tables import PupilRow, StepRow, SubjectKeyRow
from chassis.database import Session
from chassis.sealing import MasterKeys, SealedPerson, WrappedKey
from contracts.admissions import PupilCell
from contracts.lists import Grade, Sex


@dataclass(frozen=True, slots=True)
class Record:
    """A pupil with everything that admissions keeps; no code and no key once erased."""

    pupil: Pupil
    code: str | None
    sealed: str | None
    key: WrappedKey | None

    def person(self, keys: MasterKeys) -> SealedPerson | None:
        """Open the person; None once erased."""
        return keys.open_if_complete(self.sealed, self.key, self.pupil.id)


_RECORDS = select(PupilRow, SubjectKeyRow).outerjoin(
    SubjectKeyRow, col(SubjectKeyRow.pupil_id) == col(PupilRow.id)
)


def _record(pupil: PupilRow, key: SubjectKeyRow | None) -> Record:
    return Record(
        Pupil(
            id=pupil.id,
            version=pupil.version,
            state=State(pupil.state),
            school_year=pupil.school_year,
            since=pupil.since,
            cell=PupilCell(
                school_id=pupil.school_id,
                grade=Grade(pupil.grade),
                sex=Sex(pupil.sex),
                ethnic_minority=pupil.ethnic_minority,
                birth_year=pupil.birth_year,
                inclusion=pupil.inclusion,
            ),
        ),
        pupil.code,
        pupil.sealed,
        None if key is None else WrappedKey(key.wrapped_key, key.key_id),
    )


async def count(session: Session, pupil_ids: Collection[str]) -> int:
    """Return how many of these pupils there are."""
    wanted = any_(literal(list(pupil_ids), ARRAY(UUID)))
    return (await session.scalars(select(func.count()).where(col(PupilRow.id) == wanted))).one()


async def pupil(session: Session, pupil_id: str, *, hold: bool = False) -> Record | None:
    """Return one pupil; ``hold`` lets nobody else change it until the transaction ends."""
    statement = _RECORDS.where(col(PupilRow.id) == pupil_id)
    if hold:
        statement = statement.with_for_update(of=PupilRow)
    row = (await session.execute(statement)).first()
    return None if row is None else _record(*row)


async def hold_by_code(session: Session, codes: Collection[str]) -> dict[str, Record]:
    """Return the pupils who have these codes, by code, held until the transaction ends."""
    wanted = any_(literal(list(codes), ARRAY(Text)))
    statement = _RECORDS.where(col(PupilRow.code) == wanted).order_by(col(PupilRow.id))
    rows = await session.execute(statement.with_for_update(of=PupilRow))
    return {row.code: _record(row, key) for row, key in rows if row.code is not None}


async def pupils(
    session: Session,
    school_id: str,
    *,
    grade: Grade | None,
    school_year: str | None,
    after: str | None,
    limit: int,
) -> Sequence[Record]:
    """Return the pupils who are enrolled at a school, by code."""
    statement = (
        _RECORDS.where(col(PupilRow.school_id) == school_id, col(PupilRow.state) == State.ENROLLED)
        .order_by(col(PupilRow.code))
        .limit(limit)
    )
    if grade is not None:
        statement = statement.where(col(PupilRow.grade) == grade)
    if school_year is not None:
        statement = statement.where(col(PupilRow.school_year) == school_year)
    if after is not None:
        last = select(col(PupilRow.code)).where(col(PupilRow.id) == after).scalar_subquery()
        statement = statement.where(col(PupilRow.code) > last)
    return [_record(row, key) for row, key in await session.execute(statement)]


async def steps(session: Session, pupil_id: str) -> Sequence[StepRow]:
    """Return what happened to a pupil, the first step first."""
    statement = (
        select(StepRow).where(col(StepRow.pupil_id) == pupil_id).order_by(col(StepRow.version))
    )
    return (await session.scalars(statement)).all()
