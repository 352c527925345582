"""Webhooks over HTTP.

The answers of commands hold no secret, because the chassis keeps them for a month.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, cast

from fastapi import Depends, Path, Query
from pydantic import BaseModel, Field, StringConstraints
from starlette.requests import Request

from chassis.auth import Principal, Role
from chassis.clock import now
from chassis.database import Session
from chassis.errors import Conflict, FieldError, Invalid, nothing_here
from chassis.http import CommandRouter, PrincipalDep, QueryRouter, RequestModel, SessionDep, Words
from contracts.ids import Version
from notifications.policy import OWN, POLICY
from notifications.requests import KeysDep, Limit, WebhookPath
from notifications.webhooks import commands, queries
from notifications.webhooks.addresses import Guard, InsideAddressError, UrlError
from notifications.webhooks.commands import Endpoint
from notifications.webhooks.domain import GRACE_HOURS, AttemptOutcome, DeliveryState, WebhookState
from notifications.webhooks.events import OFFERED
from notifications.webhooks.queries import Subscribed

changes = CommandRouter(prefix="/v1/webhooks", tags=["webhooks"])
reads = QueryRouter(prefix="/v1/webhooks", tags=["webhooks"])

_TYPES = frozenset(event.type_name() for event in OFFERED)


async def _guard(request: Request) -> Guard:
    return cast("Guard", request.app.state.guard)


GuardDep = Annotated[Guard, Depends(_guard)]

EventPath = Annotated[str, Path(min_length=1, max_length=64)]


class EndpointBody(RequestModel):
    """Where events go, and which; the types stand in ``GET /v1/webhooks/types``."""

    url: Annotated[str, StringConstraints(max_length=500)]
    types: Annotated[list[str], Field(min_length=1, max_length=50)]
    description: Annotated[Words, StringConstraints(max_length=200)] = ""


class ChangedEndpoint(EndpointBody):
    """The endpoint from now on; ``active`` false keeps it and sends nothing."""

    version: Version
    active: bool


class RotateBody(RequestModel):
    """How long the secret before stays valid."""

    grace_hours: Annotated[int, Field(ge=0, le=168)] = GRACE_HOURS


class WebhookAnswer(BaseModel):
    """An endpoint."""

    webhook_id: str
    version: int
    owner: str
    url: str
    types: Sequence[str]
    description: str
    state: WebhookState
    reason: str | None
    registered_at: datetime


class Webhooks(BaseModel):
    """Endpoints."""

    webhooks: Sequence[WebhookAnswer]


class Registered(BaseModel):
    """An endpoint that was registered; its secret is read with ``GET …/secrets``."""

    webhook_id: str
    version: int


class Rotated(BaseModel):
    """The number of the new secret."""

    webhook_id: str
    number: int


class SecretAnswer(BaseModel):
    """A secret that signs now, as Standard Webhooks writes it."""

    number: int
    secret: str
    made_at: datetime
    ends_at: datetime | None


class Secrets(BaseModel):
    """The secrets that sign now: two while one replaces the other."""

    secrets: Sequence[SecretAnswer]


class DeliveryAnswer(BaseModel):
    """One document for the endpoint."""

    event_id: str
    type: str
    state: DeliveryState
    queued_at: datetime
    due: datetime
    attempts: int
    ended_at: datetime | None


class DeliveryPage(BaseModel):
    """Deliveries, the newest event first."""

    items: Sequence[DeliveryAnswer]
    next: str | None


class AttemptAnswer(BaseModel):
    """One call."""

    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    status: int | None


class Attempts(BaseModel):
    """Every call that was made for one document."""

    event_id: str
    attempts: Sequence[AttemptAnswer]


class Retried(BaseModel):
    """How many deliveries go again."""

    webhook_id: str
    retried: int


class Types(BaseModel):
    """The types of events that can be subscribed to."""

    types: Sequence[str]


@changes.post("", status_code=HTTPStatus.CREATED)
async def register_webhook(
    body: EndpointBody,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
    guard: GuardDep,
) -> Registered:
    """Register an endpoint; every event of these types goes there from now on."""
    POLICY.authorise(principal, "webhooks.register")
    endpoint = await _checked(guard, body)
    webhook_id = await commands.register(session, keys, endpoint, owner=principal.subject)
    return Registered(webhook_id=webhook_id, version=1)


@changes.put("/{webhook_id}")
async def change_webhook(
    webhook_id: WebhookPath,
    body: ChangedEndpoint,
    session: SessionDep,
    principal: PrincipalDep,
    guard: GuardDep,
) -> Registered:
    """Change an endpoint, stop it, or let it go on after it was disabled."""
    found = await _find(session, principal, webhook_id, "webhooks.manage", hold=True)
    if found.version != body.version:
        raise Conflict("webhook-changed", "Webhook đã được sửa.", version=found.version)
    endpoint = await _checked(guard, body)
    version = await commands.change(session, found, endpoint, active=body.active)
    return Registered(webhook_id=webhook_id, version=version)


@changes.delete("/{webhook_id}")
async def remove_webhook(
    webhook_id: WebhookPath, session: SessionDep, principal: PrincipalDep
) -> Registered:
    """Remove an endpoint with everything that waits for it."""
    found = await _find(session, principal, webhook_id, "webhooks.manage", hold=True)
    await commands.remove(session, webhook_id)
    return Registered(webhook_id=webhook_id, version=found.version)


@changes.post("/{webhook_id}/rotate")
async def rotate_secret(
    webhook_id: WebhookPath,
    body: RotateBody,
    session: SessionDep,
    principal: PrincipalDep,
    keys: KeysDep,
) -> Rotated:
    """Make a new secret; both sign until the grace is over."""
    await _find(session, principal, webhook_id, "webhooks.secret", hold=True)
    grace = timedelta(hours=body.grace_hours)
    number = await commands.rotate(session, keys, webhook_id, grace)
    return Rotated(webhook_id=webhook_id, number=number)


@changes.post("/{webhook_id}/retry")
async def retry_failed(
    webhook_id: WebhookPath, session: SessionDep, principal: PrincipalDep
) -> Retried:
    """Send again everything that failed and whose document is still kept."""
    await _find(session, principal, webhook_id, "webhooks.manage", hold=True)
    return Retried(webhook_id=webhook_id, retried=await commands.retry(session, webhook_id))


@reads.get("/types", transactional=False)
async def list_types(principal: PrincipalDep) -> Types:
    """List the types of events that can be subscribed to."""
    POLICY.authorise(principal, "webhooks.list")
    return Types(types=sorted(_TYPES))


@reads.get("")
async def list_webhooks(session: SessionDep, principal: PrincipalDep) -> Webhooks:
    """List the asker's endpoints; all of them to whoever oversees."""
    POLICY.authorise(principal, "webhooks.list")
    overseer = not principal.roles.isdisjoint({Role.DEPARTMENT_OFFICER, Role.AUDITOR})
    found = await queries.webhooks(session, None if overseer else principal.subject)
    return Webhooks(webhooks=[WebhookAnswer(**one._asdict()) for one in found])


@reads.get("/{webhook_id}")
async def read_webhook(
    webhook_id: WebhookPath, session: SessionDep, principal: PrincipalDep
) -> WebhookAnswer:
    """Read an endpoint."""
    found = await _find(session, principal, webhook_id, "webhooks.read")
    return WebhookAnswer(**found._asdict())


@reads.get("/{webhook_id}/secrets")
async def read_secrets(
    webhook_id: WebhookPath, session: SessionDep, principal: PrincipalDep, keys: KeysDep
) -> Secrets:
    """Read the secrets that sign now; only the subscriber may."""
    await _find(session, principal, webhook_id, "webhooks.secret")
    return Secrets(
        secrets=[
            SecretAnswer(
                number=one.number,
                secret=commands.open_secret(keys, webhook_id, one.wrapped),
                made_at=one.made_at,
                ends_at=one.ends_at,
            )
            for one in await queries.secrets(session, [webhook_id], active_at=now())
        ]
    )


@reads.get("/{webhook_id}/deliveries")
async def read_deliveries(
    *,
    webhook_id: WebhookPath,
    session: SessionDep,
    principal: PrincipalDep,
    state: Annotated[DeliveryState | None, Query()] = None,
    after: Annotated[str | None, Query(max_length=64)] = None,
    limit: Limit = 50,
) -> DeliveryPage:
    """Read what went to an endpoint, and what waits."""
    await _find(session, principal, webhook_id, "webhooks.read")
    found = await queries.deliveries(session, webhook_id, state=state, after=after, limit=limit)
    return DeliveryPage(
        items=[DeliveryAnswer(**one._asdict()) for one in found],
        next=found[-1].event_id if len(found) == limit else None,
    )


@reads.get("/{webhook_id}/deliveries/{event_id}")
async def read_attempts(
    webhook_id: WebhookPath, event_id: EventPath, session: SessionDep, principal: PrincipalDep
) -> Attempts:
    """Read every call that was made for one document."""
    await _find(session, principal, webhook_id, "webhooks.read")
    found = await queries.attempts(session, webhook_id, event_id)
    return Attempts(event_id=event_id, attempts=[AttemptAnswer(**one._asdict()) for one in found])


async def _find(
    session: Session, principal: Principal, webhook_id: str, action: str, *, hold: bool = False
) -> Subscribed:
    """Give an endpoint to whoever may do ``action``; to anybody else it does not exist."""
    found = await queries.webhook(session, webhook_id, hold=hold)
    own = found is not None and found.owner == principal.subject
    POLICY.authorise(principal, action, (OWN,) if own else ())
    if found is None:
        raise nothing_here()
    return found


async def _checked(guard: Guard, body: EndpointBody) -> Endpoint:
    """Take an endpoint only if it points to the public Internet and its types exist."""
    if unknown := [number for number, name in enumerate(body.types) if name not in _TYPES]:
        raise Invalid(
            "type-unknown",
            "Có loại sự kiện không tồn tại hoặc không được đăng ký.",
            errors=[
                FieldError(f"types[{number}]", "Không có loại này.", "Xem GET /v1/webhooks/types.")
                for number in unknown
            ],
        )
    try:
        url = guard.check_url(body.url)
        await guard.addresses(str(url.hostname), url.port or 0)
    except UrlError as error:
        raise _bad_url(str(error)) from None
    except InsideAddressError:
        raise _bad_url("Địa chỉ trỏ vào mạng nội bộ.") from None
    except (OSError, UnicodeError, TimeoutError):
        raise _bad_url("Không tìm thấy máy chủ này.") from None
    return Endpoint(body.url, body.types, body.description)


def _bad_url(what: str) -> Invalid:
    return Invalid(
        "url-refused",
        what,
        errors=[FieldError("url", what, "Dùng một địa chỉ https công khai trên Internet.")],
    )
