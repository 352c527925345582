"""What became of letters: written down, and told to whoever counts.

A result decides about a letter only while its attempt is the letter's last one: a late result of a
process that was given up merges, and never starts anything again.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from chassis.clock import business_day
from chassis.columns import among, table_of
from chassis.database import Session
from chassis.outbox import emit
from contracts.columns import Sparse
from contracts.event import Event
from contracts.notifications import (
    MAX_MESSAGES,
    Channel,
    FailureReason,
    MessageDelivered,
    MessageFailed,
    Outcome,
    Purpose,
)
from notifications.messages.domain import (
    AttemptOutcome,
    CancelReason,
    LetterState,
    Result,
    after_result,
    concerns,
    share_of_parts,
)
from notifications.messages.tables import Attempt, Letter, Message


class Ended(NamedTuple):
    """A letter that came to its end, or whose end turned out to be another one."""

    letter_id: str
    state: LetterState
    reason: FailureReason | CancelReason | None
    parts: int = 0
    cost: int = 0
    before: Outcome | None = None
    """What its messages counted as until now."""
    before_at: datetime | None = None
    """Since when they counted so."""


class Finished(NamedTuple):
    """An attempt and what the provider made of it."""

    letter_id: str
    attempt: int
    result: Result
    pause: timedelta
    """How long to wait if it is to be tried again."""
    parts: int
    cost: int


async def settle(session: Session, finished: Sequence[Finished], moment: datetime) -> None:
    """Write down what attempts came to."""
    if not finished:
        return
    await close_attempts(
        session,
        [(one.letter_id, one.attempt, one.result.outcome, one.result.code) for one in finished],
        moment,
    )
    letters = table_of(Letter)
    held = await session.execute(
        select(letters.c.letter_id, letters.c.attempts, letters.c.state, letters.c.ended_at)
        .where(letters.c.letter_id.in_([one.letter_id for one in finished]))
        .order_by(letters.c.letter_id)
        .with_for_update()
    )
    now_at = {row.letter_id: row for row in held}
    changed: list[dict[str, Any]] = []
    ended: list[Ended] = []
    for one in sorted(finished, key=lambda one: one.letter_id):
        at = now_at[one.letter_id]
        if at.attempts != one.attempt or not concerns(one.result, at.state):
            continue
        state, reason = after_result(one.result)
        delivered, queued = state is LetterState.DELIVERED, state is LetterState.QUEUED
        parts, cost = (one.parts, one.cost) if delivered else (0, 0)
        changed.append(
            {
                "letter": one.letter_id,
                "final": state,
                "why": reason,
                "next": moment + one.pause,
                "over": None if queued else moment,
                "sent_parts": parts,
                "sent_cost": cost,
            }
        )
        if not queued:
            before = Outcome.FAILED if at.state is LetterState.UNKNOWN else None
            ended.append(Ended(one.letter_id, state, reason, parts, cost, before, at.ended_at))
    if changed:
        await session.execute(_SETTLE, changed)
    await tell(session, ended, moment)


async def close_attempts(
    session: Session,
    attempts: Sequence[tuple[str, int, AttemptOutcome, str | None]],
    moment: datetime,
) -> None:
    """End attempts."""
    if not attempts:
        return
    table = table_of(Attempt)
    await session.execute(
        update(table)
        .where(table.c.letter_id == bindparam("letter"), table.c.number == bindparam("attempt"))
        .values(outcome=bindparam("result"), code=bindparam("answer"), ended_at=moment),
        [
            {"letter": letter, "attempt": attempt, "result": outcome, "answer": code}
            for letter, attempt, outcome, code in sorted(attempts)
        ],
    )


async def tell(session: Session, ended: Sequence[Ended], moment: datetime) -> None:
    """Publish what became of the messages in these letters; of a withdrawn one, nothing did."""
    told = {one.letter_id: one for one in ended if one.state is not LetterState.CANCELLED}
    if not told:
        return
    inside: defaultdict[str, list[Any]] = defaultdict(list)
    for row in await session.execute(_MESSAGES, {"letter_ids": list(told)}):
        inside[row.letter_id].append(row)
    day = business_day(moment)
    groups: defaultdict[_Group, list[_Row]] = defaultdict(list)
    for letter_id, rows in inside.items():
        one = told[letter_id]
        shares = share_of_parts(one.parts, one.cost, len(rows))
        for row, (parts, cost) in zip(rows, shares, strict=True):
            reason = one.reason if isinstance(one.reason, FailureReason) else None
            group = _Group(row.school_id, row.channel, row.purpose, row.template, reason)
            then = business_day(one.before_at) if one.before and one.before_at else day
            before = one.before, None if then == day else then
            groups[group].append(_Row(row.message_id, row.guardian_id, parts, cost, *before))
    facts: list[Event] = []
    for group, together in sorted(groups.items(), key=lambda item: tuple(map(str, item[0]))):
        for start in range(0, len(together), MAX_MESSAGES):
            columns = list(zip(*together[start : start + MAX_MESSAGES], strict=True))
            same: dict[str, Any] = {
                "school_id": group.school_id,
                "channel": group.channel,
                "purpose": group.purpose,
                "template": group.template,
                "day": day,
                "messages": columns[0],
                "guardians": columns[1],
                "parts": columns[2],
                "costs": columns[3],
                "before": Sparse[Outcome].of(columns[4]),
                "before_days": Sparse[date].of(columns[5]),
            }
            facts.append(
                MessageDelivered(**same)
                if group.reason is None
                else MessageFailed(**same, reason_code=group.reason)
            )
    await emit(session, *facts)


class _Group(NamedTuple):
    school_id: str
    channel: Channel
    purpose: Purpose
    template: str
    reason: FailureReason | None


class _Row(NamedTuple):
    message_id: str
    guardian_id: str
    parts: int
    cost: int
    before: Outcome | None
    before_day: date | None


_LETTER = table_of(Letter)
_SETTLE = (
    update(_LETTER)
    .where(_LETTER.c.letter_id == bindparam("letter"))
    .values(
        state=bindparam("final"),
        reason=bindparam("why"),
        not_before=bindparam("next"),
        leased_until=None,
        ended_at=bindparam("over"),
        parts=bindparam("sent_parts"),
        cost=bindparam("sent_cost"),
    )
)
_MESSAGES = (
    select(
        col(Message.letter_id),
        col(Message.message_id),
        col(Message.guardian_id),
        col(Message.school_id),
        col(Message.channel),
        col(Message.purpose),
        col(Message.template),
    )
    .where(among(col(Message.letter_id), "letter_ids"), ~col(Message.left_out))
    .order_by(col(Message.message_id))
)
