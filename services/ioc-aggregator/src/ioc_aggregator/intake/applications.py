"""``admissions.applications.v1`` and ``admissions.quotas.v1``: who asks for which place."""

from collections.abc import Iterable, Iterator
from typing import Annotated

import msgspec

from contracts import topics
from contracts.applications import (
    AdmissionDecided,
    ApplicationStatus,
    ApplicationSubmitted,
    CutScorePublished,
    EnrolmentConfirmed,
    EnrolmentRequested,
    QuotaSet,
)
from ioc_aggregator.intake.counting import Added, Counted, Heard, fold_of, list_fault
from ioc_aggregator.intake.folding import Open, Whole
from ioc_aggregator.measures.decisions import (
    APPLICATIONS,
    CUT_SCORES,
    PLACEMENTS,
    REQUESTS,
    SEATS,
)

_STATUSES = Open(ApplicationStatus)
_Preference = Annotated[int, msgspec.Meta(ge=1, le=9)]
_CutScore = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class _Choices(msgspec.Struct, gc=False):
    status: str
    schools: Annotated[list[str], msgspec.Meta(min_length=1, max_length=9)]


class _Submitted(Counted, gc=False):
    school_year: str
    after: _Choices
    before: _Choices | None

    def heard(self) -> Iterable[Heard]:
        return ((school, self.school_year, "") for school in self.after.schools)

    def added(self) -> Iterator[Added]:
        for cell, by in ((self.after, 1), (self.before, -1)):
            if cell is not None:
                for rank, school in enumerate(cell.schools, 1):
                    key = (school, self.school_year, str(rank), _STATUSES[cell.status])
                    yield APPLICATIONS, key, (by,)


class _Placement(msgspec.Struct, gc=False):
    preference: _Preference | None


class _Decided(Counted, gc=False):
    school_year: str
    origin_school_id: str
    after: _Placement
    before: _Placement | None

    def heard(self) -> Iterable[Heard]:
        return ((self.origin_school_id, self.school_year, ""),)

    def added(self) -> Iterator[Added]:
        for cell, by in ((self.after, 1), (self.before, -1)):
            if cell is not None:
                rank = "none" if cell.preference is None else str(cell.preference)
                yield PLACEMENTS, (self.origin_school_id, self.school_year, rank), (by,)


class _OfSchool(Counted, gc=False):
    school_id: str
    school_year: str

    def heard(self) -> Iterable[Heard]:
        return ((self.school_id, self.school_year, ""),)


class _Confirmed(_OfSchool, gc=False):
    grade: str
    confirmed: bool
    before_confirmed: bool

    def added(self) -> Iterator[Added]:
        key = (self.school_id, self.school_year, self.grade)
        yield SEATS, key, (0, self.confirmed - self.before_confirmed)


class _Quota(_OfSchool, gc=False):
    grade: str
    seats: Whole
    before_seats: Whole

    def added(self) -> Iterator[Added]:
        key = (self.school_id, self.school_year, self.grade)
        yield SEATS, key, (self.seats - self.before_seats, 0)


class _CutScores(_OfSchool, gc=False):
    preference: _Preference
    after: _CutScore | None
    before: _CutScore | None

    def added(self) -> Iterator[Added]:
        key = (self.school_id, self.school_year, str(self.preference))
        for score, by in ((self.after, 1), (self.before, -1)):
            if score is not None:
                yield CUT_SCORES, key, (by * score, by)


class _Request(msgspec.Struct, gc=False):
    school_id: str
    grade: str
    in_zone: bool


class _Requested(Counted, gc=False):
    school_year: str
    after: _Request | None
    before: _Request | None

    def fault(self) -> str | None:
        cells = (cell for cell in (self.after, self.before) if cell is not None)
        return next(filter(None, map(list_fault, cells)), None)

    def heard(self) -> Iterable[Heard]:
        cells = (cell for cell in (self.after, self.before) if cell is not None)
        return ((cell.school_id, self.school_year, "") for cell in cells)

    def added(self) -> Iterator[Added]:
        for cell, by in ((self.after, 1), (self.before, -1)):
            if cell is not None:
                zone = "in" if cell.in_zone else "out"
                yield REQUESTS, (cell.school_id, self.school_year, cell.grade, zone), (by,)


fold = fold_of(
    topics.APPLICATIONS,
    {
        ApplicationSubmitted: _Submitted,
        AdmissionDecided: _Decided,
        EnrolmentConfirmed: _Confirmed,
        EnrolmentRequested: _Requested,
    },
)
fold_quotas = fold_of(topics.QUOTAS, {QuotaSet: _Quota, CutScorePublished: _CutScores})
