"""What the routes of guardians take and answer.

The answers of commands hold ids only, because the chassis keeps them for a month.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from chassis.http import RequestModel, Words
from contracts.ids import GuardianId, PupilId, Version
from contracts.notifications import Channel, Purpose, Relation, UnlinkReason
from notifications.guardians.contacts import Email, PersonName, Phone
from notifications.guardians.domain import OFFERED, EvidenceKind

Note = Annotated[Words, StringConstraints(min_length=1, max_length=300)]


class Reach(RequestModel):
    """Who a guardian is and how to reach them."""

    name: PersonName
    email: Email | None = None
    phone: Phone | None = None


class NewLink(RequestModel):
    """A pupil, and what the guardian is to them."""

    pupil_id: PupilId
    relation: Relation


class Given(RequestModel):
    """A consent, and how it can be shown. None is ever assumed."""

    purpose: Purpose
    evidence_kind: EvidenceKind
    evidence: Note | None = None


class NewGuardian(Reach):
    """A guardian to register; ``guardian_id`` is the subject that they sign in with, if known."""

    guardian_id: GuardianId | None = None
    pupils: Annotated[list[NewLink], Field(min_length=1, max_length=10)]
    consents: Annotated[list[Given], Field(max_length=10, default_factory=list)]


class NewGuardians(RequestModel):
    """Guardians to register, all of them or none."""

    guardians: Annotated[list[NewGuardian], Field(min_length=1, max_length=50)]


class ChangedContacts(Reach):
    """The contacts from now on; ``version`` is the guardian's as read."""

    version: Version


class RelationBody(RequestModel):
    """What the guardian is to the pupil."""

    relation: Relation


class UnlinkBody(RequestModel):
    """Why they are no longer the pupil's guardian."""

    reason_code: UnlinkReason


class ConsentBody(RequestModel):
    """What the guardian says: yes or no, and how that can be shown."""

    given: bool
    evidence_kind: EvidenceKind
    evidence: Note | None = None


class QuietHours(RequestModel):
    """From when until when not to be disturbed, by the clock of the province."""

    begins: time
    ends: time


class WishesBody(RequestModel):
    """How and when a guardian wants to hear from us; ``version`` 0 while it was never said."""

    version: Annotated[int, Field(ge=0)]
    channels: Annotated[list[Channel], Field(max_length=len(OFFERED))]
    quiet: QuietHours | None
    digest: bool


class LinkAnswer(BaseModel):
    """A link to a pupil."""

    pupil_id: str
    version: int
    relation: Relation


class RegisteredGuardian(BaseModel):
    """A guardian who was registered, with the links."""

    guardian_id: str
    version: int
    pupils: Sequence[LinkAnswer]


class RegisteredGuardians(BaseModel):
    """The guardians in the order of the request."""

    guardians: Sequence[RegisteredGuardian]


class GuardianVersion(BaseModel):
    """A guardian after a change."""

    guardian_id: str
    version: int


class PupilOfGuardian(LinkAnswer):
    """A pupil of a guardian, with the name."""

    name: str | None
    school_id: str | None


class GuardianAnswer(BaseModel):
    """A guardian. ``reachable``: the channels by which something can arrive."""

    guardian_id: str
    version: int
    name: str | None
    email: str | None
    phone: str | None
    email_refused: bool
    reachable: Sequence[Channel]
    consents: Sequence[Purpose]


class WholeGuardian(GuardianAnswer):
    """A guardian with their pupils."""

    pupils: Sequence[PupilOfGuardian]


class GuardianOfPupil(GuardianAnswer):
    """A guardian of one pupil."""

    relation: Relation


class PupilGuardians(BaseModel):
    """The guardians of a pupil; of nobody reachable, the school hears here."""

    pupil_id: str
    name: str | None
    guardians: Sequence[GuardianOfPupil]


class ClassGuardians(BaseModel):
    """The pupils of a class with their guardians."""

    class_id: str
    pupils: Sequence[PupilGuardians]


class StatementAnswer(BaseModel):
    """One line of the ledger of consents."""

    number: int
    purpose: Purpose
    given: bool
    evidence_kind: EvidenceKind
    evidence: str | None
    recorded_by: str
    recorded_at: datetime


class ConsentsAnswer(BaseModel):
    """What a guardian consents to now, and all that they ever said."""

    guardian_id: str
    consents: Sequence[Purpose]
    ledger: Sequence[StatementAnswer]


class QuietAnswer(BaseModel):
    """Quiet hours."""

    begins: time
    ends: time


class WishesAnswer(BaseModel):
    """A guardian's wishes."""

    guardian_id: str
    version: int
    channels: Sequence[Channel]
    quiet: QuietAnswer | None
    digest: bool
