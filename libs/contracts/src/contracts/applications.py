"""Facts of admission: quotas, applications, cut scores, placements, places on request."""

from typing import Annotated, ClassVar

from pydantic import Field

from contracts import topics
from contracts.event import Event, Record
from contracts.ids import ApplicationId, Count, PupilId, SchoolId, SchoolYear, Version
from contracts.lists import Grade, OpenEnum

Preference = Annotated[int, Field(ge=1, le=9)]
"""Nguyện vọng: 1 is the first choice."""


class ApplicationStatus(OpenEnum):
    """How far an application is."""

    SUBMITTED = "submitted"
    """Đã nộp."""
    RETURNED = "returned"
    """Trả lại để bổ sung."""
    VALID = "valid"
    """Hợp lệ."""
    WITHDRAWN = "withdrawn"
    """Đã rút."""
    OTHER = "other"


class ApplicationCell(Record):
    """Everything that selects the cells in which an application is counted."""

    status: ApplicationStatus
    schools: Annotated[tuple[SchoolId, ...], Field(min_length=1, max_length=9)]
    """The schools wanted, the first choice first."""


class ApplicationSubmitted(Event):
    """A grade-10 application as it is now; again when its status or choices change."""

    NAME: ClassVar[str] = "application-submitted"
    TOPIC: ClassVar[topics.Topic] = topics.APPLICATIONS
    KEY: ClassVar[str] = "application_id"
    SUBJECT: ClassVar[str] = "application_id"
    DRAFT: ClassVar[bool] = True

    application_id: ApplicationId
    version: Version
    school_year: SchoolYear
    """The school year that it is for."""
    after: ApplicationCell
    before: ApplicationCell | None


class PlacementCell(Record):
    """Where an applicant was placed."""

    school_id: SchoolId | None
    """Null where nowhere."""
    preference: Preference | None
    """Which choice that was."""


class AdmissionDecided(Event):
    """Where an applicant was placed, or that there is no place."""

    NAME: ClassVar[str] = "admission-decided"
    TOPIC: ClassVar[topics.Topic] = topics.APPLICATIONS
    KEY: ClassVar[str] = "application_id"
    SUBJECT: ClassVar[str] = "application_id"
    DRAFT: ClassVar[bool] = True

    application_id: ApplicationId
    version: Version
    school_year: SchoolYear
    origin_school_id: SchoolId
    """The lower secondary school that the applicant comes from."""
    after: PlacementCell
    before: PlacementCell | None


class EnrolmentConfirmed(Event):
    """Somebody who was placed takes the place (xác nhận nhập học), or gives it up."""

    NAME: ClassVar[str] = "enrolment-confirmed"
    TOPIC: ClassVar[topics.Topic] = topics.APPLICATIONS
    KEY: ClassVar[str] = "application_id"
    SUBJECT: ClassVar[str] = "application_id"
    DRAFT: ClassVar[bool] = True

    application_id: ApplicationId
    version: Version
    school_year: SchoolYear
    school_id: SchoolId
    grade: Grade
    confirmed: bool
    before_confirmed: bool


class RequestCell(Record):
    """Everything that selects the cell in which a request for a place is counted."""

    school_id: SchoolId
    grade: Grade
    in_zone: bool
    """Đúng tuyến: the family lives where the school recruits."""


class EnrolmentRequested(Event):
    """A family asks for a place in preschool, grade 1 or grade 6 (tuyển sinh đầu cấp)."""

    NAME: ClassVar[str] = "enrolment-requested"
    TOPIC: ClassVar[topics.Topic] = topics.APPLICATIONS
    KEY: ClassVar[str] = "application_id"
    SUBJECT: ClassVar[str] = "application_id"
    DRAFT: ClassVar[bool] = True

    application_id: ApplicationId
    version: Version
    school_year: SchoolYear
    after: RequestCell | None
    """Null where it was withdrawn."""
    before: RequestCell | None


class QuotaSet(Event):
    """How many pupils a school takes into a grade (chỉ tiêu)."""

    NAME: ClassVar[str] = "quota-set"
    TOPIC: ClassVar[topics.Topic] = topics.QUOTAS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "school_id"
    DRAFT: ClassVar[bool] = True

    school_id: SchoolId
    version: Version
    school_year: SchoolYear
    grade: Grade
    seats: Count
    before_seats: Count


CutScore = Annotated[int, Field(ge=0, le=100_000)]
"""Hundredths of a point; a sum of several papers with what is added to it."""


class CutScorePublished(Event):
    """The cut score (điểm chuẩn) of a school for one choice."""

    NAME: ClassVar[str] = "cut-score-published"
    TOPIC: ClassVar[topics.Topic] = topics.QUOTAS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "school_id"
    DRAFT: ClassVar[bool] = True

    school_id: SchoolId
    version: Version
    school_year: SchoolYear
    preference: Preference
    after: CutScore | None
    """Null where it is taken back."""
    before: CutScore | None


class IdentityVerified(Event):
    """A pupil's personal id was verified against the population database, or no longer is."""

    NAME: ClassVar[str] = "identity-verified"
    TOPIC: ClassVar[topics.Topic] = topics.ENROLMENT
    KEY: ClassVar[str] = "pupil_id"
    SUBJECT: ClassVar[str] = "pupil_id"
    DRAFT: ClassVar[bool] = True

    pupil_id: PupilId
    version: Version
    school_year: SchoolYear
    after: SchoolId | None
    """The school at which the verified pupil counts now; null: not verified, or nowhere."""
    before: SchoolId | None
