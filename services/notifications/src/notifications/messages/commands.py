"""Queueing messages, withdrawing them, and forgetting what they said."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from chassis.clock import BUSINESS_ZONE, new_id, now
from chassis.columns import table_of
from chassis.database import Session
from contracts.notifications import Channel
from notifications.base import in_order
from notifications.guardians.queries import Wishes
from notifications.messages.domain import (
    NEWS,
    SAID_FOR,
    CancelReason,
    LetterState,
    after_quiet,
    next_digest,
)
from notifications.messages.tables import Letter, Message
from notifications.templates.queries import Content


class Wanted(NamedTuple):
    """What one guardian is to be told of one event."""

    event_id: str
    happened: datetime
    school_id: str
    guardian_id: str
    channel: Channel
    wishes: Wishes
    content: Content
    template_version: int


async def queue(session: Session, wanted: Iterable[Wanted]) -> int:
    """Queue messages; what is no longer news, or was queued before, is not. Give how many were."""
    moment = now()
    rows: list[dict[str, Any]] = []
    letters: dict[str, dict[str, Any]] = {}
    for one in sorted(wanted, key=lambda one: (one.guardian_id, one.channel)):
        if one.happened + NEWS <= moment:
            continue
        letter = _letter(one, moment)
        if one.wishes.digest:
            letter["letter_id"] = await _join_digest(session, letter, one.wishes)
        else:
            letters[letter["letter_id"]] = letter
        rows.append(
            {
                "message_id": new_id(),
                "event_id": one.event_id,
                "guardian_id": one.guardian_id,
                "channel": one.channel,
                "template": one.content.TEMPLATE,
                "template_version": one.template_version,
                "letter_id": letter["letter_id"],
                "school_id": one.school_id,
                "purpose": one.content.PURPOSE,
                "pupil_ids": list(one.content.pupils()),
                "content": one.content.model_dump(mode="json"),
                "left_out": False,
            }
        )
    if not rows:
        return 0
    table = table_of(Message)
    statement = insert(table).on_conflict_do_nothing().returning(table.c.letter_id)
    new = (await session.execute(statement, in_order(rows, "event_id", "guardian_id"))).scalars()
    queued = new.all()
    fresh = [letters[letter_id] for letter_id in queued if letter_id in letters]
    if fresh:
        await session.execute(insert(table_of(Letter)), fresh)
    return len(queued)


def _letter(one: Wanted, moment: datetime) -> dict[str, Any]:
    local = moment.astimezone(BUSINESS_ZONE)
    letter = {
        "letter_id": new_id(),
        "guardian_id": one.guardian_id,
        "channel": one.channel,
        "slot": None,
        "state": LetterState.QUEUED,
        "queued_at": moment,
        "not_before": after_quiet(one.wishes.quiet, local),
        "expires_at": one.happened + NEWS,
        "attempts": 0,
        "crashes": 0,
    }
    return letter | _of_day(next_digest(local), one.wishes) if one.wishes.digest else letter


def _of_day(slot: datetime, wishes: Wishes) -> dict[str, Any]:
    return {
        "slot": slot,
        "not_before": after_quiet(wishes.quiet, slot),
        "expires_at": slot + NEWS,
    }


async def _join_digest(session: Session, letter: dict[str, Any], wishes: Wishes) -> str:
    """Give the letter of the day, opened if there is none; the next day's if it has gone.

    The letter's row is locked, so nobody sends it before the message is in it.
    """
    table = table_of(Letter)
    while True:
        statement = insert(table).values(letter)
        joined = await session.execute(
            statement.on_conflict_do_update(
                index_elements=["guardian_id", "channel", "slot"],
                set_={"slot": statement.excluded.slot},
                where=(table.c.state == LetterState.QUEUED) & (table.c.attempts == 0),
            ).returning(table.c.letter_id)
        )
        if (letter_id := joined.scalar()) is not None:
            return str(letter_id)
        letter |= _of_day(next_digest(letter["slot"]), wishes)


async def withdraw(session: Session, guardian_ids: Sequence[str]) -> None:
    """Withdraw what waits for these guardians, and forget what they were ever told."""
    letters = table_of(Letter)
    await session.execute(
        update(letters)
        .where(
            letters.c.guardian_id.in_(guardian_ids),
            letters.c.state == LetterState.QUEUED,
            letters.c.crashes == 0,
        )
        .values(state=LetterState.CANCELLED, reason=CancelReason.ERASED, ended_at=now())
    )
    messages = table_of(Message)
    await session.execute(
        update(messages).where(messages.c.guardian_id.in_(guardian_ids)).values(content=None)
    )


async def forget_pupils(session: Session, pupil_ids: Sequence[str]) -> None:
    """Forget what was said about these pupils; what waits about them is no longer said."""
    messages = table_of(Message)
    await session.execute(
        update(messages).where(messages.c.pupil_ids.overlap(pupil_ids)).values(content=None)
    )


async def forget_old(session: Session, moment: datetime) -> None:
    """Forget what was said long ago; that it was said, and what became of it, stays."""
    letters, messages = table_of(Letter), table_of(Message)
    await session.execute(
        update(messages)
        .where(
            messages.c.letter_id == letters.c.letter_id,
            letters.c.ended_at < moment - SAID_FOR,
            messages.c.content.is_not(None),
        )
        .values(content=None)
    )
