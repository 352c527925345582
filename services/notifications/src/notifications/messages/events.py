"""What guardians are told of: one function per fact.

The inbox row comes first. A message is queued for every guardian who consents to its purpose and
can be reached, whatever happens to the provider; see ``notifications.messages.sending``.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import NamedTuple, TypeVar

from chassis.consuming.handlers import Handlers, Received
from chassis.database import Session
from chassis.inbox import claim_all
from contracts import admissions, attendance, gradebook, payments
from contracts.event import Event
from contracts.notifications import Channel, Purpose
from notifications.guardians.queries import Recipient, recipients
from notifications.messages import commands, withdrawing
from notifications.messages.commands import Wanted
from notifications.register import queries as register
from notifications.templates.queries import (
    AbsenceMarked,
    AbsenceRow,
    Content,
    Enrolled,
    FeeAssessed,
    FeePaid,
    FeeRow,
    PaidLine,
    ScoreRow,
    ScoreSaved,
    ScoreWithdrawn,
    Transferred,
    catalogue,
)

handlers = Handlers()

CONSUMER = "messages"
"""The name under which the inbox remembers what was told."""

E = TypeVar("E", bound=Event)


class To(NamedTuple):
    """Whom a message is for, and about which of the fact's pupils."""

    guardian_id: str
    channel: Channel
    pupil_ids: frozenset[str]


@handlers.on(gradebook.ScoresPublished)
async def on_scores_published(
    session: Session, received: Sequence[Received[gradebook.ScoresPublished]]
) -> None:
    """Tell each guardian what is published of their children, or is withdrawn."""
    await _tell_scores(session, received)


@handlers.on(gradebook.ScoreEntered)
async def on_score_entered(
    session: Session, received: Sequence[Received[gradebook.ScoreEntered]]
) -> None:
    """Tell what a save changed in a published column; what is not published is nobody's yet.

    Publications and saves of a school stand in one order on one topic, so the copy of the one is
    as it was when the other was made. Every save is claimed: a log that is read again, with the
    copies of today, says nothing that was not for guardians then.
    """
    shown = await register.published(session, {one.event.sheet_id for one in received})
    await _tell_scores(session, received, lambda fact: fact.sheet_id in shown)


_Scores = TypeVar("_Scores", gradebook.ScoreEntered, gradebook.ScoresPublished)


async def _tell_scores(
    session: Session,
    received: Sequence[Received[_Scores]],
    is_shown: Callable[[_Scores], bool] = lambda _: True,
) -> None:
    def about(fact: _Scores) -> tuple[str, Sequence[str]]:
        return fact.school_id, fact.pupils if is_shown(fact) else ()

    def content(fact: _Scores, to: To) -> ScoreSaved | ScoreWithdrawn | None:
        rows = [
            ScoreRow(
                pupil_id=row.pupil,
                before=row.before,
                after=row.after,
                before_state=row.before_state,
                state=row.state,
            )
            for row in fact.rows()
            if row.pupil in to.pupil_ids
            and (row.before, row.before_state) != (row.after, row.state)
        ]
        if not rows:
            return None
        withdrawn = isinstance(fact, gradebook.ScoresPublished) and not fact.published
        says = ScoreWithdrawn if withdrawn else ScoreSaved
        return says(
            school_year=fact.school_year,
            subject=fact.subject,
            term=fact.term,
            kind=fact.kind,
            position=fact.position,
            day=fact.day,
            rows=tuple(rows),
        )

    await _tell(session, received, Purpose.SCORES, about, content)


@handlers.on(payments.FeeAssessed)
async def on_fee_assessed(
    session: Session, received: Sequence[Received[payments.FeeAssessed]]
) -> None:
    """Tell each guardian what their children are asked to pay, or no longer."""

    def content(fact: payments.FeeAssessed, to: To) -> FeeAssessed | None:
        rows = [
            FeeRow(pupil_id=row.pupil, before=row.before, after=row.after)
            for row in fact.rows()
            if row.pupil in to.pupil_ids and row.before != row.after
        ]
        if not rows:
            return None
        return FeeAssessed(
            school_year=fact.school_year,
            name=fact.name,
            kind=fact.kind,
            mandatory=fact.mandatory,
            period=fact.period,
            due_on=fact.due_on,
            rows=tuple(rows),
        )

    await _tell(
        session, received, Purpose.FEES, lambda fact: (fact.school_id, fact.pupils), content
    )


@handlers.on(payments.FeePaid)
async def on_fee_paid(session: Session, received: Sequence[Received[payments.FeePaid]]) -> None:
    """Tell the guardians that money came, and what it settled."""

    def content(fact: payments.FeePaid, _: To) -> FeePaid:
        return FeePaid(
            pupil_id=fact.pupil_id,
            day=fact.day,
            method=fact.method,
            received=fact.received,
            prepaid=fact.prepaid,
            remaining=fact.remaining,
            lines=tuple(PaidLine(kind=line.kind, amount=line.amount) for line in fact.lines.rows()),
        )

    await _tell(
        session, received, Purpose.FEES, lambda fact: (fact.school_id, (fact.pupil_id,)), content
    )


@handlers.on(attendance.AttendanceMarked)
async def on_attendance_marked(
    session: Session, received: Sequence[Received[attendance.AttendanceMarked]]
) -> None:
    """Tell each guardian who was absent or late; a correction first withdraws what was said."""

    def is_first(one: Received[attendance.AttendanceMarked]) -> bool:
        return one.event.before_pupils_due == 0

    news = await _fresh(session, received)
    for first, together in groupby(news, key=is_first):
        if first:
            await _say_absences(session, list(together), withdrawing.NOTHING)
            continue
        for one in together:  # what the one before queued is what this one withdraws
            said = await withdrawing.withdraw_absences(session, one.event)
            await _say_absences(session, [one], said)


async def _say_absences(
    session: Session,
    news: Sequence[Received[attendance.AttendanceMarked]],
    said: withdrawing.Said,
) -> None:
    def content(fact: attendance.AttendanceMarked, to: To) -> AbsenceMarked | None:
        rows = []
        for pupil_id, after in zip(fact.pupils, fact.after, strict=True):
            key = (to.guardian_id, to.channel, pupil_id)
            before = said.get(key)
            if pupil_id in to.pupil_ids and before != after:
                row = AbsenceRow(
                    pupil_id=pupil_id, after=after, corrects=key in said, before=before
                )
                rows.append(row)
        if not rows:
            return None
        return AbsenceMarked(
            class_id=fact.class_id, day=fact.day, session=fact.session, rows=tuple(rows)
        )

    await _say(
        session, news, Purpose.ATTENDANCE, lambda fact: (fact.school_id, fact.pupils), content
    )


@handlers.on(admissions.StudentEnrolled)
async def on_student_enrolled(
    session: Session, received: Sequence[Received[admissions.StudentEnrolled]]
) -> None:
    """Tell the guardians, if there are some already, that the pupil is enrolled."""

    def content(fact: admissions.StudentEnrolled, _: To) -> Enrolled:
        return Enrolled(
            pupil_id=fact.pupil_id, school_year=fact.school_year, grade=fact.grade, day=fact.day
        )

    await _tell(
        session,
        received,
        Purpose.ENROLMENT,
        lambda fact: (fact.school_id, (fact.pupil_id,)),
        content,
    )


@handlers.on(admissions.StudentTransferred)
async def on_student_transferred(
    session: Session, received: Sequence[Received[admissions.StudentTransferred]]
) -> None:
    """Tell the guardians of another school or grade; other corrections are no news."""

    def content(fact: admissions.StudentTransferred, _: To) -> Transferred | None:
        before, after = fact.before, fact.after
        if (before.school_id, before.grade) == (after.school_id, after.grade):
            return None
        return Transferred(
            pupil_id=fact.pupil_id,
            school_year=fact.school_year,
            day=fact.day,
            before_school_id=before.school_id,
            before_grade=before.grade,
            grade=after.grade,
            other_school=before.school_id != after.school_id,
        )

    await _tell(
        session,
        received,
        Purpose.ENROLMENT,
        lambda fact: (fact.after.school_id, (fact.pupil_id,)),
        content,
    )


async def _tell(
    session: Session,
    received: Sequence[Received[E]],
    purpose: Purpose,
    about: Callable[[E], tuple[str, Sequence[str]]],
    content: Callable[[E, To], Content | None],
) -> None:
    """Queue what each fact says that was not told before."""
    await _say(session, await _fresh(session, received), purpose, about, content)


async def _fresh(session: Session, received: Sequence[Received[E]]) -> Sequence[Received[E]]:
    """Leave out what was told before; from now on the rest has been."""
    fresh = await claim_all(session, CONSUMER, [one.envelope for one in received])
    return [one for one in received if one.envelope.id in fresh]


async def _say(
    session: Session,
    news: Sequence[Received[E]],
    purpose: Purpose,
    about: Callable[[E], tuple[str, Sequence[str]]],
    content: Callable[[E, To], Content | None],
) -> None:
    """Queue what each fact says: one message for each guardian and channel."""
    pupil_ids = {pupil for one in news for pupil in about(one.event)[1]}
    readers: defaultdict[str, list[Recipient]] = defaultdict(list)
    for reader in await recipients(session, pupil_ids, purpose) if pupil_ids else ():
        readers[reader.pupil_id].append(reader)
    wanted: list[Wanted] = []
    for one in news:
        school_id, about_ids = about(one.event)
        children: defaultdict[tuple[str, Channel], list[Recipient]] = defaultdict(list)
        for pupil_id in about_ids:
            for reader in readers.get(pupil_id, ()):
                children[reader.guardian_id, reader.channel].append(reader)
        for (guardian_id, channel), own in children.items():
            to = To(guardian_id, channel, frozenset(reader.pupil_id for reader in own))
            said = content(one.event, to)
            if said is not None:
                wishes = own[0].wishes
                wanted.append(
                    Wanted(
                        event_id=one.envelope.id,
                        happened=one.envelope.time,
                        school_id=school_id,
                        guardian_id=guardian_id,
                        channel=channel,
                        wishes=wishes.at_once() if said.URGENT else wishes,
                        content=said,
                        template_version=catalogue().newest(said.TEMPLATE),
                    )
                )
    await commands.queue(session, wanted)
