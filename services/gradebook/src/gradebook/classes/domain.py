"""The rules of classes: where a class may be opened, and who may sit in it."""

from collections.abc import Collection
from typing import NamedTuple

from contracts.ids import SchoolId, SchoolYear
from contracts.lists import Grade, Level

_CONTINUING = frozenset({Level.THCS, Level.THPT})
"""What a centre for continuing education (GDTX) teaches beside its own courses."""


class Place(NamedTuple):
    """What a class and a pupil's enrolment must have in common."""

    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade


def may_open(levels: Collection[Level], grade: Grade) -> bool:
    """Tell whether a school of these levels may have a class of this grade."""
    return grade.level in levels or (Level.GDTX in levels and grade.level in _CONTINUING)


def why_not_here(room: Place, enrolled: Place | None) -> str | None:
    """Say why a pupil may not sit in a class, to whoever tried to seat them; None if they may."""
    if enrolled is None:
        return "chưa có trong danh sách học sinh đang học mà sổ điểm nhận được"
    if enrolled.school_id != room.school_id:
        return "đang học ở trường khác"
    if enrolled.school_year != room.school_year:
        return f"đang ghi danh ở năm học {enrolled.school_year}, lớp này của {room.school_year}"
    if enrolled.grade is not room.grade:
        return f"đang học {enrolled.grade.vietnamese}, lớp này là {room.grade.vietnamese}"
    return None


def must_leave(room: Place, enrolled: Place, *, still: bool) -> bool:
    """Tell whether a pupil of a class no longer belongs there (``still``: is enrolled at all).

    A fact about another school year empties no seat: last year's class list stays as it was.
    """
    return enrolled.school_year == room.school_year and not (still and enrolled == room)
