"""Letters with their messages, attempts and receipts."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, Index, UniqueConstraint, text

from chassis.columns import Id, code
from contracts.notifications import Channel, Purpose
from notifications.base import Base, Moment
from notifications.messages.domain import AttemptOutcome, LetterState


class Letter(Base, table=True):
    """What a provider is given: one message, or the messages of a day."""

    __table_args__ = (
        UniqueConstraint("guardian_id", "channel", "slot"),
        Index("ix_letter_due", "not_before", postgresql_where=text("state = 'queued'")),
        Index("ix_letter_leased", "leased_until", postgresql_where=text("state = 'sending'")),
        Index("ix_letter_ended_at", "ended_at"),
    )

    letter_id: str = Field(primary_key=True, sa_type=Id)
    guardian_id: str = Field(sa_type=Id)
    channel: Channel = Field(sa_type=code(Channel))
    slot: datetime | None = Field(sa_type=Moment)
    """When the digest goes that it is; none, if it is no digest."""
    state: LetterState = Field(sa_type=code(LetterState))
    queued_at: datetime = Field(sa_type=Moment)
    not_before: datetime = Field(sa_type=Moment)
    expires_at: datetime = Field(sa_type=Moment)
    attempts: int = Field(sa_type=SmallInteger)
    crashes: int = Field(sa_type=SmallInteger)
    """How many attempts were left open by a crash."""
    leased_until: datetime | None = Field(sa_type=Moment)
    reason: str | None
    parts: int | None = Field(sa_type=SmallInteger)
    cost: int | None
    ended_at: datetime | None = Field(sa_type=Moment)


class Message(Base, table=True):
    """What one guardian is told of one event: once, whatever comes twice."""

    __table_args__ = (
        UniqueConstraint("event_id", "guardian_id", "channel", "template"),
        Index(None, "letter_id"),
        Index(None, "guardian_id", "message_id"),
        Index(None, "school_id", "message_id"),
        Index("ix_message_pupil_ids", "pupil_ids", postgresql_using="gin"),
    )

    message_id: str = Field(primary_key=True, sa_type=Id)
    event_id: str
    guardian_id: str = Field(sa_type=Id)
    channel: Channel = Field(sa_type=code(Channel))
    template: str
    template_version: int = Field(sa_type=SmallInteger)
    letter_id: str = Field(sa_type=Id)
    school_id: str = Field(sa_type=Id)
    purpose: Purpose = Field(sa_type=code(Purpose))
    pupil_ids: list[str] = Field(sa_type=ARRAY(Id))
    content: dict[str, Any] | None = Field(sa_type=JSONB)
    """The values, without a name; gone when they are no longer needed, or were erased."""
    left_out: bool
    """It was not said when its letter went."""
    withdrawn: list[str] | None = Field(default=None, sa_type=ARRAY(Id))
    """The pupils of whom it no longer holds: not said of them, unless it went before."""


class Attempt(Base, table=True):
    """One call of a provider. The row is committed before the call."""

    letter_id: str = Field(primary_key=True, sa_type=Id)
    number: int = Field(primary_key=True, sa_type=SmallInteger)
    repeat: bool
    """An attempt before it may have delivered the same letter."""
    started_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(sa_type=Moment)
    outcome: AttemptOutcome | None = Field(sa_type=code(AttemptOutcome))
    code: str | None


class Receipt(Base, table=True):
    """What the receiving side reported after it had taken a letter."""

    __table_args__ = (Index(None, "letter_id"),)

    number: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    letter_id: str = Field(sa_type=Id)
    action: str
    status: str
    received_at: datetime = Field(sa_type=Moment)
