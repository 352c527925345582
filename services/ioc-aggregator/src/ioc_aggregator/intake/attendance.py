"""``gradebook.attendance.v1``: roll-calls become sessions due and missed, by day."""

from collections.abc import Iterable, Iterator
from datetime import date

from contracts import topics
from contracts.attendance import Absence, AbsencesCounted, AttendanceMarked
from ioc_aggregator.intake.counting import Added, Counted, Heard, fold_of
from ioc_aggregator.intake.folding import Open, Sparse, Whole
from ioc_aggregator.measures.decisions import ABSENTEES, ATTENDANCE

_ABSENCES = Open(Absence)
_MANY, _TOO_MANY = 30, 45


class _Marked(Counted, gc=False):
    school_id: str
    school_year: str
    grade: str
    day: date
    pupils_due: Whole
    before_pupils_due: Whole
    after: list[str | None]
    before: Sparse[str]

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, self.school_year, ""),)

    def fault(self) -> str | None:
        return super().fault() or self.before.fault(len(self.after))

    def added(self) -> Iterator[Added]:
        states = [(state, 1) for state in self.after if state is not None]
        states += [(state, -1) for state in self.before.value]
        absent = unexcused = late = 0
        for state, by in states:
            match _ABSENCES[state]:
                case Absence.LATE:
                    late += by
                case Absence.WITHOUT_LEAVE:
                    absent, unexcused = absent + by, unexcused + by
                case _:
                    absent += by
        due = self.pupils_due - self.before_pupils_due
        key = (self.school_id, self.school_year, self.day.isoformat())
        yield ATTENDANCE, key, (due, absent, unexcused, late)


class _Absences(Counted, gc=False):
    school_id: str
    school_year: str
    grade: str
    absences: Whole
    before_absences: Whole

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, self.school_year, ""),)

    def added(self) -> Iterator[Added]:
        now, before = self.absences, self.before_absences
        key = (self.school_id, self.school_year, self.grade)
        yield (
            ABSENTEES,
            key,
            ((now >= _MANY) - (before >= _MANY), (now > _TOO_MANY) - (before > _TOO_MANY)),
        )


fold = fold_of(topics.ATTENDANCE, {AttendanceMarked: _Marked, AbsencesCounted: _Absences})
