"""The rules of who studies where, without I/O and without a clock."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

from chassis.errors import Conflict, FieldError, Invalid
from contracts.admissions import PupilCell
from contracts.lists import Grade, Level, Sex

_TYPICAL_AGE = {grade: age for age, grade in enumerate(list(Grade)[1:], 3)} | {Grade.NT: 1}
"""The age that a pupil of a grade reaches in the year in which the school year begins."""

_YOUNGER, _OLDER, _OLDER_IN_PRESCHOOL = 2, 10, 3
"""Skipping and repeating grades, starting late: more than this is a slip of the pen."""

_OLDEST = 100
EARLIEST_BIRTH = date(1900, 1, 1)
_DAYS_AROUND = timedelta(days=180)
"""Enrolment precedes the school year; completion and moves go on in the summer after it."""


class State(StrEnum):
    """Whether a pupil studies in the province."""

    ENROLLED = "enrolled"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


@dataclass(frozen=True, slots=True)
class Pupil:
    """A pupil as last enrolled."""

    id: str
    version: int
    state: State
    school_year: str
    since: date
    """The day of the last step; the next one cannot be earlier."""
    cell: PupilCell


@dataclass(frozen=True, slots=True)
class Changes:
    """What a transfer changes; None stays as it is."""

    school_id: str | None = None
    grade: Grade | None = None
    school_year: str | None = None
    sex: Sex | None = None
    ethnic_minority: bool | None = None
    inclusion: bool | None = None
    name: str | None = None
    birth_date: date | None = None

    def applied(self, cell: PupilCell) -> PupilCell:
        """Return the cell after the change."""
        return PupilCell(
            school_id=_either(self.school_id, cell.school_id),
            grade=_either(self.grade, cell.grade),
            sex=_either(self.sex, cell.sex),
            ethnic_minority=_either(self.ethnic_minority, cell.ethnic_minority),
            birth_year=self.birth_date.year if self.birth_date else cell.birth_year,
            inclusion=_either(self.inclusion, cell.inclusion),
        )


Value = TypeVar("Value")


def _either(new: Value | None, present: Value) -> Value:
    return present if new is None else new


def taught(grade: Grade, levels: Collection[Level]) -> bool:
    """Tell whether schools of these levels have this grade; continuing education has 6 to 12."""
    return grade.level in levels or (
        Level.GDTX in levels and grade.level in {Level.THCS, Level.THPT}
    )


def birth_years(grade: Grade, levels: Collection[Level], school_year: str) -> range:
    """Return the plausible birth years of a grade's pupils at a school of these levels."""
    first = int(school_year[:4])
    typical = _TYPICAL_AGE[grade]
    older = _OLDER_IN_PRESCHOOL if grade.level is Level.MN else _OLDER
    oldest = _OLDEST if Level.GDTX in levels else typical + older
    return range(first - oldest, first - max(0, typical - _YOUNGER) + 1)


def birth_fault(born: date, day: date) -> FieldError | None:
    """Name what is wrong with a birth date, whatever the grade."""
    if EARLIEST_BIRTH <= born <= day:
        return None
    return FieldError(
        "birth_date",
        "Ngày sinh sau ngày này." if born > day else "Ngày sinh quá xa.",
        "Sửa ngày sinh.",
    )


def placement_faults(
    grade: Grade, levels: Collection[Level], school_year: str, born: date
) -> Iterable[FieldError]:
    """Name what is wrong with a pupil of this age in this grade of such a school."""
    if not taught(grade, levels):
        has = ", ".join(levels)
        yield FieldError(
            "grade", f"Trường chỉ có cấp {has}, không có khối {grade}.", "Sửa khối hoặc trường."
        )
    years = birth_years(grade, levels, school_year)
    if born.year not in years:
        yield FieldError(
            "birth_date",
            f"Năm sinh không hợp với khối {grade} của năm học {school_year}.",
            f"Năm sinh hợp lý từ {years.start} đến {years.stop - 1}; sửa ngày sinh hoặc khối.",
        )


def day_faults(day: date, first_day: date, last_day: date) -> Iterable[FieldError]:
    """Name what is wrong with a step on ``day`` in a school year of these days."""
    earliest, latest = first_day - _DAYS_AROUND, last_day + _DAYS_AROUND
    if not earliest <= day <= latest:
        yield FieldError(
            "day",
            "Ngày không thuộc năm học này.",
            f"Nhập ngày từ {earliest:%d/%m/%Y} đến {latest:%d/%m/%Y}.",
        )


def transfer(pupil: Pupil, cell: PupilCell, *, school_year: str, day: date, renamed: bool) -> Pupil:
    """Return the pupil with another school, grade or facts; ``renamed`` if the person changes."""
    if (cell, school_year) == (pupil.cell, pupil.school_year) and not renamed:
        raise Invalid("nothing-changes", "Yêu cầu không thay đổi gì so với hiện tại.")
    return replace(pupil, version=pupil.version + 1, school_year=school_year, since=day, cell=cell)


def withdraw(pupil: Pupil, *, version: int, day: date) -> Pupil:
    """Return the pupil as no longer enrolled in the province."""
    check_step(pupil, version=version, day=day)
    return replace(pupil, version=version + 1, state=State.WITHDRAWN, since=day)


def erase(pupil: Pupil, *, version: int) -> Pupil:
    """Return the pupil without the person: numbers stay, nobody can say whose they are."""
    _check_version(pupil, version)
    if pupil.state is State.ENROLLED:
        raise Conflict(
            "pupil-enrolled", "Học sinh đang học; phải cho thôi học trước khi xóa dữ liệu cá nhân."
        )
    return replace(pupil, state=State.ERASED)


def enrol_again(pupil: Pupil, cell: PupilCell, *, school_year: str, day: date) -> Pupil:
    """Return a withdrawn pupil as enrolled again."""
    return replace(
        pupil,
        version=pupil.version + 1,
        state=State.ENROLLED,
        school_year=school_year,
        since=day,
        cell=cell,
    )


def check_step(pupil: Pupil, *, version: int, day: date) -> None:
    """Refuse a step of a pupil who is not enrolled, or changed since, or a step back in time."""
    _check_version(pupil, version)
    if pupil.state is not State.ENROLLED:
        raise Conflict("pupil-not-enrolled", "Học sinh hiện không theo học trong tỉnh.")
    if day < pupil.since:
        what = f"Ngày này trước lần thay đổi gần nhất ({pupil.since:%d/%m/%Y})."
        raise Invalid(
            "rule-broken",
            what,
            errors=[FieldError("day", what, f"Nhập từ ngày {pupil.since:%d/%m/%Y} trở đi.")],
        )


def _check_version(pupil: Pupil, version: int) -> None:
    if version != pupil.version:
        raise Conflict(
            "version-conflict",
            "Hồ sơ học sinh đã được người khác thay đổi. Hãy tải lại rồi sửa.",
            version=pupil.version,
        )
