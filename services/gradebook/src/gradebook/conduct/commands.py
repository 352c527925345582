"""Saving conduct and remarks, in the one transaction that is given."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.columns import among, table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from chassis.outbox import emit
from contracts.columns import Sparse
from contracts.lists import Term
from contracts.results import ConductDecided
from gradebook.classes import queries as classes
from gradebook.conduct import queries
from gradebook.conduct.domain import Entry, Row, decide
from gradebook.conduct.tables import Conduct


async def save(
    session: Session,
    room: classes.ClassRoom,
    term: Term,
    entries: Sequence[Entry],
    *,
    by: str,
    now: datetime,
) -> int:
    """Take all of the rows or none; the class is held. Give how many changed.

    Raises:
        Invalid: a pupil is not in the class.
        Conflict: a row changed since it was read.

    """
    seated = (await classes.seated(session, [room.class_id]))[room.class_id]
    standing = await queries.of_class(session, room.class_id, term, hold=True)
    decision = decide(entries, standing, seated)
    if decision.strangers:
        raise Invalid(
            "pupils-not-here",
            "Có học sinh không ngồi ở lớp này; chưa lưu dòng nào.",
            errors=[
                FieldError(
                    f"pupils[{at}].pupil_id",
                    f"Dòng {at + 1}: học sinh không ở lớp này.",
                    "Bỏ dòng này, hoặc xếp lớp trước.",
                )
                for at in decision.strangers
            ],
        )
    if decision.stale:
        raise Conflict(
            "conduct-changed",
            "Có dòng đã được sửa từ lúc mở trang; chưa lưu dòng nào.",
            rows=[
                {
                    "pupil_id": entries[at].pupil_id,
                    "version": standing.get(entries[at].pupil_id, Row()).version,
                }
                for at in decision.stale
            ],
        )
    if not decision.changes:
        return 0
    rows = [
        {
            "pupil_id": entry.pupil_id,
            "school_year": room.school_year,
            "term": term,
            "class_id": room.class_id,
            "version": row.version + 1,
            "level": entry.level,
            "remark": entry.remark,
            "absences": entry.absences,
            "changed_by": by,
            "changed_at": now,
        }
        for entry, row in decision.changes
    ]
    statement = insert(table_of(Conduct))
    keys = [column.name for column in table_of(Conduct).primary_key]
    taken = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=taken), rows)
    decided = [(one, row) for one, row in decision.changes if one.level is not row.level]
    if decided:
        await emit(
            session,
            ConductDecided(
                class_id=room.class_id,
                school_id=room.school_id,
                school_year=room.school_year,
                grade=room.grade,
                term=term,
                pupils=tuple(one.pupil_id for one, _ in decided),
                after=tuple(one.level for one, _ in decided),
                before=Sparse.of([row.level for _, row in decided]),
            ),
        )
    return len(rows)


async def forget_words(session: Session, pupil_ids: Sequence[str]) -> None:
    """Delete what was remarked about these pupils; their conduct stays under an id."""
    await session.execute(_FORGET_WORDS, {"pupil_ids": list(pupil_ids)})


_FORGET_WORDS = (
    update(table_of(Conduct))
    .where(among(col(Conduct.pupil_id), "pupil_ids"), col(Conduct.remark).is_not(None))
    .values(remark=None)
)
