"""What was said of a session's absences, when it is corrected.

What nobody has sent yet is withdrawn, pupil by pupil: the sender looks at each letter again. What
was sent, or may have been, stands, and the correction says so once.
"""

from collections.abc import Mapping

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from chassis.columns import Id, table_of
from chassis.database import Session
from contracts.attendance import Absence, AttendanceMarked
from contracts.notifications import Channel
from notifications.messages.domain import LetterState
from notifications.messages.tables import Letter, Message
from notifications.templates.queries import AbsenceMarked, catalogue

Said = Mapping[tuple[str, Channel, str], Absence | None]
"""What a guardian was last told on a channel of a pupil; null: that they were there."""

NOTHING: Said = {}

_MAYBE_SENT = (LetterState.SENDING, LetterState.DELIVERED, LetterState.UNKNOWN)


async def withdraw_absences(session: Session, fact: AttendanceMarked) -> Said:
    """Withdraw what waits about the pupils of a correction; give what was said, or may have been.

    The letters stay locked until the transaction ends: nobody sends one meanwhile.
    """
    said: dict[tuple[str, Channel, str], Absence | None] = {}
    concerned = frozenset(fact.pupils)
    rows = await session.execute(
        _EARLIER,
        {
            "pupil_ids": list(fact.pupils),
            "class_id": fact.class_id,
            "day": fact.day.isoformat(),
            "half": fact.session,
        },
    )
    table = table_of(Message)
    for row in rows.all():
        message = catalogue().content(AbsenceMarked.TEMPLATE, row.content)
        withdrawn = frozenset(row.withdrawn or ())
        told = message.only(concerned - withdrawn) if isinstance(message, AbsenceMarked) else None
        if not isinstance(told, AbsenceMarked):
            continue
        if row.state in _MAYBE_SENT or row.crashes:
            said |= {(row.guardian_id, row.channel, one.pupil_id): one.after for one in told.rows}
        if row.state in (LetterState.QUEUED, LetterState.SENDING):
            # Of a letter that is under way this counts only if it comes back unsent.
            gone = sorted(withdrawn.union(told.pupils()))
            await session.execute(
                update(table).where(table.c.message_id == row.message_id).values(withdrawn=gone)
            )
    return said


_EARLIER = (
    select(
        col(Message.message_id),
        col(Message.guardian_id),
        col(Message.channel),
        col(Message.content),
        col(Message.withdrawn),
        col(Letter.state),
        col(Letter.crashes),
    )
    .join(Letter, col(Letter.letter_id) == col(Message.letter_id))
    .where(
        col(Message.pupil_ids).op("&&")(bindparam("pupil_ids", type_=ARRAY(Id))),
        col(Message.template) == AbsenceMarked.TEMPLATE,
        ~col(Message.left_out),
        col(Message.content)["class_id"].as_string() == bindparam("class_id"),
        col(Message.content)["day"].as_string() == bindparam("day"),
        col(Message.content)["session"].as_string() == bindparam("half"),
    )
    .order_by(col(Message.message_id))
    .with_for_update(of=Letter)
)
