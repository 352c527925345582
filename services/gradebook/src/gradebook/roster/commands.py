"""Taking facts over: one statement a batch, and an older version changes nothing."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.database import Session
from contracts.admissions import (
    SchoolRegistered,
    SchoolYearSet,
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from contracts.privacy import SubjectKey as KeyPublished
from gradebook.base import Base, among, table_of
from gradebook.roster.tables import Pupil, School, SchoolYear, SubjectKey

EnrolmentFact = StudentEnrolled | StudentTransferred | StudentWithdrawn


async def copy_schools(session: Session, facts: Iterable[SchoolRegistered]) -> None:
    """Take over what the register says of schools."""
    await _copy(
        session,
        School,
        [
            {
                "school_id": fact.school_id,
                "version": fact.version,
                "name": fact.name,
                "levels": fact.levels,
                "open": fact.open,
            }
            for fact in facts
        ],
    )


async def copy_school_years(session: Session, facts: Iterable[SchoolYearSet]) -> None:
    """Take over the calendars."""
    await _copy(
        session,
        SchoolYear,
        [
            {
                "school_year": fact.school_year,
                "version": fact.version,
                "first_day": fact.first_day,
                "last_day": fact.last_day,
            }
            for fact in facts
        ],
    )


async def copy_enrolments(session: Session, facts: Iterable[EnrolmentFact]) -> None:
    """Take over where pupils study; a withdrawal keeps the person as last known."""
    await _copy(session, Pupil, [_pupil(fact) for fact in facts], keep=("sealed",))


def _pupil(fact: EnrolmentFact) -> dict[str, object]:
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


async def copy_keys(session: Session, facts: Iterable[KeyPublished]) -> None:
    """Take over the keys that open persons."""
    await _copy(session, SubjectKey, [fact.model_dump() for fact in facts])


async def erase(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget these pupils as persons; scores stay, under an id that means nobody."""
    await session.execute(
        update(SubjectKey)
        .where(among(col(SubjectKey.pupil_id), "pupil_ids"))
        .values(wrapped_key=None, key_id=None)
        .execution_options(synchronize_session=False),
        {"pupil_ids": list(pupil_ids)},
    )


async def _copy(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, object]],
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
        # Always in the order of the ids, so that two transactions cannot wait for each other.
        sorted(rows, key=lambda row: (str(row[keys[0]]), row["version"])),
    )
