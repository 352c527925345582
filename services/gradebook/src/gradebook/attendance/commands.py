"""Calling rolls of classes that are held, in the one transaction that it is given.

A roll-call is saved whole: who is absent is named, everybody else is there. Its version says which
one somebody had seen; a save that changes nothing is none.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.columns import among, table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from chassis.outbox import emit
from contracts.attendance import Absence, AbsencesCounted, AttendanceMarked
from contracts.attendance import Session as Half
from contracts.columns import Sparse
from gradebook.attendance import domain, queries
from gradebook.attendance.domain import Change, Entry, Marks
from gradebook.attendance.tables import AbsenceCount, RollCall, RollMark, RollSave
from gradebook.classes import queries as classes
from gradebook.classes.queries import ClassRoom
from gradebook.roster import queries as roster


class Stamp(NamedTuple):
    """Who calls the roll (null: devices), and when; of devices, since when one was late."""

    by: str | None
    now: datetime
    today: date
    late_after: datetime | None = None


class Wanted(NamedTuple):
    """A roll-call as somebody sends it, and the version that they had seen; 0: none."""

    day: date
    half: Half
    version: int
    entries: Sequence[Entry]


class Called(NamedTuple):
    """A roll-call as it is now."""

    version: int
    pupil_ids: Collection[str]
    marks: Marks


async def call(session: Session, room: ClassRoom, wanted: Wanted, stamp: Stamp) -> Called:
    """Call or correct the roll of a class, which is held.

    Raises:
        Invalid: the day, the class or a line cannot be right.
        Conflict: somebody else saved it since it was read.

    """
    await check_day(session, room.school_year, wanted.day, stamp.today)
    stood = (await queries.roll_calls(session, [room.class_id], wanted.day, wanted.half)).get(
        room.class_id
    )
    seated = (await classes.seated(session, [room.class_id]))[room.class_id]
    due = domain.due_pupils(
        seated, stood.pupil_ids if stood else None, same_day=wanted.day == stamp.today
    )
    _check_lines(wanted.entries, due)
    before = (await queries.marks(session, [room.class_id], wanted.day, wanted.half))[room.class_id]
    after = {entry.pupil_id: entry.state for entry in wanted.entries}
    unchanged = stood is not None and before == after and len(due) == len(stood.pupil_ids)
    if stood is not None and unchanged:
        return Called(stood.version, stood.pupil_ids, before)
    if wanted.version != (stood.version if stood else 0):
        _refuse_stale(stood, before)
    return await save(session, room, (wanted.day, wanted.half), stood, (before, after), due, stamp)


async def save(  # noqa: PLR0917 - what was, what is to be, of whom and by whom
    session: Session,
    room: ClassRoom,
    at: tuple[date, Half],
    stood: RollCall | None,
    marks: tuple[Marks, Marks],
    due: Collection[str],
    stamp: Stamp,
) -> Called:
    """Write a roll-call that is new or differs, with its history, its fact and what it counts."""
    (day, half), (before, after) = at, marks
    changed = domain.changes(before, after)
    version = stood.version + 1 if stood else 1
    key: dict[str, Any] = {"class_id": room.class_id, "day": day, "session": half}
    await _write(session, key, room, version, (after, changed), due, stamp)
    counted = await _count(session, room, day, changed, due if stood is None else ())
    await emit(
        session,
        AttendanceMarked(
            **key,
            school_id=room.school_id,
            school_year=room.school_year,
            grade=room.grade,
            marked_by=stamp.by,
            pupils_due=len(due),
            before_pupils_due=len(stood.pupil_ids) if stood else 0,
            pupils=tuple(change.pupil_id for change in changed),
            after=tuple(change.after for change in changed),
            before=Sparse[Absence].of([change.before for change in changed]),
        ),
        *counted,
    )
    return Called(version, due, after)


async def check_day(session: Session, school_year: str, day: date, today: date) -> None:
    """Refuse a day of which no roll can be called.

    Raises:
        Invalid: it lies outside the school year or in the future.

    """
    calendar = await roster.calendar(session, school_year)
    fault = domain.day_fault(day, today, calendar and (calendar.first_day, calendar.last_day))
    if fault is not None:
        error = FieldError("day", fault, "Chọn hôm nay hoặc một ngày đã qua của năm học.")
        raise Invalid("day-not-possible", fault, errors=[error])


def _check_lines(entries: Sequence[Entry], due: Collection[str]) -> None:
    if (too := domain.size_fault(len(due))) is not None:
        raise Invalid(
            "class-size",
            too,
            errors=[FieldError("class_id", too, "Xếp lớp trước, rồi điểm danh.")],
        )
    errors = [
        FieldError(f"absent[{fault.row}]", f"Dòng {fault.row + 1}: {fault.what}", fault.how)
        for fault in domain.faults(entries, due)
    ]
    if errors:
        raise Invalid(
            "roll-call-invalid", f"{len(errors)} dòng chưa đúng; chưa lưu gì.", errors=errors
        )


def _refuse_stale(stood: RollCall | None, marks: Marks) -> None:
    version = stood.version if stood else 0
    what = f"Buổi này đã được điểm danh khác lúc tải trang (version {version})."
    raise Conflict(
        "roll-call-changed",
        f"{what} Chưa lưu gì.",
        errors=[FieldError("version", what, "Xem lại rồi lưu với version hiện tại.")],
        version=version,
        absent=[{"pupil_id": pupil_id, "state": state} for pupil_id, state in marks.items()],
        marked_by=stood and stood.marked_by,
        marked_at=stood and stood.marked_at.isoformat(),
    )


async def _write(  # noqa: PLR0917 - as `save`
    session: Session,
    key: Mapping[str, Any],
    room: ClassRoom,
    version: int,
    marks: tuple[Marks, Sequence[Change]],
    due: Collection[str],
    stamp: Stamp,
) -> None:
    after, changed = marks
    rolls, table = table_of(RollCall), table_of(RollMark)
    now = {
        "version": version,
        "pupil_ids": sorted(due),
        "marked_by": stamp.by,
        "marked_at": stamp.now,
        "late_after": stamp.late_after,
    }
    place = {"school_id": room.school_id, "school_year": room.school_year, "grade": room.grade}
    await session.execute(
        insert(rolls)
        .values({**key, **place, **now})
        .on_conflict_do_update(index_elements=list(key), set_=now)
    )
    gone = [change.pupil_id for change in changed]
    if gone:
        of_roll = [table.c[name] == value for name, value in key.items()]
        await session.execute(delete(table).where(*of_roll, table.c.pupil_id.in_(gone)))
    rows = [
        {**key, "pupil_id": one, "school_year": room.school_year, "state": after[one]}
        for one in gone
        if one in after
    ]
    if rows:
        await session.execute(insert(table), rows)
    line = {
        "version": version,
        "pupils_due": len(due),
        "pupils": gone,
        "before": [change.before for change in changed],
        "after": [change.after for change in changed],
        "marked_by": stamp.by,
        "marked_at": stamp.now,
    }
    await session.execute(insert(table_of(RollSave)), {**key, **line})


async def _count(
    session: Session,
    room: ClassRoom,
    day: date,
    changed: Sequence[Change],
    called_first: Collection[str],
) -> Sequence[AbsencesCounted]:
    """Count the absences of whoever changed anew; give what is to be told of them."""
    concerned = {
        change.pupil_id
        for change in changed
        if domain.is_absence(change.before) != domain.is_absence(change.after)
    }
    place = {"school_id": room.school_id, "grade": room.grade}
    row = {"school_year": room.school_year, "absences": 0, "told": 0, **place}
    known = sorted(concerned.union(called_first))
    table = table_of(AbsenceCount)
    if known:
        await session.execute(
            insert(table).on_conflict_do_nothing(), [{"pupil_id": one, **row} for one in known]
        )
    if not concerned:
        return ()
    # Held in the order of their ids: a pupil may be in two classes' rolls at the same moment.
    held = await session.scalars(
        select(AbsenceCount)
        .where(
            among(col(AbsenceCount.pupil_id), "pupil_ids"),
            col(AbsenceCount.school_year) == room.school_year,
        )
        .order_by(col(AbsenceCount.pupil_id))
        .with_for_update(),
        {"pupil_ids": sorted(concerned)},
        execution_options={"populate_existing": True},
    )
    standing = held.all()
    days = dict((await session.execute(_DAYS, _of(concerned, room.school_year))).all())
    facts: list[AbsencesCounted] = []
    for count in standing:
        absences = days.get(count.pupil_id, 0)
        told = _tell(count, room, day, absences)
        facts += told
        new = {"absences": absences, **place}
        if told:
            same = (told[-1].school_id, told[-1].grade) == (room.school_id, room.grade)
            new["told"] = told[-1].absences if same else 0
        elif (count.school_id, count.grade) != (room.school_id, room.grade):
            new["told"] = 0
        await session.execute(
            update(table)
            .where(table.c.pupil_id == count.pupil_id, table.c.school_year == room.school_year)
            .values(new)
        )
    return facts


def _of(pupil_ids: Collection[str], school_year: str) -> Mapping[str, object]:
    return {"pupil_ids": list(pupil_ids), "school_year": school_year}


def _tell(
    count: AbsenceCount, room: ClassRoom, day: date, absences: int
) -> Sequence[AbsencesCounted]:
    """Say that a pupil passed 30 or 45; where they moved since, take it back there."""
    said: dict[str, Any] = {"pupil_id": count.pupil_id, "school_year": room.school_year, "day": day}
    here: dict[str, Any] = {"school_id": room.school_id, "grade": room.grade}
    there: dict[str, Any] = {"school_id": count.school_id, "grade": count.grade}
    facts: list[AbsencesCounted] = []
    told = count.told
    if here != there:
        if any(domain.passed(told)):
            facts.append(AbsencesCounted(**said, **there, absences=0, before_absences=told))
        told = 0
    if domain.passed(absences) != domain.passed(told):
        facts.append(AbsencesCounted(**said, **here, absences=absences, before_absences=told))
    return facts


_DAYS = (
    select(col(RollMark.pupil_id), func.count(func.distinct(col(RollMark.day))))
    .where(
        among(col(RollMark.pupil_id), "pupil_ids"),
        col(RollMark.school_year) == bindparam("school_year"),
        col(RollMark.state).in_([Absence.WITH_LEAVE, Absence.WITHOUT_LEAVE]),
    )
    .group_by(col(RollMark.pupil_id))
)
