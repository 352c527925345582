"""What can be done to classes, each in the one transaction that it is given.

Locks are taken in one order everywhere: pupils (roster), classes, sheets.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.clock import new_id
from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from chassis.outbox import emit
from contracts.gradebook import ClassOpened, TeachingAssigned
from contracts.lists import Grade, Subject
from gradebook.classes.domain import may_open
from gradebook.classes.queries import ClassRoom, Teachers, rooms, teaching
from gradebook.classes.tables import SchoolClass, Teaching
from gradebook.roster import queries as roster


class NewClass(NamedTuple):
    """A class to be opened."""

    class_id: str | None
    school_id: str
    school_year: str
    grade: Grade
    name: str
    homeroom_teacher_id: str | None


async def open_classes(
    session: Session, wanted: Sequence[NewClass]
) -> Sequence[tuple[ClassRoom, bool]]:
    """Open classes; one that already stands under its name is given as it is, with ``False``.

    Raises:
        Invalid: a school does not teach the grade.
        Conflict: a school is unknown or closed, or a class stands there with another grade or id.

    """
    await _check_schools(session, wanted)
    table = table_of(SchoolClass)
    rows = [one._asdict() | {"class_id": one.class_id or new_id(), "version": 1} for one in wanted]
    inserted = await session.execute(
        insert(table).on_conflict_do_nothing().returning(table.c.class_id), rows
    )
    opened = set(inserted.scalars())
    standing = await _by_name(session, wanted)
    given: list[tuple[ClassRoom, bool]] = []
    faults: list[FieldError] = []
    for at, one in enumerate(wanted):
        room = standing.get((one.school_id, one.school_year, one.name))
        fault = _difference(one, room)
        if room is None or fault is not None:
            faults.append(FieldError(f"classes[{at}]", str(fault), "Sửa lớp này rồi gửi lại."))
            continue
        given.append((room, room.class_id in opened))
        opened.discard(room.class_id)
    if faults:
        raise Conflict("class-differs", "Có lớp khác với lớp đã mở.", errors=faults)
    await emit(session, *(_opened(room) for room, new in given if new))
    return given


def _difference(wanted: NewClass, room: ClassRoom | None) -> str | None:
    if room is None:
        return f"Mã class_id gửi cho lớp {wanted.name} đã thuộc về một lớp khác."
    if room.grade is not wanted.grade:
        return f"Lớp {wanted.name} đã được mở ở {room.grade.vietnamese}."
    if wanted.class_id not in (None, room.class_id):
        return f"Lớp {wanted.name} đã được mở với mã khác."
    return None


async def _check_schools(session: Session, wanted: Sequence[NewClass]) -> None:
    schools = await roster.schools(session, {one.school_id for one in wanted})
    missing, closed, untaught = [], [], []
    for at, one in enumerate(wanted):
        school, where = schools.get(one.school_id), f"classes[{at}]"
        if school is None:
            missing.append(
                FieldError(
                    f"{where}.school_id",
                    "Sổ điểm chưa nhận được trường này từ danh bạ.",
                    "Kiểm tra mã trường; nếu trường vừa khai báo, gửi lại sau ít giây.",
                )
            )
        elif not school.open:
            closed.append(
                FieldError(f"{where}.school_id", f"{school.name} đã giải thể.", "Chọn trường khác.")
            )
        elif not may_open(school.levels, one.grade):
            untaught.append(
                FieldError(
                    f"{where}.grade",
                    f"{school.name} không dạy {one.grade.vietnamese}.",
                    "Chọn khối thuộc cấp học của trường.",
                )
            )
    if untaught:
        raise Invalid("grade-not-taught", "Có lớp ngoài cấp học của trường.", errors=untaught)
    if missing:
        raise Conflict("school-unknown", "Có trường sổ điểm chưa biết.", errors=missing)
    if closed:
        raise Conflict("school-closed", "Có trường đã giải thể.", errors=closed)


async def _by_name(
    session: Session, wanted: Iterable[NewClass]
) -> Mapping[tuple[str, str, str], ClassRoom]:
    names = {(one.school_id, one.school_year, one.name) for one in wanted}
    statement = select(col(SchoolClass.class_id)).where(
        tuple_(col(SchoolClass.school_id), col(SchoolClass.school_year), col(SchoolClass.name)).in_(
            names
        )
    )
    found = await rooms(session, (await session.execute(statement)).scalars().all())
    return {(room.school_id, room.school_year, room.name): room for room in found.values()}


async def change_class(
    session: Session, room: ClassRoom, *, name: str, homeroom_teacher_id: str | None
) -> ClassRoom:
    """Give a class another name or homeroom teacher; ``room`` is held.

    Raises:
        Conflict: another class of the school has this name.

    """
    new = room._replace(
        version=room.version + 1, name=name, homeroom_teacher_id=homeroom_teacher_id
    )
    if new == room._replace(version=new.version):
        return room
    namesakes = await _by_name(session, [NewClass(None, *room[2:5], name, None)])
    if any(other.class_id != room.class_id for other in namesakes.values()):
        raise Conflict("class-name-taken", f"Trường đã có lớp {name} trong năm học này.")
    await session.execute(
        update(table_of(SchoolClass))
        .where(col(SchoolClass.class_id) == room.class_id)
        .values(version=new.version, name=name, homeroom_teacher_id=homeroom_teacher_id)
    )
    await emit(session, _opened(new))
    return new


def _opened(room: ClassRoom) -> ClassOpened:
    return ClassOpened(**room._asdict())


async def assign(
    session: Session, room: ClassRoom, wanted: Mapping[Subject, Sequence[str]]
) -> Sequence[Teachers]:
    """Say who teaches each of the subjects in a class from now on; ``room`` is held.

    Raises:
        Invalid: a subject is not taught at the class's level.

    """
    strange = [subject for subject in wanted if room.grade.level not in subject.levels]
    if strange:
        raise Invalid(
            "subject-not-taught",
            f"Lớp {room.name} ({room.grade.vietnamese}) không học môn này.",
            errors=[
                FieldError(
                    "teaching",
                    f"{subject.vietnamese} không có ở {room.grade.vietnamese}.",
                    "Bỏ môn này.",
                )
                for subject in strange
            ],
        )
    before = {one.subject: one for one in await teaching(session, room.class_id)}
    changed = [
        Teachers(subject, before[subject].version + 1 if subject in before else 1, teachers)
        for subject, teachers in wanted.items()
        if subject not in before or set(before[subject].teacher_ids) != set(teachers)
    ]
    if changed:
        table = table_of(Teaching)
        statement = insert(table)
        await session.execute(
            statement.on_conflict_do_update(
                index_elements=["class_id", "subject"],
                set_={
                    "version": statement.excluded.version,
                    "teacher_ids": statement.excluded.teacher_ids,
                },
            ),
            [one._asdict() | {"class_id": room.class_id} for one in changed],
        )
        await emit(session, *(_assigned(room, one) for one in changed))
    return await teaching(session, room.class_id)


def _assigned(room: ClassRoom, one: Teachers) -> TeachingAssigned:
    return TeachingAssigned(
        class_id=room.class_id,
        subject=one.subject,
        version=one.version,
        school_id=room.school_id,
        school_year=room.school_year,
        teacher_ids=tuple(one.teacher_ids),
    )
