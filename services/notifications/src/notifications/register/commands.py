"""Taking facts over: one statement a batch, and an older version changes nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.database import Session
from contracts.admissions import (
    SchoolRegistered,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from contracts.gradebook import ClassOpened, PupilPlaced
from contracts.privacy import SubjectKey as KeyPublished
from notifications.base import Base, among, in_order, table_of
from notifications.register.tables import Placement, Pupil, School, SchoolClass, SubjectKey

EnrolmentFact = StudentEnrolled | StudentTransferred | StudentWithdrawn


async def copy_schools(session: Session, facts: Iterable[SchoolRegistered]) -> None:
    """Take over what schools are called."""
    await _copy(session, School, [_same(School, fact) for fact in facts])


async def copy_classes(session: Session, facts: Iterable[ClassOpened]) -> None:
    """Take over what classes are called and who is their homeroom teacher."""
    await _copy(session, SchoolClass, [_same(SchoolClass, fact) for fact in facts])


async def copy_placements(session: Session, facts: Iterable[PupilPlaced]) -> None:
    """Take over who sits in which class."""
    await _copy(session, Placement, [_same(Placement, fact) for fact in facts])


async def copy_keys(session: Session, facts: Iterable[KeyPublished]) -> None:
    """Take over the keys that open persons."""
    await _copy(session, SubjectKey, [_same(SubjectKey, fact) for fact in facts])


async def copy_enrolments(session: Session, facts: Iterable[EnrolmentFact]) -> None:
    """Take over where pupils study; a withdrawal keeps the person as last known."""
    await _copy(session, Pupil, [_pupil(fact) for fact in facts], keep=("sealed",))


def _pupil(fact: EnrolmentFact) -> dict[str, Any]:
    match fact:
        case StudentEnrolled():
            cell: Any = fact
        case StudentTransferred():
            cell = fact.after
        case StudentWithdrawn():
            cell = fact.before
    return {
        "pupil_id": fact.pupil_id,
        "version": fact.version,
        "school_id": cell.school_id,
        "school_year": fact.school_year,
        "grade": cell.grade,
        "enrolled": not isinstance(fact, StudentWithdrawn),
        "sealed": None if isinstance(fact, StudentWithdrawn) else fact.sealed,
    }


async def erase(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget these pupils as persons."""
    await session.execute(
        update(SubjectKey)
        .where(among(col(SubjectKey.pupil_id), "pupil_ids"))
        .values(wrapped_key=None, key_id=None)
        .execution_options(synchronize_session=False),
        {"pupil_ids": list(pupil_ids)},
    )


def _same(model: type[Base], fact: Any) -> dict[str, Any]:
    """Give the fields of a fact that the copy keeps, which bear the same names."""
    return {column.name: getattr(fact, column.name) for column in table_of(model).c}


async def _copy(
    session: Session,
    model: type[Base],
    rows: Sequence[dict[str, Any]],
    *,
    keep: Sequence[str] = (),
) -> None:
    """Write the rows that are newer than what stands; ``keep`` is kept where they hold null."""
    table = table_of(model)
    keys = [column.name for column in table.primary_key]
    statement = insert(table)
    new = statement.excluded
    changed: dict[str, ColumnElement[Any]] = {
        column.name: new[column.name] for column in table.c if not column.primary_key
    }
    changed |= {name: func.coalesce(new[name], table.c[name]) for name in keep}
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=keys, set_=changed, where=table.c.version < new.version
        ),
        in_order(rows, *keys),
    )
