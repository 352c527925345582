"""What changes who studies where: each command loads, lets the domain decide, saves and emits."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from admissions import csv_table
from admissions.calendar import queries as calendar
from admissions.enrolment import domain, queries, roster
from admissions.enrolment.domain import Changes, Pupil, State
from admissions.enrolment.queries import Record
from admissions.enrolment.roster import Entry, Known, Place
from admissions.enrolment.tables import PupilRow, StepRow, SubjectKeyRow
from admissions.registry import queries as registry
from chassis import rewrapping
from chassis.clock import new_id, now
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid
from chassis.outbox import emit, emit_tombstones
from chassis.sealing import MasterKeys, SealedPerson, new_key, seal
from contracts.admissions import (
    StudentEnrolled,
    StudentTransferred,
    StudentWithdrawn,
)
from contracts.lists import TransferReason, WithdrawalReason
from contracts.privacy import SubjectKey
from contracts.topics import SUBJECT_KEYS

_KEYS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Recorder:
    """Who records a step, and why in words: these stay at home, only the reason's code travels."""

    subject: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What an import did."""

    enrolled: int
    already_enrolled: int
    ignored_columns: Sequence[str]


async def import_pupils(
    session: Session,
    document: bytes,
    *,
    school_year: str,
    day: date,
    only_school: str | None,
    recorder: Recorder,
    keys: MasterKeys,
) -> Enrolled:
    """Enrol the pupils of a CSV file, all of them or none.

    A row that says what is so already counts as enrolled and changes nothing, so a file that was
    answered by a broken connection can be sent again.
    """
    await _check_day(session, school_year, day)
    # In a thread: while a large file is read and sealed the process must go on answering.
    table = await asyncio.to_thread(csv_table.read, document, roster.COLUMNS)
    found = await registry.open_schools(session, _values(table, "school_code"))
    places = {code: Place(at.id, at.name, at.levels) for code, at in found.items()}
    records = await queries.hold_by_code(session, _values(table, "code"))
    known = {code: Known(at.pupil, _opened(at, keys)) for code, at in records.items()}
    plan, faults = roster.examine(
        table, places, known, school_year=school_year, day=day, only_school=only_school
    )
    csv_table.refuse(faults)
    await _enrol_new(
        session,
        [
            (Pupil(new_id(), 1, State.ENROLLED, school_year, day, entry.cell), entry)
            # In the order of their codes, so that two files at once cannot wait for one another.
            for entry in sorted(plan.new, key=lambda entry: entry.code)
        ],
        recorder,
        keys,
    )
    await _enrol_again(
        session,
        [
            (domain.enrol_again(at.pupil, entry.cell, school_year=school_year, day=day), entry)
            for at, entry in plan.again
        ],
        records,
        recorder,
        keys,
    )
    return Enrolled(len(plan.new) + len(plan.again), plan.unchanged, table.ignored)


async def _enrol_new(
    session: Session, new: Sequence[tuple[Pupil, Entry]], recorder: Recorder, keys: MasterKeys
) -> None:
    if not new:
        return
    rows, subject_keys, enrolled = await asyncio.to_thread(_sealed, new, keys)
    # Not refused by the database: its log would repeat the code.
    await session.execute(insert(PupilRow).on_conflict_do_nothing(), rows)
    if await queries.count(session, [pupil.id for pupil, _ in new]) < len(new):
        raise Conflict(
            "enrolled-meanwhile",
            "Có mã vừa được ghi danh trong lúc này. Gửi lại tệp để biết là dòng nào.",
        )
    await session.execute(insert(SubjectKeyRow), [key.model_dump() for key in subject_keys])
    await _add_steps(session, "enrolled", [pupil for pupil, _ in new], recorder)
    await emit(session, *subject_keys, *enrolled)


def _sealed(
    new: Sequence[tuple[Pupil, Entry]], keys: MasterKeys
) -> tuple[list[dict[str, Any]], list[SubjectKey], list[StudentEnrolled]]:
    """Give each new pupil a key, and return the rows and the events with the person sealed."""
    rows: list[dict[str, Any]] = []
    subject_keys: list[SubjectKey] = []
    enrolled: list[StudentEnrolled] = []
    for pupil, entry in new:
        key = new_key()
        sealed = seal(entry.person, key, pupil.id)
        rows.append(_row(pupil) | {"code": entry.code, "sealed": sealed})
        wrapped = keys.wrap(key, pupil.id)
        subject_keys.append(SubjectKey(pupil_id=pupil.id, version=1, **asdict(wrapped)))
        enrolled.append(_enrolled(pupil, sealed))
    return rows, subject_keys, enrolled


async def _enrol_again(
    session: Session,
    returning: Sequence[tuple[Pupil, Entry]],
    records: dict[str, Record],
    recorder: Recorder,
    keys: MasterKeys,
) -> None:
    if not returning:
        return
    rows: list[dict[str, Any]] = []
    enrolled: list[StudentEnrolled] = []
    for pupil, entry in returning:
        sealed = _sealed_again(records[entry.code], entry.person, keys)
        rows.append(_row(pupil) | {"sealed": sealed})
        enrolled.append(_enrolled(pupil, sealed))
    await session.execute(update(PupilRow), rows)
    await _add_steps(session, "enrolled", [pupil for pupil, _ in returning], recorder)
    await emit(session, *enrolled)


async def transfer(
    session: Session,
    record: Record,
    changes: Changes,
    *,
    version: int,
    day: date,
    reason_code: TransferReason,
    recorder: Recorder,
    keys: MasterKeys,
) -> Pupil:
    """Change a pupil's school, grade or facts, from before to after, in one event."""
    before = record.pupil
    domain.check_step(before, version=version, day=day)
    known = _opened(record, keys)
    person = SealedPerson(
        name=changes.name or known.name, birth_date=changes.birth_date or known.birth_date
    )
    if (fault := domain.birth_fault(person.birth_date, day)) is not None:
        raise _invalid([fault])
    pupil = domain.transfer(
        before,
        changes.applied(before.cell),
        school_year=changes.school_year or before.school_year,
        day=day,
        renamed=person != known,
    )
    await _check_day(session, pupil.school_year, day)
    await _check_place(session, pupil, person)
    sealed = _sealed_again(record, person, keys)
    await _save(session, pupil, sealed=sealed)
    await _add_steps(session, "transferred", [pupil], recorder, reason_code)
    await emit(
        session,
        StudentTransferred(
            pupil_id=pupil.id,
            version=pupil.version,
            school_year=pupil.school_year,
            day=day,
            reason_code=reason_code,
            before=before.cell,
            after=pupil.cell,
            sealed=sealed,
        ),
    )
    return pupil


async def withdraw(
    session: Session,
    record: Record,
    *,
    version: int,
    day: date,
    reason_code: WithdrawalReason,
    recorder: Recorder,
) -> Pupil:
    """Record that a pupil no longer studies in the province."""
    pupil = domain.withdraw(record.pupil, version=version, day=day)
    await _check_day(session, pupil.school_year, day)
    await _save(session, pupil)
    await _add_steps(session, "withdrawn", [pupil], recorder, reason_code)
    await emit(
        session,
        StudentWithdrawn(
            pupil_id=pupil.id,
            version=pupil.version,
            school_year=pupil.school_year,
            day=day,
            reason_code=reason_code,
            before=pupil.cell,
        ),
    )
    return pupil


async def erase(session: Session, record: Record, *, version: int) -> Pupil:
    """Erase the person everywhere: without the key every sealed copy is noise."""
    pupil = domain.erase(record.pupil, version=version)
    if pupil == record.pupil:
        return pupil
    await _save(session, pupil, sealed=None, code=None)
    await session.execute(delete(SubjectKeyRow).where(col(SubjectKeyRow.pupil_id) == pupil.id))
    await session.execute(
        update(StepRow).where(col(StepRow.pupil_id) == pupil.id).values(note=None)
    )
    await emit_tombstones(session, SUBJECT_KEYS, [pupil.id])
    return pupil


async def emit_keys(session: Session, *, after: str | None) -> str | None:
    """Emit some of the keys, and tombstones of the erased, anew; return after whom to go on.

    Rows of a compacted topic do not stay in the outbox, as one of them could revive an erased key;
    a Kafka that was lost is filled from here.
    """
    statement = (
        select(col(PupilRow.id), col(PupilRow.state), SubjectKeyRow)
        .outerjoin(SubjectKeyRow, col(SubjectKeyRow.pupil_id) == col(PupilRow.id))
        .order_by(col(PupilRow.id))
        .limit(_KEYS_AT_ONCE)
        # Nobody is erased between the reading of a key and its row in the outbox.
        .with_for_update(of=PupilRow)
    )
    if after is not None:
        statement = statement.where(col(PupilRow.id) > after)
    found = (await session.execute(statement)).all()
    await emit(session, *(SubjectKey(**key.model_dump()) for *_, key in found if key is not None))
    await emit_tombstones(
        session, SUBJECT_KEYS, [id_ for id_, state, _ in found if state == State.ERASED]
    )
    return found[-1][0] if found else None


async def rewrap_keys(session: Session, keys: MasterKeys) -> int:
    """Wrap some pupils' keys under a new master key, and let the others know."""
    rows = await rewrapping.rewrap(session, SubjectKeyRow, keys, owner="pupil_id")
    renewed = [row | {"version": row["version"] + 1} for row in rows]
    if renewed:
        await session.execute(update(SubjectKeyRow), renewed)
    await emit(session, *(SubjectKey(**key) for key in renewed))
    return len(renewed)


async def _check_place(session: Session, pupil: Pupil, person: SealedPerson) -> None:
    school = await registry.school(session, pupil.cell.school_id)
    if school is None or not school.open:
        what = "Không có trường này." if school is None else f"{school.name} đã giải thể."
        raise _invalid([FieldError("school_id", what, "Chọn trường đang hoạt động.")])
    _refuse(
        domain.placement_faults(
            pupil.cell.grade, school.levels, pupil.school_year, person.birth_date
        )
    )


async def _check_day(session: Session, school_year: str, day: date) -> None:
    year = await calendar.year(session, school_year)
    if year is None:
        what = f"Chưa khai báo năm học {school_year}."
        raise _invalid([FieldError("school_year", what, "Khai báo lịch năm học trước.")])
    _refuse(domain.day_faults(day, year.first_day, year.last_day))


def _refuse(faults: Iterable[FieldError]) -> None:
    if found := list(faults):
        raise _invalid(found)


def _invalid(faults: Sequence[FieldError]) -> Invalid:
    return Invalid("rule-broken", " ".join(fault.what for fault in faults), errors=faults)


def _values(table: csv_table.Table, field: str) -> set[str]:
    return {row.values[field] for row in table.rows if field in row.values}


def _opened(record: Record, keys: MasterKeys) -> SealedPerson:
    person = record.person(keys)
    assert person is not None  # noqa: S101 - a pupil who has a code has a key
    return person


def _sealed_again(record: Record, person: SealedPerson, keys: MasterKeys) -> str:
    assert record.key is not None  # noqa: S101 - only an erased pupil has none
    return seal(person, keys.unwrap(record.key, record.pupil.id), record.pupil.id)


async def _save(session: Session, pupil: Pupil, **values: str | None) -> None:
    await session.execute(
        update(PupilRow).where(col(PupilRow.id) == pupil.id).values(_row(pupil) | values)
    )


def _row(pupil: Pupil) -> dict[str, Any]:
    return {
        "id": pupil.id,
        "version": pupil.version,
        "state": pupil.state,
        "school_year": pupil.school_year,
        "since": pupil.since,
        **dict(pupil.cell),
    }


async def _add_steps(
    session: Session,
    step: str,
    pupils: Sequence[Pupil],
    recorder: Recorder,
    reason_code: TransferReason | WithdrawalReason | None = None,
) -> None:
    moment = now()
    rows = [
        {
            "pupil_id": pupil.id,
            "version": pupil.version,
            "step": step,
            "day": pupil.since,
            "school_id": pupil.cell.school_id,
            "grade": pupil.cell.grade,
            "school_year": pupil.school_year,
            "reason_code": reason_code,
            "note": recorder.note,
            "recorded_by": recorder.subject,
            "recorded_at": moment,
        }
        for pupil in pupils
    ]
    await session.execute(insert(StepRow), rows)


def _enrolled(pupil: Pupil, sealed: str) -> StudentEnrolled:
    return StudentEnrolled(
        pupil_id=pupil.id,
        version=pupil.version,
        school_year=pupil.school_year,
        day=pupil.since,
        sealed=sealed,
        **dict(pupil.cell),
    )
