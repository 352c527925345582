"""Leasing letters whose time has come: looked at again, made, and committed as begun."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from chassis.clock import BUSINESS_ZONE, business_day
from chassis.columns import among, table_of
from chassis.database import Session
from contracts.notifications import Channel, FailureReason
from notifications.guardians.queries import Addressee, ContactBook, addressees
from notifications.messages.domain import (
    AttemptOutcome,
    End,
    LetterState,
    Send,
    Wait,
    Waiting,
    after_crash,
    decide,
)
from notifications.messages.naming import Naming, naming
from notifications.messages.settling import Ended, close_attempts, tell
from notifications.messages.tables import Attempt, Letter, Message
from notifications.register.queries import Names
from notifications.templates.queries import (
    Content,
    NotRenderedError,
    Part,
    catalogue,
)

_log = structlog.get_logger("notifications.messages")


class Job(NamedTuple):
    """A letter that was leased, ready to go."""

    letter_id: str
    attempt: int
    repeat: bool
    channel: Channel
    to: str
    name: str
    title: str
    text: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Desk:
    """What opens contacts and names while letters are made."""

    book: ContactBook
    names: Names


async def reclaim(session: Session, running: Collection[str], moment: datetime) -> None:
    """Take back letters whose lease ran out: whoever held them ended before the answer came."""
    letters = table_of(Letter)
    stale = (
        await session.execute(
            select(letters.c.letter_id, letters.c.attempts, letters.c.crashes)
            .where(
                letters.c.state == LetterState.SENDING,
                letters.c.leased_until < moment,
                letters.c.letter_id.not_in(list(running)),
            )
            .with_for_update(skip_locked=True)
        )
    ).all()
    if not stale:
        return
    await close_attempts(
        session,
        [(row.letter_id, row.attempts, AttemptOutcome.CRASHED, None) for row in stale],
        moment,
    )
    states = {row.letter_id: after_crash(row.crashes + 1) for row in stale}
    given_up = [letter for letter, state in states.items() if state is LetterState.UNKNOWN]
    await session.execute(
        update(letters)
        .where(letters.c.letter_id.in_(list(states)))
        .values(
            crashes=letters.c.crashes + 1,
            state=LetterState.QUEUED,
            leased_until=None,
            not_before=moment,
        )
    )
    _log.warning("attempts were left open", letters=len(stale), given_up=len(given_up))
    unknown = FailureReason.OUTCOME_UNKNOWN
    await end(session, [Ended(letter, LetterState.UNKNOWN, unknown) for letter in given_up], moment)


async def end(session: Session, ended: Sequence[Ended], moment: datetime) -> None:
    """End letters that nobody sends now, and say so."""
    if not ended:
        return
    letters = table_of(Letter)
    await session.execute(
        update(letters)
        .where(letters.c.letter_id == bindparam("letter"))
        .values(state=bindparam("final"), reason=bindparam("why"), ended_at=moment),
        [{"letter": one.letter_id, "final": one.state, "why": one.reason} for one in ended],
    )
    await tell(session, ended, moment)


async def take(
    session: Session, desk: Desk, room: int, lease: timedelta, moment: datetime
) -> list[Job]:
    """Lease letters whose time has come. Each is looked at again: much may have changed."""
    due = (
        await session.execute(
            select(*table_of(Letter).c)
            .where(col(Letter.state) == LetterState.QUEUED, col(Letter.not_before) <= moment)
            .order_by(col(Letter.not_before))
            .limit(room)
            .with_for_update(skip_locked=True)
        )
    ).all()
    if not due:
        return []
    making = await _gather(session, desk, due)
    jobs: list[Job] = []
    ended: list[Ended] = []
    for letter in due:
        match making.outcome(letter, moment):
            case Job() as job:
                jobs.append(job)
            case Wait(until):
                await _put_off(session, letter.letter_id, until)
            case End(state, reason):
                ended.append(Ended(letter.letter_id, state, reason))
    await end(session, ended, moment)
    await _begin(session, jobs, moment, moment + lease)
    await _leave_out(session, making.left_out)
    return jobs


async def _put_off(session: Session, letter_id: str, until: datetime) -> None:
    letters = table_of(Letter)
    await session.execute(
        update(letters).where(letters.c.letter_id == letter_id).values(not_before=until)
    )


async def _begin(
    session: Session, jobs: Sequence[Job], moment: datetime, leased_until: datetime
) -> None:
    if not jobs:
        return
    letters = table_of(Letter)
    await session.execute(
        update(letters)
        .where(letters.c.letter_id.in_([job.letter_id for job in jobs]))
        .values(
            state=LetterState.SENDING,
            attempts=letters.c.attempts + 1,
            leased_until=leased_until,
        )
    )
    await session.execute(
        insert(table_of(Attempt)),
        [
            {
                "letter_id": job.letter_id,
                "number": job.attempt,
                "repeat": job.repeat,
                "started_at": moment,
            }
            for job in jobs
        ],
    )


async def _leave_out(session: Session, message_ids: Sequence[str]) -> None:
    if message_ids:
        messages = table_of(Message)
        await session.execute(
            update(messages).where(messages.c.message_id.in_(message_ids)).values(left_out=True)
        )


async def _gather(session: Session, desk: Desk, due: Sequence[Any]) -> "_Making":
    readers = await addressees(session, desk.book, {letter.guardian_id for letter in due})
    rows = await session.execute(_MESSAGES, {"letter_ids": [one.letter_id for one in due]})
    said: defaultdict[str, list[_Said]] = defaultdict(list)
    left_out: list[str] = []
    for row in rows:
        content = _still_to_say(row, readers.get(row.guardian_id))
        if content is None:
            left_out.append(row.message_id)
        else:
            said[row.letter_id].append(_Said(row.school_id, row.template_version, content))
    pairs = [(one.school_id, one.content) for many in said.values() for one in many]
    return _Making(readers, said, left_out, await naming(session, desk.names, pairs))


def _still_to_say(row: Any, reader: Addressee | None) -> Content | None:
    """Give what is left of a message after all that may have changed was looked at again."""
    if reader is None or row.content is None or row.purpose not in reader.consents:
        return None
    pupils = reader.pupils.difference(row.withdrawn or ())
    return catalogue().content(row.template, row.content).only(pupils)


class _Said(NamedTuple):
    school_id: str
    version: int
    content: Content


@dataclass(frozen=True, slots=True)
class _Making:
    """Everything that letters are made of."""

    readers: Mapping[str, Addressee]
    said: Mapping[str, Sequence[_Said]]
    left_out: Sequence[str]
    naming: Naming

    def outcome(self, letter: Any, moment: datetime) -> Job | Wait | End:
        """Decide about one letter, and make it if it goes now."""
        reader = self.readers.get(letter.guardian_id)
        said = self.said.get(letter.letter_id, ())
        email = reader.contacts.email if reader and reader.contacts else None
        urgent = any(one.content.URGENT for one in said)
        waiting = Waiting(
            expires_at=letter.expires_at,
            crashes=letter.crashes,
            messages_left=len(said),
            reachable=reader is not None
            and email is not None
            and letter.channel in reader.reachable,
            names_known=all(self.naming.knows(one.content) for one in said),
            quiet=None if reader is None or urgent else reader.wishes.quiet,
        )
        verdict = decide(waiting, moment.astimezone(BUSINESS_ZONE))
        if not isinstance(verdict, Send):
            return verdict
        if reader is None or reader.contacts is None or email is None:
            raise AssertionError("a letter without a reader is never sent")  # decide() saw to it
        try:
            parts = [self._part(one) for one in said]
            made = catalogue().letter(reader.contacts.name, business_day(moment), parts)
        except NotRenderedError as error:
            _log.error("a letter cannot be made", letter=letter.letter_id, reason=str(error))
            return End(LetterState.FAILED, FailureReason.NOT_RENDERED)
        return Job(
            letter_id=letter.letter_id,
            attempt=letter.attempts + 1,
            repeat=verdict.repeat,
            channel=letter.channel,
            to=email,
            name=reader.contacts.name,
            title=made.title,
            text=made.text,
            queued_at=letter.queued_at,
        )

    def _part(self, one: _Said) -> Part:
        return catalogue().render(one.content, one.version, self.naming.around(one.school_id))


_MESSAGES = (
    select(
        col(Message.letter_id),
        col(Message.message_id),
        col(Message.guardian_id),
        col(Message.school_id),
        col(Message.purpose),
        col(Message.template),
        col(Message.template_version),
        col(Message.content),
        col(Message.withdrawn),
    )
    .where(among(col(Message.letter_id), "letter_ids"), ~col(Message.left_out))
    .order_by(col(Message.message_id))
)
