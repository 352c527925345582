"""Facts of admissions, payments and notifications that say which cells they change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Annotated

import msgspec

from edu.verify.telling import OfSchool, Telling, Told
from edu.verify.values import (
    CHANNELS,
    FEE_KINDS,
    METHODS,
    Count,
    Data,
    Dong,
    Grade,
    Paid,
    SchoolYear,
    Subject,
    Uuid,
    named,
    year_of,
)

Choice = Annotated[int, msgspec.Meta(ge=1, le=9)]
Cut = Annotated[int, msgspec.Meta(ge=0, le=100_000)]
SYSTEMS = frozenset(
    {
        "site", "national-standard", "smart-attendance", "camera", "portal", "lesson-plans",
        "timetable", "ministry-sync", "login", "response", "queue", "complaint",
        "complaint-on-time", "privacy-request",
    }
)  # fmt: skip


class _Choices(Data, frozen=True):
    """An application's state and schools, the first choice first."""

    status: str
    schools: Annotated[list[Uuid], msgspec.Meta(min_length=1, max_length=9)]


class _Application(Telling, frozen=True):
    """An application as it is now."""

    school_year: SchoolYear
    after: _Choices
    before: _Choices | None

    def heard(self) -> Iterable[tuple[str, str, str]]:
        return {(school, self.school_year, "") for school in self.after.schools}

    def told(self) -> Iterator[Told]:
        for cell, by in ((self.after, 1), (self.before, -1)):
            for at, school in enumerate(cell.schools if cell else ()):
                statuses = frozenset({"submitted", "returned", "valid", "withdrawn"})
                row = {
                    "school": school,
                    "school_year": self.school_year,
                    "preference": str(at + 1),
                    "status": named(cell.status if cell else "", statuses),
                }
                yield "applications", row, {"applications": by}


class _Placement(Data, frozen=True):
    """At which choice."""

    preference: Choice | None


class _Placed(Telling, frozen=True):
    """Where an applicant was placed."""

    school_year: SchoolYear
    origin_school_id: Uuid
    after: _Placement
    before: _Placement | None

    def heard(self) -> Iterable[tuple[str, str, str]]:
        return [(self.origin_school_id, self.school_year, "")]

    def told(self) -> Iterator[Told]:
        row = {"school": self.origin_school_id, "school_year": self.school_year}
        for cell, by in ((self.after, 1), (self.before, -1)):
            if cell is not None:
                choice = str(cell.preference) if cell.preference else "none"
                yield "placements", row | {"preference": choice}, {"applicants": by}


class _Confirmed(OfSchool, frozen=True):
    """A place was taken."""

    grade: Grade
    confirmed: bool
    before_confirmed: bool

    def told(self) -> Iterator[Told]:
        by = int(self.confirmed) - int(self.before_confirmed)
        yield "seats", self.row(grade=self.grade), {"confirmed": by}


class _Quota(OfSchool, frozen=True):
    """How many places there are."""

    grade: Grade
    seats: Count
    before_seats: Count

    def told(self) -> Iterator[Told]:
        yield "seats", self.row(grade=self.grade), {"quota": self.seats - self.before_seats}


class _CutScore(OfSchool, frozen=True):
    """A cut score."""

    preference: Choice
    after: Cut | None
    before: Cut | None

    def told(self) -> Iterator[Told]:
        row = self.row(preference=str(self.preference))
        for score, by in ((self.after, 1), (self.before, -1)):
            if score is not None:
                yield "cut_scores", row, {"points": by * score, "scores": by}


class _Wanted(Data, frozen=True):
    """A place that a family asks for."""

    school_id: Uuid
    grade: Grade
    in_zone: bool


class _Request(Telling, frozen=True):
    """A family asks for a place."""

    school_year: SchoolYear
    after: _Wanted | None
    before: _Wanted | None

    def heard(self) -> Iterable[tuple[str, str, str]]:
        cells = (self.after, self.before)
        return {(cell.school_id, self.school_year, "") for cell in cells if cell}

    def told(self) -> Iterator[Told]:
        for cell, by in ((self.after, 1), (self.before, -1)):
            if cell is not None:
                row = {
                    "school": cell.school_id,
                    "school_year": self.school_year,
                    "grade": cell.grade,
                    "zone": "in" if cell.in_zone else "out",
                }
                yield "requests", row, {"requests": by}


class _Verified(Telling, frozen=True):
    """A pupil's identity is verified here, and was there."""

    school_year: SchoolYear
    after: Uuid | None
    before: Uuid | None

    def heard(self) -> Iterable[tuple[str, str, str]]:
        schools = {self.after, self.before} - {None}
        return {(school, self.school_year, "") for school in schools if school}

    def told(self) -> Iterator[Told]:
        for school, by in ((self.after, 1), (self.before, -1)):
            if school:
                row = {"school": school, "school_year": self.school_year}
                yield "identities", row, {"pupils": by}


class _OfPlace(Telling, frozen=True):
    """A report of a place."""

    place_id: Uuid
    school_year: SchoolYear
    day: date

    def heard(self) -> Iterable[tuple[str, str, str]]:
        return [(self.place_id, self.school_year, "")]

    def row(self, **dims: str) -> dict[str, str]:
        """Give the dimensions of one of its rows."""
        return {"school": self.place_id, "school_year": self.school_year, **dims}


class _Adopted(Data, frozen=True):
    """How much of it."""

    items: Count
    users: Count
    out_of: Count


class _Adoption(_OfPlace, frozen=True):
    """What a place has of something."""

    system: str
    after: _Adopted
    before: _Adopted | None

    def told(self) -> Iterator[Told]:
        row = self.row(system=named(self.system, SYSTEMS))
        for cell, by in ((self.after, 1), (self.before, -1)):
            if cell is not None:
                yield "adoptions", row, _times(cell, by)


class _Staffing(Data, frozen=True):
    """How many of them."""

    staff: Count
    women: Count
    qualified: Count
    certified: Count
    norm: Count


class _Staff(_OfPlace, frozen=True):
    """Who works at a place."""

    role: str
    subject: Subject | None
    after: _Staffing
    before: _Staffing | None

    def told(self) -> Iterator[Told]:
        roles = frozenset({"teacher", "manager", "employee"})
        row = self.row(role=named(self.role, roles), subject=self.subject or "")
        for cell, by in ((self.after, 1), (self.before, -1)):
            if cell is not None:
                yield "staff", row, _times(cell, by)


class _Population(_OfPlace, frozen=True):
    """Who lives in a unit."""

    age: Annotated[int, msgspec.Meta(ge=0, le=25)]
    after: Count
    before: Count | None

    def told(self) -> Iterator[Told]:
        yield (
            "population",
            self.row(age=str(self.age)),
            {"persons": self.after - (self.before or 0)},
        )


class _Service(OfSchool, frozen=True):
    """A pupil is registered for a service."""

    grade: Grade
    service: str
    subscribed: bool
    before_subscribed: bool

    def told(self) -> Iterator[Told]:
        row = self.row(grade=self.grade, fee_kind=named(self.service, FEE_KINDS))
        yield "services", row, {"pupils": int(self.subscribed) - int(self.before_subscribed)}


class _Subsidy(OfSchool, frozen=True):
    """What the State pays."""

    grade: Grade
    pupils: Count
    before_pupils: Count
    amount: Dong
    before_amount: Dong

    def told(self) -> Iterator[Told]:
        values = {
            "amount": self.amount - self.before_amount,
            "pupils": self.pupils - self.before_pupils,
        }
        yield "subsidies", self.row(grade=self.grade), values


class _Invoice(OfSchool, frozen=True):
    """What became of an e-invoice."""

    after: str
    before: str | None

    def told(self) -> Iterator[Told]:
        for status, by in ((self.after, 1), (self.before, -1)):
            if status is not None:
                known = named(status, frozenset({"issued", "failed", "cancelled"}))
                yield "einvoices", self.row(status=known), {"invoices": by}


class _OnDay(Telling, frozen=True):
    """A fact of a school that names only its day."""

    school_id: Uuid
    day: date

    def __post_init__(self) -> None:
        year_of(self.day)

    def heard(self) -> Iterable[tuple[str, str, str]]:
        return [(self.school_id, year_of(self.day), "")]

    def row(self, **dims: str) -> dict[str, str]:
        """Give the dimensions of one of its rows."""
        year = year_of(self.day)
        return {"school": self.school_id, "school_year": year, "day": str(self.day), **dims}


class _Unmatched(_OnDay, frozen=True):
    """Money without a charge."""

    method: str
    amount: Paid
    unmatched: bool
    before_unmatched: bool

    def told(self) -> Iterator[Told]:
        by = int(self.unmatched) - int(self.before_unmatched)
        row = self.row(method=named(self.method, METHODS))
        yield "unmatched", row, {"payments": by, "amount": by * self.amount}


class _ToStaff(_OnDay, frozen=True):
    """Messages to staff."""

    channel: str
    messages: Count
    before_messages: Count

    def told(self) -> Iterator[Told]:
        row = self.row(channel=named(self.channel, CHANNELS))
        yield "staff_messages", row, {"delivered": self.messages - self.before_messages}


def _times(cell: _Adopted | _Staffing, by: int) -> dict[str, int]:
    return {name: by * value for name, value in msgspec.structs.asdict(cell).items()}


OTHERS: Mapping[str, type[Telling]] = {
    "edu.admissions.identity-verified.v1": _Verified,
    "edu.admissions.application-submitted.v1": _Application,
    "edu.admissions.admission-decided.v1": _Placed,
    "edu.admissions.enrolment-confirmed.v1": _Confirmed,
    "edu.admissions.enrolment-requested.v1": _Request,
    "edu.admissions.quota-set.v1": _Quota,
    "edu.admissions.cut-score-published.v1": _CutScore,
    "edu.admissions.adoption-reported.v1": _Adoption,
    "edu.admissions.staff-reported.v1": _Staff,
    "edu.admissions.population-reported.v1": _Population,
    "edu.payments.service-subscribed.v1": _Service,
    "edu.payments.subsidy-computed.v1": _Subsidy,
    "edu.payments.payment-unmatched.v1": _Unmatched,
    "edu.payments.einvoice-issued.v1": _Invoice,
    "edu.notifications.staff-message-delivered.v1": _ToStaff,
}
