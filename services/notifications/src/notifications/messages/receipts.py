"""Receipts for e-mail: delivery status notifications (RFC 3464), found again by our Message-ID."""

import re
from collections.abc import Iterator
from datetime import datetime
from email import policy
from email.message import Message as MimePart
from email.parser import BytesParser
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from chassis.columns import table_of
from chassis.database import Session
from chassis.errors import Invalid
from contracts.notifications import FailureReason, Outcome
from notifications.messages.domain import LetterState, after_receipt
from notifications.messages.settling import Ended, tell
from notifications.messages.tables import Letter, Receipt

_ID = re.compile(r"<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@[^<>@\s]+>")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_BAD_ADDRESS = "5.1."


class Report(NamedTuple):
    """What the receiving side says of one letter."""

    letter_id: str
    action: str
    status: str


def read_report(document: bytes) -> Report:
    """Read a delivery status notification about one letter of ours.

    Raises:
        Invalid: it is none, or not about a letter of ours.
    """
    message = BytesParser(policy=policy.default).parsebytes(document)
    letter_id = None
    action, status = "", ""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            for block in _blocks(part):
                action = str(block.get("Action", action)).strip().lower()
                status = str(block.get("Status", status)).strip()
        elif kind in ("message/rfc822", "text/rfc822-headers") and letter_id is None:
            letter_id = _letter_of(part)
    found = _STATUS.match(status)
    if not action or found is None:
        raise Invalid("not-a-report", "Đây không phải là thông báo phát thư (RFC 3464).")
    if letter_id is None:
        raise Invalid("not-our-letter", "Thông báo không nói về thư nào của hệ thống.")
    return Report(letter_id, action, found.group())


def _blocks(part: MimePart) -> Iterator[MimePart]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (block for block in payload if isinstance(block, MimePart))


def _letter_of(part: MimePart) -> str | None:
    """Find our Message-ID in what came back, whole or as headers only."""
    payload = part.get_payload()
    texts = [str(one) for one in payload] if isinstance(payload, list) else [str(payload)]
    for text in texts:
        for line in text.splitlines():
            if line.lower().startswith("message-id:") and (found := _ID.search(line)):
                return found.group(1)
    return None


async def take_receipt(session: Session, report: Report, moment: datetime) -> bool:
    """Write a report down and let it decide what it decides; False for a letter not known."""
    letters = table_of(Letter)
    held = await session.execute(
        select(*letters.c).where(letters.c.letter_id == report.letter_id).with_for_update()
    )
    letter = held.first()
    if letter is None:
        return False
    await session.execute(insert(table_of(Receipt)), {**report._asdict(), "received_at": moment})
    state = after_receipt(report.action, letter.state, letter.crashes)
    if state is None:
        return True
    reason = None
    if state is LetterState.FAILED:
        bad = report.status.startswith(_BAD_ADDRESS)
        reason = FailureReason.ADDRESS_REFUSED if bad else FailureReason.BOUNCED
    before = {LetterState.DELIVERED: Outcome.DELIVERED, LetterState.UNKNOWN: Outcome.FAILED}
    await session.execute(
        update(letters)
        .where(letters.c.letter_id == report.letter_id)
        .values(state=state, reason=reason, ended_at=moment)
    )
    ended = Ended(
        report.letter_id,
        state,
        reason,
        letter.parts or 0,
        letter.cost or 0,
        before.get(letter.state),
        letter.ended_at,
    )
    await tell(session, [ended], moment)
    return True
