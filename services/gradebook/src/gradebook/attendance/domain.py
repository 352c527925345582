"""The rules of a roll-call (điểm danh). Absent are the pupils it names; everybody else is there."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from contracts.attendance import MAX_PUPILS, Absence, Session

MANY, MOST = 30, 45
"""Absences of a year that the statistics count (N42), and the most that TT 22/2021 Art. 12 lets a
pupil have: more hold the pupil back."""

NOON = time(12)
"""Check-ins before it belong to the morning session, the others to the afternoon's."""

CHECK_IN_KEPT = timedelta(days=30)
"""How long it is kept when a pupil came; what the roll-call made of it stays."""

CHECK_IN_TAKEN = timedelta(days=7)
"""How long a device may be offline until what it saw is of no use any more."""

CLOCKS_APART = timedelta(minutes=5)
"""How far a device's clock may be ahead: the tolerance of Standard Webhooks."""

Marks = Mapping[str, Absence]
"""By pupil; whoever is not in it is there."""


class Entry(NamedTuple):
    """One line of a roll-call as somebody sent it."""

    pupil_id: str
    state: Absence


class Fault(NamedTuple):
    """What is wrong with a line, and how to mend it."""

    row: int
    what: str
    how: str


@dataclass(frozen=True, slots=True)
class Change:
    """A pupil counts otherwise than before; None: there."""

    pupil_id: str
    before: Absence | None
    after: Absence | None


def faults(entries: Sequence[Entry], due: Collection[str]) -> Iterator[Fault]:
    """Yield what is wrong with each line of a roll-call."""
    seen: set[str] = set()
    for row, entry in enumerate(entries):
        if entry.state is Absence.OTHER:
            yield Fault(row, "không rõ vắng thế nào.", "Chọn có phép, không phép hoặc đi muộn.")
        if entry.pupil_id in seen:
            yield Fault(row, "học sinh này xuất hiện hai lần.", "Bỏ một dòng.")
        elif entry.pupil_id not in due:
            yield Fault(
                row,
                "học sinh này không có trong danh sách lớp của buổi học.",
                "Tải lại danh sách lớp rồi điểm danh lại.",
            )
        seen.add(entry.pupil_id)


def size_fault(due: int) -> str | None:
    """Say why a class of this size cannot have a roll-call."""
    if due == 0:
        return "Lớp chưa có học sinh nào."
    if due > MAX_PUPILS:
        return f"Lớp có {due} học sinh; một lần điểm danh nhận nhiều nhất {MAX_PUPILS}."
    return None


def due_pupils(
    seated: frozenset[str], called: Collection[str] | None, *, same_day: bool
) -> frozenset[str]:
    """Give whom the roll is called of.

    The first call takes the class as it sits. On its own day the list goes on growing with it; a
    later correction keeps the list: who came to the class since was not waited for then.
    """
    if called is None:
        return seated
    return seated.union(called) if same_day else frozenset(called)


def changes(before: Marks, after: Marks) -> Sequence[Change]:
    """Give whoever counts otherwise than before, in the order of their ids."""
    return [
        Change(pupil_id, before.get(pupil_id), after.get(pupil_id))
        for pupil_id in sorted(before.keys() | after.keys())
        if before.get(pupil_id) != after.get(pupil_id)
    ]


def is_absence(state: Absence | None) -> bool:
    """Say whether it counts towards the 45: with leave or without, but not coming late."""
    return state in (Absence.WITH_LEAVE, Absence.WITHOUT_LEAVE)


def passed(absences: int) -> tuple[bool, bool]:
    """Say which of the two numbers a pupil has reached, respectively passed."""
    return absences >= MANY, absences > MOST


def session_of(local: datetime) -> Session:
    """Give the session in which somebody comes at this time of the province's clock."""
    return Session.MORNING if local.time() < NOON else Session.AFTERNOON


def from_check_ins(
    due: Collection[str], arrivals: Mapping[str, datetime], late_after: datetime
) -> Marks:
    """Make a session's roll-call of who checked in: nobody's leave is known to a device."""
    return {
        pupil_id: Absence.WITHOUT_LEAVE if pupil_id not in arrivals else Absence.LATE
        for pupil_id in due
        if pupil_id not in arrivals or arrivals[pupil_id] > late_after
    }


def after_check_ins(
    marks: Marks, arrivals: Mapping[str, datetime], called_at: datetime, late_after: datetime | None
) -> Marks:
    """Say what becomes of a roll-call when more check-ins have come.

    What devices called (``late_after``) is what devices saw, in whatever order that came. Of a roll
    that a person called only who checked in after it is late instead of absent: who checked in
    before was missed by somebody who looked, and their word stands.
    """
    if late_after is not None:
        kept = {pupil_id: state for pupil_id, state in marks.items() if pupil_id not in arrivals}
        late = (one for one in marks if one in arrivals and arrivals[one] > late_after)
        return kept | dict.fromkeys(late, Absence.LATE)
    return {
        pupil_id: Absence.LATE
        if is_absence(state) and pupil_id in arrivals and arrivals[pupil_id] > called_at
        else state
        for pupil_id, state in marks.items()
    }


def day_fault(day: date, today: date, year: tuple[date, date] | None) -> str | None:
    """Say why no roll can be called on a day; ``year`` is the school year, where it is known."""
    if day > today:
        return "Ngày điểm danh ở tương lai."
    if year is not None and not year[0] <= day <= year[1]:
        return "Ngày điểm danh nằm ngoài năm học."
    return None
