"""What readers may know of messages."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, select
from sqlmodel import col

from chassis.database import Session
from contracts.notifications import Channel, Purpose
from notifications.messages.domain import AttemptOutcome, LetterState
from notifications.messages.tables import Attempt, Letter, Message, Receipt


class Told(NamedTuple):
    """A message and where its letter stands."""

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


class Tried(NamedTuple):
    """One call of a provider."""

    number: int
    repeat: bool
    started_at: datetime
    ended_at: datetime | None
    outcome: AttemptOutcome | None
    code: str | None


class Reported(NamedTuple):
    """What the receiving side reported later."""

    action: str
    status: str
    received_at: datetime


async def of_guardian(
    session: Session, guardian_id: str, *, after: str | None, limit: int
) -> Sequence[Told]:
    """Give the messages of a guardian, the newest first, beyond ``after``."""
    return await _page(session, _TOLD.where(col(Message.guardian_id) == guardian_id), after, limit)


async def of_school(
    session: Session,
    school_id: str,
    *,
    state: LetterState | None,
    after: str | None,
    limit: int,
) -> Sequence[Told]:
    """Give the messages about a school's pupils, the newest first, beyond ``after``."""
    statement = _TOLD.where(col(Message.school_id) == school_id)
    if state is not None:
        statement = statement.where(col(Letter.state) == state)
    return await _page(session, statement, after, limit)


async def message(session: Session, message_id: str) -> Told | None:
    """Give one message."""
    row = (await session.execute(_TOLD.where(col(Message.message_id) == message_id))).first()
    return None if row is None else Told._make(row)


async def content_of(session: Session, message_id: str) -> dict[str, Any] | None:
    """Give the values of a message, while they are kept."""
    statement = select(col(Message.content)).where(col(Message.message_id) == message_id)
    return (await session.execute(statement)).scalar()


async def attempts(session: Session, letter_id: str) -> Sequence[Tried]:
    """Give every call that was made for a letter."""
    statement = select(
        col(Attempt.number),
        col(Attempt.repeat),
        col(Attempt.started_at),
        col(Attempt.ended_at),
        col(Attempt.outcome),
        col(Attempt.code),
    ).where(col(Attempt.letter_id) == letter_id)
    return [
        Tried._make(row) for row in await session.execute(statement.order_by(col(Attempt.number)))
    ]


async def receipts(session: Session, letter_id: str) -> Sequence[Reported]:
    """Give what the receiving side reported of a letter."""
    statement = select(col(Receipt.action), col(Receipt.status), col(Receipt.received_at)).where(
        col(Receipt.letter_id) == letter_id
    )
    rows = await session.execute(statement.order_by(col(Receipt.number)))
    return [Reported._make(row) for row in rows]


async def _page(
    session: Session, statement: Select[*tuple[Any, ...]], after: str | None, limit: int
) -> Sequence[Told]:
    if after is not None:
        statement = statement.where(col(Message.message_id) < after)
    statement = statement.order_by(col(Message.message_id).desc()).limit(limit)
    return [Told._make(row) for row in await session.execute(statement)]


_TOLD: Select[*tuple[Any, ...]] = select(
    col(Message.message_id),
    col(Message.event_id),
    col(Message.guardian_id),
    col(Message.school_id),
    col(Message.pupil_ids),
    col(Message.channel),
    col(Message.purpose),
    col(Message.template),
    col(Message.template_version),
    col(Message.left_out),
    col(Letter.letter_id),
    col(Letter.state),
    col(Letter.reason),
    col(Letter.queued_at),
    col(Letter.not_before),
    col(Letter.ended_at),
    col(Letter.parts),
    col(Letter.cost),
).join(Letter, col(Letter.letter_id) == col(Message.letter_id))
