"""Facts of the digital transcript (học bạ số) on its way from the school to the ministry."""

from typing import ClassVar

from contracts import topics
from contracts.event import Event
from contracts.ids import PupilId, SchoolId, SchoolYear, TranscriptId, Version
from contracts.lists import Grade, OpenEnum


class Stage(OpenEnum):
    """How far a transcript is."""

    DUE = "due"
    """Phải lập: the pupil needs one for this year."""
    LOCKED = "locked"
    """Đã khoá dữ liệu."""
    SEALED = "sealed"
    """Đã ký số, phát hành."""
    SUBMITTED = "submitted"
    """Đã gửi Sở."""
    ACCEPTED = "accepted"
    """Sở đã tiếp nhận."""
    SYNCED = "synced"
    """Đã đồng bộ về Bộ."""
    REJECTED = "rejected"
    """Bị trả lại."""
    REVOKED = "revoked"
    """Đã thu hồi, thay thế."""
    OTHER = "other"


class RejectionReason(OpenEnum):
    """Why a transcript was sent back."""

    SIGNATURE = "signature"
    """Chữ ký số không hợp lệ."""
    SCHEMA = "schema"
    """Sai cấu trúc dữ liệu."""
    IDENTITY = "identity"
    """Sai mã định danh."""
    CONTENT = "content"
    """Sai nội dung."""
    OTHER = "other"


class TranscriptIssued(Event):
    """A transcript reached another stage."""

    NAME: ClassVar[str] = "transcript-issued"
    TOPIC: ClassVar[topics.Topic] = topics.TRANSCRIPTS
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "transcript_id"
    DRAFT: ClassVar[bool] = True

    transcript_id: TranscriptId
    version: Version
    pupil_id: PupilId
    school_id: SchoolId
    school_year: SchoolYear
    grade: Grade
    after: Stage
    before: Stage | None
    """Null where it becomes due."""
    reason_code: RejectionReason | None
    """Why, where it was rejected."""
