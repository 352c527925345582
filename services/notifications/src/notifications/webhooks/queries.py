"""What readers, and the sender, may know of webhooks."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, Text, bindparam, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from chassis.columns import among
from chassis.database import Session
from chassis.sealing import WrappedKey
from notifications.webhooks.domain import AttemptOutcome, DeliveryState, WebhookState
from notifications.webhooks.tables import (
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookSecret,
)


class Subscribed(NamedTuple):
    """An endpoint and what goes there."""

    webhook_id: str
    version: int
    owner: str
    url: str
    types: Sequence[str]
    description: str
    state: WebhookState
    reason: str | None
    registered_at: datetime


class Secret(NamedTuple):
    """A secret, still wrapped."""

    webhook_id: str
    number: int
    wrapped: WrappedKey
    made_at: datetime
    ends_at: datetime | None


class Delivered(NamedTuple):
    """One document for one endpoint."""

    event_id: str
    type: str
    state: DeliveryState
    queued_at: datetime
    due: datetime
    attempts: int
    ended_at: datetime | None


class Tried(NamedTuple):
    """One call of an endpoint."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    status: int | None


async def webhook(session: Session, webhook_id: str, *, hold: bool = False) -> Subscribed | None:
    """Give an endpoint; with ``hold`` nobody else changes it meanwhile."""
    statement = _WEBHOOKS.where(col(Webhook.webhook_id) == webhook_id)
    row = (await session.execute(statement.with_for_update() if hold else statement)).first()
    return None if row is None else Subscribed._make(row)


async def webhooks(session: Session, owner: str | None) -> Sequence[Subscribed]:
    """Give all endpoints, or those of one owner."""
    statement = _WEBHOOKS.order_by(col(Webhook.webhook_id))
    if owner is not None:
        statement = statement.where(col(Webhook.owner) == owner)
    return [Subscribed._make(row) for row in await session.execute(statement)]


async def subscribers(session: Session, types: Collection[str]) -> Sequence[Subscribed]:
    """Give the active endpoints that subscribe to any of these types."""
    rows = await session.execute(_SUBSCRIBERS, {"wanted": sorted(types)})
    return [Subscribed._make(row) for row in rows]


async def secrets(
    session: Session, webhook_ids: Collection[str], *, active_at: datetime | None = None
) -> Sequence[Secret]:
    """Give the secrets of endpoints, the newest first; only those active then, if asked."""
    statement = _SECRETS
    if active_at is not None:
        ends_at = col(WebhookSecret.ends_at)
        statement = statement.where(or_(ends_at.is_(None), ends_at > active_at))
    rows = await session.execute(statement, {"webhook_ids": list(webhook_ids)})
    return [Secret(row[0], row[1], WrappedKey(row[2], row[3]), row[4], row[5]) for row in rows]


async def deliveries(
    session: Session,
    webhook_id: str,
    *,
    state: DeliveryState | None,
    after: str | None,
    limit: int,
) -> Sequence[Delivered]:
    """Give what goes or went to an endpoint, the newest event first, beyond ``after``."""
    statement = _DELIVERIES.where(col(WebhookDelivery.webhook_id) == webhook_id)
    if state is not None:
        statement = statement.where(col(WebhookDelivery.state) == state)
    if after is not None:
        statement = statement.where(col(WebhookDelivery.event_id) < after)
    statement = statement.order_by(col(WebhookDelivery.event_id).desc()).limit(limit)
    return [Delivered._make(row) for row in await session.execute(statement)]


async def attempts(session: Session, webhook_id: str, event_id: str) -> Sequence[Tried]:
    """Give every call that was made for one document."""
    statement = (
        select(
            col(WebhookAttempt.number),
            col(WebhookAttempt.started_at),
            col(WebhookAttempt.ended_at),
            col(WebhookAttempt.outcome),
            col(WebhookAttempt.status),
        )
        .where(
            col(WebhookAttempt.webhook_id) == webhook_id,
            col(WebhookAttempt.event_id) == event_id,
        )
        .order_by(col(WebhookAttempt.number))
    )
    return [Tried._make(row) for row in await session.execute(statement)]


_WEBHOOKS: Select[*tuple[Any, ...]] = select(
    col(Webhook.webhook_id),
    col(Webhook.version),
    col(Webhook.owner),
    col(Webhook.url),
    col(Webhook.types),
    col(Webhook.description),
    col(Webhook.state),
    col(Webhook.reason),
    col(Webhook.registered_at),
)
_SUBSCRIBERS = _WEBHOOKS.where(
    col(Webhook.state) == WebhookState.ACTIVE,
    col(Webhook.types).op("&&")(bindparam("wanted", type_=ARRAY(Text))),
)
_SECRETS = (
    select(
        col(WebhookSecret.webhook_id),
        col(WebhookSecret.number),
        col(WebhookSecret.wrapped_key),
        col(WebhookSecret.key_id),
        col(WebhookSecret.made_at),
        col(WebhookSecret.ends_at),
    )
    .where(among(col(WebhookSecret.webhook_id), "webhook_ids"))
    .order_by(col(WebhookSecret.webhook_id), col(WebhookSecret.number).desc())
)
_DELIVERIES = select(
    col(WebhookDelivery.event_id),
    col(WebhookDelivery.type),
    col(WebhookDelivery.state),
    col(WebhookDelivery.queued_at),
    col(WebhookDelivery.due),
    col(WebhookDelivery.attempts),
    col(WebhookDelivery.ended_at),
)
