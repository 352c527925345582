"""What subscribers can do, and what is queued for them."""

import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import new_id, now
from chassis.columns import table_of
from chassis.database import Session
from chassis.rewrapping import rewrap
from chassis.sealing import MasterKeys, WrappedKey
from notifications.webhooks import queries
from notifications.webhooks.domain import KEPT, LISTED, DeliveryState, WebhookState
from notifications.webhooks.tables import (
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
    WebhookDocument,
    WebhookSecret,
)

_PREFIX = "whsec_"
_SECRET_BYTES = 32


class Endpoint(NamedTuple):
    """Where events go, and which."""

    url: str
    types: Sequence[str]
    description: str


async def register(session: Session, keys: MasterKeys, endpoint: Endpoint, *, owner: str) -> str:
    """Register an endpoint with its first secret; give its id."""
    webhook_id = new_id()
    await session.execute(
        insert(table_of(Webhook)),
        {
            "webhook_id": webhook_id,
            "version": 1,
            "owner": owner,
            **endpoint._asdict(),
            "types": sorted(set(endpoint.types)),
            "state": WebhookState.ACTIVE,
            "registered_at": now(),
        },
    )
    await _add_secret(session, keys, webhook_id, 1)
    return webhook_id


async def change(
    session: Session, webhook: queries.Subscribed, endpoint: Endpoint, *, active: bool
) -> int:
    """Change an endpoint, which is held; give its version."""
    table = table_of(Webhook)
    await session.execute(
        update(table)
        .where(table.c.webhook_id == webhook.webhook_id)
        .values(
            version=webhook.version + 1,
            url=endpoint.url,
            types=sorted(set(endpoint.types)),
            description=endpoint.description,
            state=WebhookState.ACTIVE if active else WebhookState.DISABLED,
            reason=None if active else "by-owner",
        )
    )
    return webhook.version + 1


async def rotate(session: Session, keys: MasterKeys, webhook_id: str, grace: timedelta) -> int:
    """Make a new secret; the one before signs beside it until ``grace`` is over. Give its number.

    Two are active at most: what was before them ends at once.
    """
    table = table_of(WebhookSecret)
    mine = table.c.webhook_id == webhook_id
    newest = max(one.number for one in await queries.secrets(session, [webhook_id]))
    moment = now()
    await session.execute(
        update(table)
        .where(mine, table.c.number < newest, table.c.ends_at > moment)
        .values(ends_at=moment)
    )
    await session.execute(
        update(table).where(mine, table.c.number == newest).values(ends_at=moment + grace)
    )
    await _add_secret(session, keys, webhook_id, newest + 1)
    return newest + 1


async def _add_secret(session: Session, keys: MasterKeys, webhook_id: str, number: int) -> None:
    wrapped = keys.wrap(secrets.token_bytes(_SECRET_BYTES), webhook_id)
    await session.execute(
        insert(table_of(WebhookSecret)),
        {
            "webhook_id": webhook_id,
            "number": number,
            "wrapped_key": wrapped.wrapped_key,
            "key_id": wrapped.key_id,
            "made_at": now(),
            "ends_at": None,
        },
    )


def open_secret(keys: MasterKeys, webhook_id: str, wrapped: WrappedKey) -> str:
    """Give a secret as Standard Webhooks writes it."""
    return _PREFIX + base64.b64encode(keys.unwrap(wrapped, webhook_id)).decode()


async def remove(session: Session, webhook_id: str) -> None:
    """Forget an endpoint and everything of it."""
    for model in (WebhookAttempt, WebhookDelivery, WebhookSecret, Webhook):
        table = table_of(model)
        await session.execute(delete(table).where(table.c.webhook_id == webhook_id))


async def retry(session: Session, webhook_id: str) -> int:
    """Send again what failed, from the start of the schedule; give how many that are."""
    table, documents = table_of(WebhookDelivery), table_of(WebhookDocument)
    again = await session.execute(
        update(table)
        .where(
            table.c.webhook_id == webhook_id,
            table.c.state == DeliveryState.FAILED,
            table.c.event_id == documents.c.event_id,
        )
        .values(state=DeliveryState.PENDING, step=0, due=now(), ended_at=None)
        .returning(table.c.event_id)
    )
    return len(again.all())


class Document(NamedTuple):
    """An event as it stands in Kafka."""

    event_id: str
    type: str
    body: bytes


async def queue(
    session: Session, documents: Sequence[Document], readers: Sequence[queries.Subscribed]
) -> None:
    """Queue each document for every endpoint that subscribes to its type."""
    moment = now()
    deliveries: list[dict[str, Any]] = [
        {
            "webhook_id": reader.webhook_id,
            "event_id": document.event_id,
            "type": document.type,
            "state": DeliveryState.PENDING,
            "queued_at": moment,
            "due": moment,
            "attempts": 0,
            "step": 0,
        }
        for reader in readers
        for document in documents
        if document.type in reader.types
    ]
    if not deliveries:
        return
    wanted = {one["event_id"] for one in deliveries}
    await session.execute(
        insert(table_of(WebhookDocument)).on_conflict_do_nothing(),
        [{**one._asdict(), "received_at": moment} for one in documents if one.event_id in wanted],
    )
    await session.execute(insert(table_of(WebhookDelivery)).on_conflict_do_nothing(), deliveries)


async def clean(session: Session, moment: datetime) -> None:
    """Delete deliveries that ended long ago, and documents that nobody waits for."""
    table, tried, documents = (
        table_of(model) for model in (WebhookDelivery, WebhookAttempt, WebhookDocument)
    )
    over = table.c.ended_at < moment - LISTED
    await session.execute(
        delete(tried).where(
            tried.c.webhook_id == table.c.webhook_id, tried.c.event_id == table.c.event_id, over
        )
    )
    await session.execute(delete(table).where(over))
    waiting = table.select().where(
        table.c.event_id == documents.c.event_id,
        table.c.state.in_([DeliveryState.PENDING, DeliveryState.SENDING]),
    )
    await session.execute(
        delete(documents).where(documents.c.received_at < moment - KEPT, ~waiting.exists())
    )


async def rewrap_secrets(session: Session, keys: MasterKeys) -> int:
    """Wrap some webhooks' secrets under a new master key; they sign as before."""
    return len(await rewrap(session, WebhookSecret, keys, owner="webhook_id"))
