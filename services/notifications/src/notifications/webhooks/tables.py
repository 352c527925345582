"""Subscribers' endpoints with their secrets, the documents that they get, and every call."""

from datetime import datetime

from sqlalchemy import ARRAY, LargeBinary, SmallInteger, Text
from sqlmodel import Field, Index, text

from chassis.columns import Id, code
from notifications.base import Base, Moment
from notifications.webhooks.domain import AttemptOutcome, DeliveryState, WebhookState


class Webhook(Base, table=True):
    """An endpoint and the types of events that go there."""

    __table_args__ = (Index(None, "owner"),)

    webhook_id: str = Field(primary_key=True, sa_type=Id)
    version: int
    owner: str
    """The subject whose token registered it."""
    url: str
    types: list[str] = Field(sa_type=ARRAY(Text))
    description: str
    state: WebhookState = Field(sa_type=code(WebhookState))
    reason: str | None
    """Why it is disabled."""
    registered_at: datetime = Field(sa_type=Moment)


class WebhookSecret(Base, table=True):
    """A secret, wrapped under the master key. While one replaces another, both sign."""

    __tablename__ = "webhook_secret"

    webhook_id: str = Field(primary_key=True, sa_type=Id)
    number: int = Field(primary_key=True)
    wrapped_key: str
    key_id: str
    made_at: datetime = Field(sa_type=Moment)
    ends_at: datetime | None = Field(sa_type=Moment)


class WebhookDocument(Base, table=True):
    """The bytes of an event that somebody subscribes to, as they stand in Kafka."""

    __tablename__ = "webhook_document"
    __table_args__ = (Index(None, "received_at"),)

    event_id: str = Field(primary_key=True)
    type: str
    body: bytes = Field(sa_type=LargeBinary)
    received_at: datetime = Field(sa_type=Moment)


class WebhookDelivery(Base, table=True):
    """One document for one endpoint."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(
            "ix_webhook_delivery_due",
            "webhook_id",
            "due",
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_webhook_delivery_leased",
            "leased_until",
            postgresql_where=text("state = 'sending'"),
        ),
        Index("ix_webhook_delivery_ended_at", "ended_at"),
    )

    webhook_id: str = Field(primary_key=True, sa_type=Id)
    event_id: str = Field(primary_key=True)
    type: str
    state: DeliveryState = Field(sa_type=code(DeliveryState))
    queued_at: datetime = Field(sa_type=Moment)
    due: datetime = Field(sa_type=Moment)
    attempts: int = Field(sa_type=SmallInteger)
    step: int = Field(sa_type=SmallInteger)
    """Where in the schedule it stands; from the start again when somebody asks for it."""
    leased_until: datetime | None = Field(sa_type=Moment)
    ended_at: datetime | None = Field(sa_type=Moment)


class WebhookAttempt(Base, table=True):
    """One call of an endpoint. The row is committed before the call."""

    __tablename__ = "webhook_attempt"

    webhook_id: str = Field(primary_key=True, sa_type=Id)
    event_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=SmallInteger)
    started_at: datetime = Field(sa_type=Moment)
    ended_at: datetime | None = Field(sa_type=Moment)
    outcome: AttemptOutcome | None = Field(sa_type=code(AttemptOutcome))
    status: int | None = Field(sa_type=SmallInteger)
