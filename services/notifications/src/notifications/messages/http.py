"""Messages over HTTP: what was said to whom, what became of it, and why."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel

from chassis.auth import Principal
from chassis.clock import now
from chassis.database import Session
from chassis.errors import NotFound, nothing_here
from chassis.http import BodyDep, CommandRouter, PrincipalDep, QueryRouter, SessionDep
from contracts.ids import MessageId
from contracts.notifications import Channel, Purpose
from notifications.guardians import queries as guardians
from notifications.messages import queries
from notifications.messages.domain import AttemptOutcome, LetterState
from notifications.messages.naming import naming
from notifications.messages.queries import Told
from notifications.messages.receipts import read_report, take_receipt
from notifications.policy import OWN, POLICY
from notifications.register import queries as register
from notifications.requests import GuardianPath, Limit, MessagePath, NamesDep, SchoolPath
from notifications.templates.queries import NotRenderedError, Part, catalogue

changes = CommandRouter(prefix="/v1", tags=["messages"])
reads = QueryRouter(prefix="/v1", tags=["messages"])

After = Annotated[MessageId | None, Query(description="`next` of the page before.")]


class MessageAnswer(BaseModel):
    """A message and where its letter stands. ``reason`` says why it failed or was withdrawn."""

    message_id: str
    event_id: str
    guardian_id: str
    school_id: str
    pupil_ids: Sequence[str]
    channel: Channel
    purpose: Purpose
    template: str
    template_version: int
    left_out: bool
    letter_id: str
    state: LetterState
    reason: str | None
    queued_at: datetime
    not_before: datetime
    ended_at: datetime | None
    parts: int | None
    cost: int | None


class MessagePage(BaseModel):
    """Messages, the newest first."""

    items: Sequence[MessageAnswer]
    next: str | None


class AttemptAnswer(BaseModel):
    """One call of a provider. ``repeat``: one before it may have delivered the same letter."""

    number: int
    repeat: bool
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    code: str | None


class ReceiptAnswer(BaseModel):
    """What the receiving side reported later."""

    action: str
    status: str
    received_at: datetime


class WholeMessage(MessageAnswer):
    """A message with every attempt, and what it says if the guardian asks."""

    attempts: Sequence[AttemptAnswer]
    receipts: Sequence[ReceiptAnswer]
    title: str | None
    text: str | None


class Taken(BaseModel):
    """The letter that a report was about."""

    letter_id: str
    action: str
    status: str


@reads.get("/guardians/{guardian_id}/messages")
async def read_messages_of_guardian(
    *,
    guardian_id: GuardianPath,
    session: SessionDep,
    principal: PrincipalDep,
    after: After = None,
    limit: Limit = 50,
) -> MessagePage:
    """Read what a guardian was told, and what became of it."""
    held = await guardians.relations(session, principal, guardian_id)
    POLICY.authorise(principal, "messages.read", held)
    return _page(await queries.of_guardian(session, guardian_id, after=after, limit=limit), limit)


@reads.get("/schools/{school_id}/messages")
async def read_messages_of_school(
    *,
    school_id: SchoolPath,
    session: SessionDep,
    principal: PrincipalDep,
    state: Annotated[LetterState | None, Query()] = None,
    after: After = None,
    limit: Limit = 50,
) -> MessagePage:
    """Read what was said about a school's pupils: what failed, above all."""
    POLICY.authorise(principal, "messages.list", principal.relations_to_school(school_id))
    found = await queries.of_school(session, school_id, state=state, after=after, limit=limit)
    return _page(found, limit)


@reads.get("/messages/{message_id}")
async def read_message(
    message_id: MessagePath, session: SessionDep, principal: PrincipalDep, names: NamesDep
) -> WholeMessage:
    """Read one message with every attempt; to its guardian it says again what it said."""
    found = await queries.message(session, message_id)
    held = await _relations(session, principal, found)
    POLICY.authorise(principal, "messages.read", held)
    if found is None:
        raise nothing_here()
    said = None
    if OWN in held and POLICY.allow(principal, "messages.open", held):
        said = await _said(session, names, found)
    return WholeMessage(
        **found._asdict(),
        attempts=[
            AttemptAnswer(**one._asdict())
            for one in await queries.attempts(session, found.letter_id)
        ],
        receipts=[
            ReceiptAnswer(**one._asdict())
            for one in await queries.receipts(session, found.letter_id)
        ],
        title=said.title if said else None,
        text=said.text if said else None,
    )


@changes.post("/receipts/email", status_code=HTTPStatus.ACCEPTED)
async def take_email_receipt(body: BodyDep, session: SessionDep, principal: PrincipalDep) -> Taken:
    """Take a delivery status notification (RFC 3464) as the mail server received it."""
    POLICY.authorise(principal, "receipts.deliver")
    report = read_report(body)
    if not await take_receipt(session, report, now()):
        raise NotFound("letter-unknown", "Không có thư với Message-ID này.")
    return Taken(**report._asdict())


async def _relations(session: Session, principal: Principal, found: Told | None) -> frozenset[str]:
    if found is None:
        return frozenset()
    held = await guardians.relations_to_pupils(session, principal, found.pupil_ids)
    own = frozenset({OWN}) if principal.subject == found.guardian_id else frozenset[str]()
    return own.union(*held.values())


async def _said(session: Session, names: register.Names, found: Told) -> Part | None:
    """Say again what a message says, while its values and names are kept."""
    values = await queries.content_of(session, found.message_id)
    if values is None:
        return None
    content = catalogue().content(found.template, values)
    known = await naming(session, names, [(found.school_id, content)])
    try:
        return catalogue().render(content, found.template_version, known.around(found.school_id))
    except NotRenderedError:
        return None


def _page(found: Sequence[Told], limit: int) -> MessagePage:
    return MessagePage(
        items=[MessageAnswer(**one._asdict()) for one in found],
        next=found[-1].message_id if len(found) == limit else None,
    )
