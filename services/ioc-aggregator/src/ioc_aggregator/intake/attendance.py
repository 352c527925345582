"""``gradebook.attendance.v1``: roll-calls become sessions due and missed, by day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import msgspec

from contracts import topics
from contracts.attendance import Absence, AbsencesCounted, AttendanceMarked
from ioc_aggregator.intake.bulk import bulk_of
from ioc_aggregator.intake.counting import Added, Batch, Counted, Heard
from ioc_aggregator.intake.folding import (
    GRADES,
    Document,
    Folded,
    Open,
    Places,
    Sparse,
    Sums,
    Whole,
)
from ioc_aggregator.measures.decisions import ABSENTEES, ATTENDANCE

STREAM = topics.ATTENDANCE.name

_ABSENCES = Open(Absence)
_MANY, _TOO_MANY = 30, 45


class _Marked(msgspec.Struct, gc=False):
    school_id: str
    school_year: str
    grade: str
    day: date
    pupils_due: Whole
    before_pupils_due: Whole
    after: list[str | None]
    before: Sparse[str]


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


_DECODERS: dict[str, msgspec.json.Decoder[_Marked | _Absences]] = {
    AttendanceMarked.type_name(): msgspec.json.Decoder(_Marked),
    AbsencesCounted.type_name(): msgspec.json.Decoder(_Absences),
}


class _Calls:
    """What the roll-calls of a batch add up to: four million a year, most with nobody missing."""

    def __init__(self, others: Batch) -> None:
        self._sums = Sums(ATTENDANCE)
        self._places = Places()
        self._reported = others.reported

    def take(self, call: _Marked) -> str | None:
        """Count a roll-call, or say what is wrong with it."""
        if call.grade not in GRADES:
            return "grade is not in the closed list"
        before = call.before
        if (before.at or before.value) and (fault := before.fault(len(call.after))) is not None:
            return fault
        school, year = call.school_id, call.school_year
        if (fault := self._places.fault(school, year)) is not None:
            return fault
        absent = unexcused = late = 0
        for states, by in ((call.after, 1), (before.value, -1)):
            for state in states:
                if state is None:
                    continue
                match _ABSENCES[state]:
                    case Absence.LATE:
                        late += by
                    case Absence.WITHOUT_LEAVE:
                        absent, unexcused = absent + by, unexcused + by
                    case _:
                        absent += by
        due = call.pupils_due - call.before_pupils_due
        self._sums.add((school, year, call.day.isoformat()), due, absent, unexcused, late)
        self._reported[school, STREAM, year, ""] += 1
        return None

    def into(self, folded: Folded) -> None:
        """Write it down."""
        self._sums.into(folded.delta)


def fold(events: Sequence[Document]) -> Folded:
    """Add what a roll-call says, take back what it replaces."""
    folded = Folded()
    others = Batch(topics.ATTENDANCE)
    calls = _Calls(others)
    for index, fact in folded.facts(events, _DECODERS):
        fault = calls.take(fact) if isinstance(fact, _Marked) else others.take(fact)
        if fault is not None:
            folded.refuse(index, fault)
    calls.into(folded)
    others.into(folded)
    return folded


BULK = bulk_of(fold)
