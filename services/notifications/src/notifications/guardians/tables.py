"""Guardians with sealed contacts, their links, their consents and their wishes."""

from datetime import datetime, time

from sqlalchemy import ARRAY, BigInteger, Text
from sqlmodel import Field, Index

from chassis.columns import Id, code
from contracts.lists import Grade
from contracts.notifications import Channel, Purpose, Relation
from notifications.base import Base, Moment
from notifications.guardians.domain import EvidenceKind


class Guardian(Base, table=True):
    """A guardian. Name, e-mail and phone are sealed under a key of their own; none once erased."""

    guardian_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    wrapped_key: str | None
    key_id: str | None
    sealed: str | None = Field(sa_type=Text)
    has_email: bool
    has_phone: bool
    email_refused: bool
    """The receiving side does not know the address; nothing is sent there until it changes."""
    changed_at: datetime = Field(sa_type=Moment)
    """When the contacts were last changed."""


class GuardianLink(Base, table=True):
    """Whose guardian somebody is or was, and where that counts."""

    __tablename__ = "guardian_link"
    __table_args__ = (Index(None, "pupil_id"),)

    guardian_id: str = Field(primary_key=True, sa_type=Id)
    pupil_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    relation: Relation = Field(sa_type=code(Relation))
    active: bool
    school_id: str | None = Field(sa_type=Id)
    grade: Grade | None = Field(sa_type=code(Grade))
    pupil_version: int


class Consent(Base, table=True):
    """One statement of a guardian about one purpose; the newest one holds. Never changed."""

    __table_args__ = (Index(None, "guardian_id", "purpose", "number"),)

    number: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    guardian_id: str = Field(sa_type=Id)
    purpose: Purpose = Field(sa_type=code(Purpose))
    given: bool
    evidence_kind: EvidenceKind = Field(sa_type=code(EvidenceKind))
    evidence: str | None = Field(sa_type=Text)
    """Where the evidence lies, sealed under the guardian's key."""
    recorded_by: str
    recorded_at: datetime = Field(sa_type=Moment)


class Preference(Base, table=True):
    """A guardian's wishes, where they are not the usual ones."""

    guardian_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    channels: list[Channel] = Field(sa_type=ARRAY(code(Channel)))
    quiet_from: time | None
    quiet_until: time | None
    digest: bool
