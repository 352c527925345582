"""Facts of admissions: the administration, the schools, the calendar, who studies where."""

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from contracts import topics
from contracts.event import Event, Record
from contracts.ids import (
    Name,
    PupilId,
    SchoolCode,
    SchoolId,
    SchoolYear,
    Sealed,
    UnitCode,
    UnitId,
    Version,
)
from contracts.lists import (
    Grade,
    Level,
    Ownership,
    Sex,
    Term,
    TransferReason,
    UnitKind,
    WithdrawalReason,
)


class UnitRegistered(Event):
    """A unit of the administration exists, under this name, from this day; renamed if known."""

    NAME: ClassVar[str] = "unit-registered"
    TOPIC: ClassVar[topics.Topic] = topics.UNITS
    KEY: ClassVar[str] = "unit_id"
    SUBJECT: ClassVar[str] = "unit_id"

    unit_id: UnitId
    version: Version
    code: UnitCode
    name: Name
    kind: UnitKind
    parent_id: UnitId | None
    """The unit it belongs to; none for the province."""
    valid_from: date


class UnitMerged(Event):
    """A unit ended on this day and became part of another."""

    NAME: ClassVar[str] = "unit-merged"
    TOPIC: ClassVar[topics.Topic] = topics.UNITS
    KEY: ClassVar[str] = "unit_id"
    SUBJECT: ClassVar[str] = "unit_id"

    unit_id: UnitId
    """The unit that ends."""
    version: Version
    into_id: UnitId
    valid_from: date


class SchoolRegistered(Event):
    """A school as it is from this day on: each fact replaces the one before."""

    NAME: ClassVar[str] = "school-registered"
    TOPIC: ClassVar[topics.Topic] = topics.SCHOOLS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "school_id"

    school_id: SchoolId
    version: Version
    code: SchoolCode
    name: Name
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    ownership: Ownership
    unit_id: UnitId
    """The commune it stands in."""
    valid_from: date
    open: bool
    """False once it is dissolved (giải thể)."""


class TermDates(Record):
    """The days of one term, both included."""

    term: Term
    first_day: date
    last_day: date

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        _check_days(self.first_day, self.last_day)
        return self


class Holiday(Record):
    """Days without school, both included."""

    first_day: date
    last_day: date
    name: Name

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        _check_days(self.first_day, self.last_day)
        return self


class SchoolYearSet(Event):
    """The calendar of a school year (khung kế hoạch thời gian năm học)."""

    NAME: ClassVar[str] = "school-year-set"
    TOPIC: ClassVar[topics.Topic] = topics.SCHOOL_YEARS
    KEY: ClassVar[str] = "school_year"
    SUBJECT: ClassVar[str] = "school_year"

    school_year: SchoolYear
    version: Version
    first_day: date
    last_day: date
    terms: Annotated[tuple[TermDates, ...], Field(min_length=1)]
    holidays: tuple[Holiday, ...]

    @model_validator(mode="after")
    def _is_a_calendar(self) -> Self:
        _check_days(self.first_day, self.last_day)
        if len({term.term for term in self.terms}) != len(self.terms):
            raise ValueError("a term stands twice")
        return self


class PupilCell(Record):
    """Everything that selects the cells in which a pupil is counted."""

    school_id: SchoolId
    grade: Grade
    sex: Sex
    ethnic_minority: bool
    birth_year: Annotated[int, Field(ge=1900, le=2999)]
    inclusion: bool
    """Học sinh khuyết tật học hòa nhập."""


class StudentEnrolled(Event):
    """A pupil studies at a school from this day."""

    NAME: ClassVar[str] = "student-enrolled"
    TOPIC: ClassVar[topics.Topic] = topics.ENROLMENT
    KEY: ClassVar[str] = "pupil_id"
    SUBJECT: ClassVar[str] = "pupil_id"

    pupil_id: PupilId
    version: Version
    school_id: SchoolId
    grade: Grade
    school_year: SchoolYear
    sex: Sex
    ethnic_minority: bool
    birth_year: Annotated[int, Field(ge=1900, le=2999)]
    inclusion: bool
    """Học sinh khuyết tật học hòa nhập."""
    day: date
    sealed: Sealed
    """AES-256-GCM of ``{"name", "birth_date"}`` under the pupil's key."""


class StudentTransferred(Event):
    """A pupil's school, or anything else that selects a cell, changed on this day."""

    NAME: ClassVar[str] = "student-transferred"
    TOPIC: ClassVar[topics.Topic] = topics.ENROLMENT
    KEY: ClassVar[str] = "pupil_id"
    SUBJECT: ClassVar[str] = "pupil_id"

    pupil_id: PupilId
    version: Version
    school_year: SchoolYear
    day: date
    reason_code: TransferReason
    before: PupilCell
    after: PupilCell
    sealed: Sealed


class StudentWithdrawn(Event):
    """A pupil is no longer enrolled in the province from this day."""

    NAME: ClassVar[str] = "student-withdrawn"
    TOPIC: ClassVar[topics.Topic] = topics.ENROLMENT
    KEY: ClassVar[str] = "pupil_id"
    SUBJECT: ClassVar[str] = "pupil_id"

    pupil_id: PupilId
    version: Version
    school_year: SchoolYear
    day: date
    reason_code: WithdrawalReason
    before: PupilCell


def _check_days(first: date, last: date) -> None:
    if first > last:
        raise ValueError("the last day is before the first")
