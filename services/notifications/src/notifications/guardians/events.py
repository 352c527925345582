"""Links follow their pupils, and an address that is not there is remembered."""

from collections.abc import Sequence

from chassis.consuming.handlers import Handlers, Received
from chassis.database import Session
from contracts.admissions import StudentEnrolled, StudentTransferred, StudentWithdrawn
from contracts.notifications import Channel, FailureReason, MessageFailed
from notifications.guardians import commands

handlers = Handlers()


@handlers.on(StudentEnrolled, StudentTransferred, StudentWithdrawn)
async def on_enrolment(
    session: Session,
    received: Sequence[Received[StudentEnrolled | StudentTransferred | StudentWithdrawn]],
) -> None:
    """Count each link where its pupil studies now."""
    await commands.move_links(session, [one.event for one in received])


@handlers.on(MessageFailed)
async def on_message_failed(session: Session, received: Sequence[Received[MessageFailed]]) -> None:
    """Send nothing more to an address that does not exist, until it is changed."""
    for one in received:
        fact = one.event
        if fact.reason_code is FailureReason.ADDRESS_REFUSED and fact.channel is Channel.EMAIL:
            await commands.refuse_emails(session, sorted(set(fact.guardians)), one.envelope.time)
