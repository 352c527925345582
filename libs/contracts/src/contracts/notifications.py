"""Facts of notifications: whose guardians they are, and what became of the messages to them.

Ids only: no name, address, text or value of a message ever stands here. Every fact repeats what
selects the cells that it changes, before and after, so that links and messages add up per school
and no reader has to remember one.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, NamedTuple, Self

from pydantic import Field, StringConstraints, model_validator

from contracts import topics
from contracts.columns import Sparse
from contracts.event import Event, Record
from contracts.ids import Count, Dong, GuardianId, MessageId, PupilId, SchoolId, Version
from contracts.lists import Grade, OpenEnum

MAX_MESSAGES = 200
"""The most messages one fact may tell of; what goes beyond stands in a further fact."""


class Relation(OpenEnum):
    """What a guardian is to a pupil: quan hệ với học sinh."""

    MOTHER = "mother"
    """Mẹ."""
    FATHER = "father"
    """Cha."""
    GRANDPARENT = "grandparent"
    """Ông, bà."""
    SIBLING = "sibling"
    """Anh, chị."""
    LEGAL_GUARDIAN = "legal-guardian"
    """Người giám hộ (Bộ luật Dân sự 2015, Art. 46-63)."""
    OTHER = "other"


class UnlinkReason(OpenEnum):
    """Why a person is no longer a pupil's guardian here; the words stay in notifications."""

    ENTRY_ERROR = "entry-error"
    """Nhập nhầm."""
    CUSTODY_CHANGED = "custody-changed"
    """Thay đổi người chăm sóc, nuôi dưỡng."""
    GUARDIAN_ASKED = "guardian-asked"
    """Phụ huynh yêu cầu."""
    GUARDIAN_ERASED = "guardian-erased"
    """The guardian's personal data was erased."""
    PUPIL_ERASED = "pupil-erased"
    """The pupil's personal data was erased."""
    OTHER = "other"


class Channel(OpenEnum):
    """How a message goes: kênh gửi."""

    EMAIL = "email"
    SMS = "sms"
    ZALO = "zalo"
    PUSH = "push"
    OTHER = "other"


class Purpose(OpenEnum):
    """What a message is about, and what a guardian consents to: mục đích xử lý."""

    SCORES = "scores"
    """Điểm số."""
    FEES = "fees"
    """Các khoản thu."""
    ENROLMENT = "enrolment"
    """Ghi danh, chuyển trường, chuyển lớp."""
    ATTENDANCE = "attendance"
    """Chuyên cần: vắng, đi muộn. Since 1.2 of the messages' facts."""
    OTHER = "other"


class Outcome(OpenEnum):
    """What a message counts as."""

    DELIVERED = "delivered"
    FAILED = "failed"
    OTHER = "other"


class FailureReason(OpenEnum):
    """Why a message did not, or may not have, reached its guardian."""

    ADDRESS_REFUSED = "address-refused"
    """The receiving side knows no such address."""
    REFUSED = "refused"
    """The receiving side does not take this message."""
    BOUNCED = "bounced"
    """It was taken, and came back later."""
    EXPIRED = "expired"
    """It could not be sent while it was news."""
    OUTCOME_UNKNOWN = "outcome-unknown"
    """It may have been delivered: the answer was lost, and it is not sent again."""
    NOT_RENDERED = "not-rendered"
    """Its text could not be made."""
    OTHER = "other"


class LinkCell(Record):
    """Everything that selects the cells in which a link is counted."""

    school_id: SchoolId
    grade: Grade


class GuardianLinked(Event):
    """A person is a pupil's guardian; again when school, grade or relation change.

    Links of a school = Σ ``after`` there - Σ ``before`` there, over this fact and the next one.
    """

    NAME: ClassVar[str] = "guardian-linked"
    TOPIC: ClassVar[topics.Topic] = topics.GUARDIANS
    KEY: ClassVar[str] = "pupil_id"
    SUBJECT: ClassVar[str] = "guardian_id"

    guardian_id: GuardianId
    pupil_id: PupilId
    version: Version
    """Of this link; it goes on counting when the link is ended and made again."""
    relation: Relation
    day: date
    after: LinkCell | None
    """Where the pupil studies now; null while nowhere in the province."""
    before: LinkCell | None
    """Where the link counted before this fact; null if nowhere."""


class GuardianUnlinked(Event):
    """A person is no longer a pupil's guardian here."""

    NAME: ClassVar[str] = "guardian-unlinked"
    TOPIC: ClassVar[topics.Topic] = topics.GUARDIANS
    KEY: ClassVar[str] = "pupil_id"
    SUBJECT: ClassVar[str] = "guardian_id"

    guardian_id: GuardianId
    pupil_id: PupilId
    version: Version
    day: date
    reason_code: UnlinkReason
    before: LinkCell | None


class GuardianReached(Event):
    """A guardian was reached within the last 30 days, or no longer was (a month of silence)."""

    NAME: ClassVar[str] = "guardian-reached"
    TOPIC: ClassVar[topics.Topic] = topics.GUARDIANS
    KEY: ClassVar[str] = "pupil_id"
    SUBJECT: ClassVar[str] = "guardian_id"
    DRAFT: ClassVar[bool] = True

    guardian_id: GuardianId
    pupil_id: PupilId
    version: Version
    day: date
    after: LinkCell | None
    """Where a pupil counts whose guardian was reached; null: not reached, or nowhere."""
    before: LinkCell | None


TemplateName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$", max_length=64)]
"""The name of a template without its version: ``score-saved``."""

PartCount = Annotated[int, Field(ge=0, le=100)]
"""How many parts the channel counts for a message; 0 where it went with another one's parts."""


class MessageRow(NamedTuple):
    """One message of a fact."""

    message: MessageId
    guardian: GuardianId
    parts: int
    cost: int
    before: Outcome | None
    """What it counted as before; null if it counts for the first time."""
    before_day: date | None
    """The day on which it counted so; null as ``before``."""


class _Messages(Record):
    """Messages that are alike, as columns.

    A message counts, with its parts and cost, as what the newest fact says; a row with ``before``
    counted so until now, on its day in ``before_days`` or else on the day of this fact: as
    delivered with the same parts and cost, as failed with none, for it was only in doubt.
    """

    school_id: SchoolId
    """The school that the messages are about."""
    channel: Channel
    purpose: Purpose
    template: TemplateName
    day: date
    """The day of the outcome."""
    messages: Annotated[tuple[MessageId, ...], Field(min_length=1, max_length=MAX_MESSAGES)]
    guardians: Annotated[tuple[GuardianId, ...], Field(min_length=1, max_length=MAX_MESSAGES)]
    parts: Annotated[tuple[PartCount, ...], Field(min_length=1, max_length=MAX_MESSAGES)]
    costs: Annotated[tuple[Dong, ...], Field(min_length=1, max_length=MAX_MESSAGES)]
    """What each message cost, in đồng."""
    before: Sparse[Outcome]
    before_days: Sparse[date] = Sparse(at=(), value=())
    """The day of the outcome before, where it is not the day of this one. Since 1.1."""

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        rows = len(self.messages)
        if not rows == len(self.guardians) == len(self.parts) == len(self.costs):
            raise ValueError("the columns differ in length")
        if Counter(self.messages).most_common(1)[0][1] > 1:
            raise ValueError("a message stands twice")
        if self.before.at and self.before.at[-1] >= rows:
            raise ValueError("before names a row that is not there")
        if not set(self.before_days.at) <= set(self.before.at):
            raise ValueError("before_days names a row that has no before")
        return self

    def rows(self) -> Iterator[MessageRow]:
        """Yield message by message."""
        before = self.before.spread(len(self.messages))
        days = [
            None if outcome is None else day or self.day
            for outcome, day in zip(
                before, self.before_days.spread(len(self.messages)), strict=True
            )
        ]
        columns = (self.messages, self.guardians, self.parts, self.costs, before, days)
        yield from map(MessageRow._make, zip(*columns, strict=True))


class MessageDelivered(Event, _Messages):
    """Messages were taken by the side that receives them."""

    NAME: ClassVar[str] = "message-delivered"
    MINOR: ClassVar[int] = 2
    TOPIC: ClassVar[topics.Topic] = topics.MESSAGES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "school_id"


class MessageFailed(Event, _Messages):
    """Messages were given up, or turned out not to have arrived."""

    NAME: ClassVar[str] = "message-failed"
    MINOR: ClassVar[int] = 2
    TOPIC: ClassVar[topics.Topic] = topics.MESSAGES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "school_id"

    reason_code: FailureReason


class StaffMessageDelivered(Event):
    """Messages about work (điều hành) reached staff of a school, as one fact for each batch."""

    NAME: ClassVar[str] = "staff-message-delivered"
    TOPIC: ClassVar[topics.Topic] = topics.MESSAGES
    KEY: ClassVar[str] = "school_id"
    SUBJECT: ClassVar[str] = "school_id"
    DRAFT: ClassVar[bool] = True

    school_id: SchoolId
    channel: Channel
    day: date
    messages: Count
    before_messages: Count
    """What was counted of this batch before; 0 at first."""
