"""``admissions.enrolment.v1``: who studies where becomes how many study where, and who moves."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated

import msgspec

from contracts import topics
from contracts.admissions import StudentEnrolled, StudentTransferred, StudentWithdrawn
from contracts.applications import IdentityVerified
from contracts.lists import Grade, Sex, TransferReason, WithdrawalReason
from ioc_aggregator.intake.counting import Added, Counted, Heard, fold_of, list_fault
from ioc_aggregator.intake.folding import Open
from ioc_aggregator.measures.cells import Key
from ioc_aggregator.measures.decisions import IDENTITIES
from ioc_aggregator.measures.families import MOVES, PUPIL_AGES, PUPILS, PUPILS_AT_START

STREAM = topics.ENROLMENT.name

_BirthYear = Annotated[int, msgspec.Meta(ge=1900, le=2999)]
_SEXES = Open(Sex)
_YES_NO = ("no", "yes")
_LEVELS = {str(grade): grade.level for grade in Grade}
_START = (9, 30)
"""Month and day as of which the start of a school year is reported (TT 25/2024/TT-BGDĐT)."""
_NO_MOVE = frozenset({TransferReason.SCHOOL_REORGANISED, TransferReason.CORRECTED})
"""The pupils stay where they are: the school, or what is known of them, changed."""


class _Cell(msgspec.Struct, gc=False):
    school_id: str
    grade: str
    sex: str
    ethnic_minority: bool
    birth_year: _BirthYear
    inclusion: bool

    def person(self) -> Key:
        """Give the dimensions that tell pupils of a school apart."""
        return (self.grade, _SEXES[self.sex], _YES_NO[self.ethnic_minority])


class _Fact(Counted, gc=False):
    school_year: str
    day: date

    def steps(self) -> Iterator[tuple[_Cell, int]]:
        """Yield each cell with what it gains or loses."""
        raise NotImplementedError

    def moves(self) -> Iterator[tuple[str, _Cell, int]]:
        """Yield what kind of coming or going it is, from the side of which school."""
        raise NotImplementedError

    def fault(self) -> str | None:
        return next(filter(None, (list_fault(cell) for cell, _ in self.steps())), None)

    def heard(self) -> Iterable[Heard]:
        return ((cell.school_id, self.school_year, "") for cell, _ in self.steps())

    def added(self) -> Iterator[Added]:
        year = self.school_year
        first = int(year[:4])
        at_start = self.day <= date(first, *_START)
        for cell, by in self.steps():
            key = (cell.school_id, year, *cell.person())
            yield PUPILS, key, (by,)
            if at_start:
                yield PUPILS_AT_START, key, (by,)
            age = (cell.grade, str(first - cell.birth_year), _YES_NO[cell.inclusion])
            yield PUPIL_AGES, (cell.school_id, year, *age), (by,)
        for move, cell, by in self.moves():
            yield MOVES, (cell.school_id, year, move, *cell.person()), (by,)


class _Enrolled(_Fact, gc=False):
    school_id: str
    grade: str
    sex: str
    ethnic_minority: bool
    birth_year: _BirthYear
    inclusion: bool

    def steps(self) -> Iterator[tuple[_Cell, int]]:
        yield self._cell(), 1

    def moves(self) -> Iterator[tuple[str, _Cell, int]]:
        yield "entered", self._cell(), 1

    def _cell(self) -> _Cell:
        return _Cell(
            self.school_id,
            self.grade,
            self.sex,
            self.ethnic_minority,
            self.birth_year,
            self.inclusion,
        )


class _Moved(_Fact, gc=False):
    before: _Cell
    after: _Cell
    reason_code: str

    def steps(self) -> Iterator[tuple[_Cell, int]]:
        yield self.before, -1
        yield self.after, 1

    def moves(self) -> Iterator[tuple[str, _Cell, int]]:
        if self.reason_code in _NO_MOVE:
            return
        if _LEVELS[self.before.grade] != _LEVELS[self.after.grade]:
            yield "entered", self.after, 1
        elif self.before.school_id != self.after.school_id:
            yield "transferred-out", self.before, 1
            yield "transferred-in", self.after, 1


class _Left(_Fact, gc=False):
    before: _Cell
    reason_code: str

    def steps(self) -> Iterator[tuple[_Cell, int]]:
        yield self.before, -1

    def moves(self) -> Iterator[tuple[str, _Cell, int]]:
        match self.reason_code:
            case WithdrawalReason.REGISTERED_IN_ERROR:
                yield "entered", self.before, -1
            case WithdrawalReason.DROPPED_OUT:
                yield "dropped-out", self.before, 1
            case _:
                yield "left", self.before, 1


class _Verified(Counted, gc=False):
    school_year: str
    after: str | None
    before: str | None

    def steps(self) -> Iterator[tuple[str, int]]:
        """Yield each school with what it gains or loses."""
        for school, by in ((self.after, 1), (self.before, -1)):
            if school is not None:
                yield school, by

    def heard(self) -> Iterable[Heard]:
        return ((school, self.school_year, "") for school, _ in self.steps())

    def added(self) -> Iterator[Added]:
        for school, by in self.steps():
            yield IDENTITIES, (school, self.school_year), (by,)


fold = fold_of(
    topics.ENROLMENT,
    {
        StudentEnrolled: _Enrolled,
        StudentTransferred: _Moved,
        StudentWithdrawn: _Left,
        IdentityVerified: _Verified,
    },
)
