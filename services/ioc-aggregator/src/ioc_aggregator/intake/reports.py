"""``admissions.reports.v1``: what other systems own, as it was last reported."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated

import msgspec

from contracts import topics
from contracts.reports import (
    Adoption,
    AdoptionReported,
    PopulationReported,
    StaffReported,
    StaffRole,
)
from ioc_aggregator.intake.counting import Added, Counted, Heard, fold_of
from ioc_aggregator.intake.folding import Open, Whole
from ioc_aggregator.measures.outside import ADOPTIONS, POPULATION, STAFF

_SYSTEMS, _ROLES = Open(Adoption), Open(StaffRole)
_Age = Annotated[int, msgspec.Meta(ge=0, le=25)]


class _Report(Counted, gc=False):
    place_id: str
    school_year: str
    day: date

    def heard(self) -> Iterable[Heard]:
        return ((self.place_id, self.school_year, ""),)


class _Adopted(msgspec.Struct, gc=False):
    items: Whole
    users: Whole
    out_of: Whole

    def values(self, by: int) -> tuple[int, ...]:
        """Give its columns."""
        return (by * self.items, by * self.users, by * self.out_of)


class _Adoption(_Report, gc=False):
    system: str
    after: _Adopted
    before: _Adopted | None

    def added(self) -> Iterator[Added]:
        key = (self.place_id, self.school_year, _SYSTEMS[self.system])
        yield ADOPTIONS, key, self.after.values(1)
        if self.before is not None:
            yield ADOPTIONS, key, self.before.values(-1)


class _Staffing(msgspec.Struct, gc=False):
    staff: Whole
    women: Whole
    qualified: Whole
    certified: Whole
    norm: Whole

    def values(self, by: int) -> tuple[int, ...]:
        """Give its columns."""
        own = (self.staff, self.women, self.qualified, self.certified, self.norm)
        return tuple(by * value for value in own)


class _Staff(_Report, gc=False):
    role: str
    subject: str | None
    after: _Staffing
    before: _Staffing | None

    def added(self) -> Iterator[Added]:
        key = (self.place_id, self.school_year, _ROLES[self.role], self.subject or "")
        yield STAFF, key, self.after.values(1)
        if self.before is not None:
            yield STAFF, key, self.before.values(-1)


class _Population(_Report, gc=False):
    age: _Age
    after: Whole
    before: Whole | None

    def added(self) -> Iterator[Added]:
        key = (self.place_id, self.school_year, str(self.age))
        yield POPULATION, key, (self.after - (self.before or 0),)


fold = fold_of(
    topics.REPORTS,
    {AdoptionReported: _Adoption, StaffReported: _Staff, PopulationReported: _Population},
)
