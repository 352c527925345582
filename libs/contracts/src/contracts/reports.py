"""What other systems own, as their owners report it: one cell a fact, absolute, before and after.

Cameras, portals, accreditation, complaints, staff, population: the province's other systems hold
them. Their files come in through admissions, which keeps the register of places; so every number
of the statistics still comes from an event, and says when it was reported.
"""

from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from contracts import topics
from contracts.event import Event, Record
from contracts.ids import Count, PlaceId, SchoolYear, Version
from contracts.lists import OpenEnum, Subject


class Adoption(OpenEnum):
    """What a place has, uses or was recognised as: hệ thống, nội dung được báo cáo."""

    SITE = "site"
    """Điểm trường, the main one included."""
    NATIONAL_STANDARD = "national-standard"
    """Trường đạt chuẩn quốc gia (recognised and valid)."""
    SMART_ATTENDANCE = "smart-attendance"
    """Điểm danh thông minh."""
    CAMERA = "camera"
    """Camera giám sát; users are the guardians who view."""
    PORTAL = "portal"
    """Cổng thông tin điện tử."""
    LESSON_PLANS = "lesson-plans"
    """Quản lý giáo án."""
    TIMETABLE = "timetable"
    """Xếp thời khoá biểu."""
    MINISTRY_SYNC = "ministry-sync"
    """Đồng bộ về Bộ: forms that failed, of those due; minutes is the lag."""
    LOGIN = "login"
    """Đăng nhập: failures, of all attempts."""
    RESPONSE = "response"
    """Phản hồi của hệ thống: requests slower than promised, of all."""
    QUEUE = "queue"
    """Hàng đợi: records that wait."""
    COMPLAINT = "complaint"
    """Phản ánh, kiến nghị: open ones, of all received."""
    COMPLAINT_ON_TIME = "complaint-on-time"
    """Phản ánh, kiến nghị: closed on time, of all closed."""
    PRIVACY_REQUEST = "privacy-request"
    """Yêu cầu về dữ liệu cá nhân: closed on time, of all received."""
    OTHER = "other"


class StaffRole(OpenEnum):
    """Vị trí việc làm."""

    TEACHER = "teacher"
    """Giáo viên."""
    MANAGER = "manager"
    """Cán bộ quản lý."""
    EMPLOYEE = "employee"
    """Nhân viên."""
    OTHER = "other"


class Adopted(Record):
    """How much of it there is."""

    items: Count
    """How many there are; 0 where it ended, such as a recognition that is no longer valid."""
    users: Count
    """How many persons use it."""
    out_of: Count
    """Of how many ``items`` are a part; 0 where they are a part of nothing."""


class Staffing(Record):
    """Staff of one role and subject."""

    staff: Count
    women: Count
    qualified: Count
    """With the training that Luật Giáo dục 2019 Art. 72 asks for (đạt chuẩn trình độ)."""
    certified: Count
    """With a digital signature certificate that is valid."""
    norm: Count
    """How many there should be (định mức)."""

    @model_validator(mode="after")
    def _parts_are_parts(self) -> Self:
        if max(self.women, self.qualified, self.certified) > self.staff:
            raise ValueError("a part is larger than the staff")
        return self


class _Reported(Record):
    """What reports have in common."""

    place_id: PlaceId
    """A school or a unit."""
    version: Version
    """Of this cell of this place."""
    school_year: SchoolYear
    day: date
    """The day as of which the owner reports."""


class AdoptionReported(Event, _Reported):
    """How much of something a place has in a school year; again when that changes."""

    NAME: ClassVar[str] = "adoption-reported"
    TOPIC: ClassVar[topics.Topic] = topics.REPORTS
    KEY: ClassVar[str] = "place_id"
    SUBJECT: ClassVar[str] = "place_id"

    system: Adoption
    after: Adopted
    before: Adopted | None
    """What was reported before; null at first."""


class StaffReported(Event, _Reported):
    """How many of a role, and of a subject's teachers, a place has in a school year."""

    NAME: ClassVar[str] = "staff-reported"
    TOPIC: ClassVar[topics.Topic] = topics.REPORTS
    KEY: ClassVar[str] = "place_id"
    SUBJECT: ClassVar[str] = "place_id"

    role: StaffRole
    subject: Subject | None
    """What they teach; null where that is not told apart."""
    after: Staffing
    before: Staffing | None


Age = Annotated[int, Field(ge=0, le=25)]
"""Age by year: the first year of the school year less the year of birth."""


class PopulationReported(Event, _Reported):
    """How many persons of an age live in a unit."""

    NAME: ClassVar[str] = "population-reported"
    TOPIC: ClassVar[topics.Topic] = topics.REPORTS
    KEY: ClassVar[str] = "place_id"
    SUBJECT: ClassVar[str] = "place_id"

    age: Age
    after: Count
    before: Count | None
