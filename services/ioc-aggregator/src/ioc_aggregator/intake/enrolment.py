"""``admissions.enrolment.v1``: who studies where becomes how many study where."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from contracts import topics
from contracts.admissions import StudentEnrolled, StudentTransferred, StudentWithdrawn
from contracts.envelope import Envelope
from contracts.lists import Sex
from ioc_aggregator.intake.folding import GRADES, Folded, key_fault
from ioc_aggregator.measures.cells import Change, Key
from ioc_aggregator.measures.families import PUPILS, REPORTED

STREAM = topics.ENROLMENT.name


class _Cell(msgspec.Struct, gc=False):
    school_id: str
    grade: str
    sex: str
    ethnic_minority: bool


class _Enrolled(_Cell, gc=False):
    school_year: str


class _Moved(msgspec.Struct, gc=False):
    school_year: str
    before: _Cell
    after: _Cell


class _Left(msgspec.Struct, gc=False):
    school_year: str
    before: _Cell


_ENROLLED = StudentEnrolled.type_name()
_MOVED = StudentTransferred.type_name()
_LEFT = StudentWithdrawn.type_name()
_DECODERS: dict[str, msgspec.json.Decoder[_Enrolled | _Moved | _Left]] = {
    _ENROLLED: msgspec.json.Decoder(_Enrolled),
    _MOVED: msgspec.json.Decoder(_Moved),
    _LEFT: msgspec.json.Decoder(_Left),
}
_SEXES = {str(sex): str(sex) for sex in Sex}
_YES_NO = ("no", "yes")


def fold(events: Sequence[Envelope]) -> Folded:
    """Count pupils: an enrolment adds one, a transfer moves one, a withdrawal takes one away."""
    folded = Folded()
    pupils: Counter[Key] = Counter()
    reported: Counter[Key] = Counter()
    for index, fact in folded.facts(events, _DECODERS):
        steps = _steps(fact)
        fault = next(filter(None, (_fault(cell, fact.school_year) for cell, _ in steps)), None)
        if fault is not None:
            folded.refuse(index, fault)
            continue
        for cell, step in steps:
            pupils[_key(cell, fact.school_year)] += step
        for school in {cell.school_id for cell, _ in steps}:
            reported[school, STREAM, fact.school_year, ""] += 1
    folded.delta.changes[PUPILS.name] = Change.count(pupils)
    folded.delta.changes[REPORTED.name] = Change.count(reported)
    return folded


def _steps(fact: _Enrolled | _Moved | _Left) -> tuple[tuple[_Cell, int], ...]:
    if isinstance(fact, _Enrolled):
        return ((fact, 1),)
    if isinstance(fact, _Moved):
        return ((fact.before, -1), (fact.after, 1))
    return ((fact.before, -1),)


def _fault(cell: _Cell, school_year: str) -> str | None:
    if cell.grade not in GRADES:
        return "grade is not in the closed list"
    return key_fault(cell.school_id, school_year)


def _key(cell: _Cell, school_year: str) -> Key:
    sex = _SEXES.get(cell.sex, str(Sex.OTHER))
    return (cell.school_id, school_year, cell.grade, sex, _YES_NO[cell.ethnic_minority])
